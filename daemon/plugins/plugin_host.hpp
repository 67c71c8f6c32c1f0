/// Loads plugins into this process and creates stages from them. Used by ptah-worker, by
/// `--inline`, and by tests; ptahd itself only scans (plugin_set.hpp).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/plugin/manifest.hpp"
#include "ptah/plugin/plugin.hpp"

namespace ptah {

/// The loaded library behind a plugin (plugin_host.cpp).
class PluginLibrary;

/// Deletes a stage by its own plugin's `destroy`, and keeps that plugin's code in memory until
/// then.
class StageDeleter {
 public:
  StageDeleter() = default;
  StageDeleter(std::shared_ptr<const PluginLibrary> library, void (*destroy)(void*) noexcept)
      : library_(std::move(library)), destroy_(destroy) {}
  void operator()(void* stage) const noexcept {
    if (destroy_ != nullptr) destroy_(stage);
  }

 private:
  std::shared_ptr<const PluginLibrary> library_;
  void (*destroy_)(void*) noexcept = nullptr;
};

/// A stage. It may outlive its PluginHost; it must not be deleted from inside a call of its plugin.
template <typename Stage>
using StagePtr = std::unique_ptr<Stage, StageDeleter>;

struct LoadedPlugin {
  PluginInfo info;
  std::filesystem::path file;  ///< As it was given.
  std::string hash;            ///< SHA-256 of the file's bytes, lower-case hexadecimal.
  OptionSchema options;

  /// "sequence_pair 1.0.0"
  std::string label() const { return info.name + " " + info.version; }
};

/// {"kind", "name", "version", "description", "api", "file", "hash", "options"}: one plugin of a
/// worker's `ready` event.
Json to_json(const LoadedPlugin& plugin);

struct PluginRefusal {
  std::filesystem::path file;
  Error reason;
};

/// How libraries come into memory.
enum class PluginLoading {
  /// From a private copy in memory, whose bytes are those that were hashed: writing over the file
  /// hurts nobody who runs it. Debuggers and profilers see no file name.
  kPrivateCopy,
  /// From the file itself, for debugging. Who writes over it crashes this process.
  kInPlace,
};

/// Not thread-safe; stages may be used from any thread.
class PluginHost {
 public:
  explicit PluginHost(PluginLoading loading = PluginLoading::kPrivateCopy) : loading_(loading) {}
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;
  ~PluginHost();

  /// Checks trust, manifest and compatibility, in this order and before any of the plugin's code
  /// runs; then loads it and checks its option schema. Fails with kConflict when a plugin of that
  /// kind and name is loaded. The pointer is good until `unload` or the host's end.
  Result<const LoadedPlugin*> load(const std::filesystem::path& file);
  /// Loads each in turn; returns those that were refused.
  std::vector<PluginRefusal> load_all(std::span<const std::filesystem::path> files);
  /// The code leaves memory with the last of its stages; what is `kept` goes first, because it may
  /// hold some and would go on with them. Fails with kNotFound.
  Status unload(PluginKind kind, std::string_view name);

  /// nullptr when there is none.
  const LoadedPlugin* find(PluginKind kind, std::string_view name) const noexcept;
  /// All, by kind, then name.
  std::vector<const LoadedPlugin*> list() const;

  /// A new stage. Fails with kNotFound (the hint lists the plugins of that kind), with
  /// kInvalidArgument for options outside of the schema, or with what the plugin says.
  template <class Stage>
  Result<StagePtr<Stage>> create(std::string_view name, const Json& options = Json::object()) {
    PTAH_TRY(auto made, create_untyped(PluginKindOf<Stage>::value, name, options));
    return StagePtr<Stage>(static_cast<Stage*>(made.first), std::move(made.second));
  }
  /// As `create`, for a kind known at run time only; deletes it at once. For self-tests.
  Status try_create(PluginKind kind, std::string_view name, const Json& options = Json::object());

  /// What tasks keep from one to the next in this process (stages that remember, parsed inputs):
  /// one object a type, made when first asked for. They go before any plugin does, the last made
  /// first: at `unload`, or with the host.
  template <class T>
  T& kept() {
    for (const auto& [type, object] : kept_) {
      if (type == typeid(T)) return *static_cast<T*>(object.get());
    }
    const auto made = std::make_shared<T>();
    kept_.emplace_back(typeid(T), made);
    return *made;
  }

 private:
  struct Entry {
    LoadedPlugin plugin;
    std::shared_ptr<const PluginLibrary> library;
  };
  using Key = std::pair<PluginKind, std::string>;

  Result<std::pair<void*, StageDeleter>> create_untyped(PluginKind kind, std::string_view name,
                                                        const Json& options);
  void forget_kept() noexcept;
  void note_libraries() const;

  PluginLoading loading_;
  std::map<Key, std::unique_ptr<Entry>> plugins_;
  std::vector<std::pair<std::type_index, std::shared_ptr<void>>> kept_;  ///< In order of making.
};

}  // namespace ptah
