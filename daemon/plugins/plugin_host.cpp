#include "plugins/plugin_host.hpp"

#ifndef BOOST_DLL_USE_STD_FS
#define BOOST_DLL_USE_STD_FS
#endif
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/dll/shared_library.hpp>
#include <cerrno>
#include <cstring>
#include <exception>

#include "plugins/content_hash.hpp"
#include "plugins/crash_notes.hpp"
#include "plugins/trusted_file.hpp"

namespace ptah {
namespace {

constexpr auto kLoadMode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local;

Error failed_call(const char* call, const std::filesystem::path& file) {
  return make_error(ErrorCode::kIo, std::string(call) + " failed: " + std::strerror(errno) + ".",
                    file.string());
}

/// The file's bytes in an anonymous, sealed file of this process, and their hash.
struct PrivateCopy {
  Descriptor file;
  std::string hash;
};

Result<PrivateCopy> copy_privately(const Descriptor& source, const std::filesystem::path& file) {
  const std::string name = "ptah:" + file.filename().string().substr(0, 200);
  Descriptor copy(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (copy.get() < 0) return failed_call("memfd_create", file);
  PTAH_TRY(std::string hash, sha256_of(source.get(), kMostPluginBytes, file.string(),
                                       [&](std::span<const std::byte> bytes) -> Status {
                                         while (!bytes.empty()) {
                                           const ssize_t written =
                                               ::write(copy.get(), bytes.data(), bytes.size());
                                           if (written < 0 && errno == EINTR) continue;
                                           if (written <= 0) return failed_call("write", file);
                                           bytes = bytes.subspan(static_cast<std::size_t>(written));
                                         }
                                         return ok();
                                       }));
  if (::fcntl(copy.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
    return failed_call("F_ADD_SEALS", file);
  }
  return PrivateCopy{std::move(copy), std::move(hash)};
}

Error plugin_error(const PluginInfo& info, ErrorCode code, std::string message) {
  return make_error(code, std::move(message),
                    "plugin " + std::string(to_string(info.kind)) + "/" + info.name);
}

}  // namespace

class PluginLibrary {
 public:
  /// `descriptor` stays open as long as the library is in memory: the loader knows libraries by
  /// their names, and another file under the same number would be taken for this one.
  PluginLibrary(Descriptor descriptor, boost::dll::shared_library library, std::string name)
      : descriptor_(std::move(descriptor)), library_(std::move(library)), name_(std::move(name)) {}

  ~PluginLibrary() {
    // An exception that is under way may be the plugin's own: its type, its words and its
    // destructor lie in the library, which then stays in memory for good.
    if (std::uncaught_exceptions() > 0) {
      ::dlopen(name_.c_str(), RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    }
    library_.unload();
    if (descriptor_.get() < 0) return;
    // Some libraries stay in memory after dlclose (unique symbols, thread-local destructors); then
    // the descriptor, and with it the name, must stay too.
    if (void* resident = ::dlopen(name_.c_str(), RTLD_LAZY | RTLD_NOLOAD)) {
      ::dlclose(resident);
      descriptor_.release();
    }
  }

  /// What the loader and backtraces call it.
  const std::string& name() const noexcept { return name_; }
  static std::string loader_name(const Descriptor& descriptor) {
    return "/proc/self/fd/" + std::to_string(descriptor.get());
  }

  const PluginEntry* entry() const {
    return library_.has("ptah_plugin") ? &library_.get<const PluginEntry>("ptah_plugin") : nullptr;
  }

 private:
  Descriptor descriptor_;
  boost::dll::shared_library library_;
  std::string name_;
};

PluginHost::~PluginHost() {
  forget_kept();
  plugins_.clear();
  note_libraries();
}

Result<const LoadedPlugin*> PluginHost::load(const std::filesystem::path& file) {
  PTAH_TRY(Descriptor opened, open_trusted_file(file));
  const std::string where = file.string();

  // From here on only `opened`, or the copy of it, is looked at: a file put under the same name
  // meanwhile is not what was checked, and is not what is loaded.
  std::string hash;
  if (loading_ == PluginLoading::kPrivateCopy) {
    PTAH_TRY(PrivateCopy copy, copy_privately(opened, file));
    opened = std::move(copy.file);
    hash = std::move(copy.hash);
  } else {
    PTAH_TRY(hash, sha256_of(opened.get(), kMostPluginBytes, where));
  }
  PTAH_TRY(PluginInfo info, read_manifest(opened.get(), where));
  PTAH_TRY(check_compatible(info, where));
  if (find(info.kind, info.name) != nullptr) {
    return make_error(ErrorCode::kConflict,
                      "A " + std::string(to_string(info.kind)) + " of the name \"" + info.name +
                          "\" is loaded already, from " +
                          find(info.kind, info.name)->file.string() + ".",
                      where, "keep one of the two files");
  }

  const PluginActivity activity("loading", where);
  std::shared_ptr<PluginLibrary> library;
  try {
    std::filesystem::path name = PluginLibrary::loader_name(opened);
    if (loading_ == PluginLoading::kInPlace) name = std::filesystem::absolute(file);
    boost::dll::shared_library loaded(name, kLoadMode);
    if (loading_ == PluginLoading::kInPlace) opened = Descriptor();
    library = std::make_shared<PluginLibrary>(std::move(opened), std::move(loaded), name.string());
  } catch (const std::exception& exception) {
    return plugin_error(info, ErrorCode::kPluginFailed,
                        "The library can not be loaded: " + std::string(exception.what()) + ".");
  }

  const PluginEntry* entry = library->entry();
  if (entry == nullptr || entry->manifest == nullptr || entry->create == nullptr ||
      entry->destroy == nullptr || entry->options == nullptr) {
    return plugin_error(info, ErrorCode::kPluginFailed,
                        "The library exports no complete \"ptah_plugin\" (PTAH_PLUGIN makes it).");
  }
  PTAH_TRY(const PluginInfo inside, plugin_info(*entry->manifest, where));
  if (inside != info) {
    return plugin_error(info, ErrorCode::kPluginFailed,
                        "The manifest of the loaded library is not the one in its file.");
  }

  auto loaded = std::make_unique<Entry>();
  try {
    loaded->plugin = LoadedPlugin{info, file, hash, entry->options()};
  } catch (const std::exception& exception) {
    return plugin_error(info, ErrorCode::kPluginFailed,
                        "Its options() threw: " + std::string(exception.what()) + ".");
  } catch (...) {
    return plugin_error(info, ErrorCode::kPluginFailed, "Its options() threw something unknown.");
  }
  if (auto schema = check_schema(loaded->plugin.options); !schema) {
    Error error = std::move(schema).error();
    error.where =
        "plugin " + std::string(to_string(info.kind)) + "/" + info.name + ", " + error.where;
    return error;
  }
  loaded->library = std::move(library);
  const LoadedPlugin* plugin = &loaded->plugin;
  plugins_.emplace(Key{info.kind, info.name}, std::move(loaded));
  note_libraries();
  return plugin;
}

std::vector<PluginRefusal> PluginHost::load_all(std::span<const std::filesystem::path> files) {
  std::vector<PluginRefusal> refused;
  for (const std::filesystem::path& file : files) {
    if (auto loaded = load(file); !loaded) refused.push_back({file, std::move(loaded).error()});
  }
  return refused;
}

Status PluginHost::unload(PluginKind kind, std::string_view name) {
  const auto found = plugins_.find(Key{kind, std::string(name)});
  if (found == plugins_.end()) {
    return make_error(ErrorCode::kNotFound, "No " + std::string(to_string(kind)) + " \"" +
                                                std::string(name) + "\" is loaded.");
  }
  forget_kept();
  plugins_.erase(found);
  note_libraries();
  return ok();
}

void PluginHost::forget_kept() noexcept {
  while (!kept_.empty()) {
    const auto last = std::move(kept_.back());
    kept_.pop_back();
  }
}

void PluginHost::note_libraries() const {
  std::string text;
  for (const auto& [key, entry] : plugins_) {
    text += "  " + entry->library->name() + " is " + std::string(to_string(key.first)) + "/" +
            entry->plugin.label() + ", " + entry->plugin.file.string() + "\n";
  }
  set_loaded_libraries(text);
}

const LoadedPlugin* PluginHost::find(PluginKind kind, std::string_view name) const noexcept {
  for (const auto& [key, entry] : plugins_) {
    if (key.first == kind && key.second == name) return &entry->plugin;
  }
  return nullptr;
}

std::vector<const LoadedPlugin*> PluginHost::list() const {
  std::vector<const LoadedPlugin*> plugins;
  for (const auto& [key, entry] : plugins_) plugins.push_back(&entry->plugin);
  return plugins;
}

Result<std::pair<void*, StageDeleter>> PluginHost::create_untyped(PluginKind kind,
                                                                  std::string_view name,
                                                                  const Json& options) {
  const auto found = plugins_.find(Key{kind, std::string(name)});
  if (found == plugins_.end()) {
    std::string known;
    for (const auto& [key, entry] : plugins_) {
      if (key.first == kind) known += (known.empty() ? "" : ", ") + key.second;
    }
    return make_error(
        ErrorCode::kNotFound,
        "There is no " + std::string(to_string(kind)) + " plugin \"" + std::string(name) + "\".",
        {}, known.empty() ? "none of that kind is loaded" : "loaded are: " + known);
  }
  const Entry& entry = *found->second;
  const PluginInfo& info = entry.plugin.info;
  const std::string where = "plugin " + std::string(to_string(kind)) + "/" + info.name;
  auto checked = Options::check(entry.plugin.options, options);
  if (!checked) {
    Error error = std::move(checked).error();
    error.where = error.where.empty() ? where : where + ", " + error.where;
    return error;
  }
  Error error;
  const PluginActivity activity("creating", where);
  const PluginEntry& plugin = *entry.library->entry();
  void* stage = plugin.create(checked.value(), error);
  if (stage == nullptr) {
    if (error.message.empty()) error.message = "The plugin gave no stage and no reason.";
    error.where = error.where.empty() ? where : where + ", " + error.where;
    return error;
  }
  return std::pair<void*, StageDeleter>(stage, StageDeleter(entry.library, plugin.destroy));
}

Status PluginHost::try_create(PluginKind kind, std::string_view name, const Json& options) {
  PTAH_TRY(auto made, create_untyped(kind, name, options));
  made.second(made.first);
  return ok();
}

Json to_json(const LoadedPlugin& plugin) {
  Json json = to_json(plugin.info);
  json["file"] = plugin.file.string();
  json["hash"] = plugin.hash;
  json["options"] = to_json(plugin.options);
  return json;
}

}  // namespace ptah
