#include "ptah/plugin/manifest.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <functional>
#include <vector>

namespace ptah {
namespace {

static_assert(sizeof(PluginManifest) == 8 + 4 * 4 + 64 + 32 + 160 + 160 + 64,
              "The manifest's layout is fixed for all API versions.");

constexpr std::string_view kSection = ".ptah_manifest";
// A shared library has some thirty sections; a debug build with one section a function has more.
constexpr std::size_t kMostSections = 65'535;
constexpr std::uint64_t kMostNameBytes = 4u << 20;

/// A file that is read at given places; `read` returns false where the file has no such bytes.
struct Source {
  std::uint64_t size = 0;
  std::function<bool(std::uint64_t offset, void* to, std::size_t count)> read;

  bool holds(std::uint64_t offset, std::uint64_t count) const {
    return offset <= size && count <= size - offset;
  }
};

Error not_plugin(std::string_view where, std::string message) {
  return make_error(ErrorCode::kParse, std::move(message), std::string(where));
}

Error truncated(std::string_view where) {
  return not_plugin(where, "The file is truncated: its headers name bytes behind its end.");
}

std::string_view this_machine() {
#if defined(__x86_64__)
  return "x86-64";
#elif defined(__aarch64__)
  return "AArch64";
#else
  return "this machine";
#endif
}

constexpr Elf64_Half kMachine =
#if defined(__x86_64__)
    EM_X86_64;
#elif defined(__aarch64__)
    EM_AARCH64;
#else
    EM_NONE;
#endif

Result<PluginInfo> read_elf(const Source& source, std::string_view where) {
  Elf64_Ehdr header;
  if (source.size == 0) return not_plugin(where, "The file is empty.");
  unsigned char ident[EI_NIDENT] = {};
  const auto ident_bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(source.size, sizeof ident));
  if (!source.read(0, ident, ident_bytes)) return truncated(where);
  if (std::memcmp(ident, ELFMAG, std::min<std::size_t>(ident_bytes, SELFMAG)) != 0 ||
      ident_bytes < SELFMAG) {
    return not_plugin(where, "This is no shared library (not an ELF file).");
  }
  if (!source.holds(0, sizeof header) || !source.read(0, &header, sizeof header)) {
    return truncated(where);
  }
  static_assert(std::endian::native == std::endian::little);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      (kMachine != EM_NONE && header.e_machine != kMachine)) {
    return not_plugin(where, "The library is built for another kind of machine than " +
                                 std::string(this_machine()) + ".");
  }
  if (header.e_type != ET_DYN) {
    return not_plugin(where, "This ELF file is no shared library (an object file or a program).");
  }
  if (header.e_shoff == 0 || header.e_shentsize != sizeof(Elf64_Shdr)) {
    return not_plugin(where, "The library has no section headers, so no manifest can be found.");
  }

  // With 65280 sections and more the true counts stand in the first section header.
  Elf64_Shdr first;
  if (!source.holds(header.e_shoff, sizeof first) ||
      !source.read(header.e_shoff, &first, sizeof first)) {
    return truncated(where);
  }
  const std::uint64_t count = header.e_shnum != 0 ? header.e_shnum : first.sh_size;
  const std::uint64_t names_index =
      header.e_shstrndx != SHN_XINDEX ? header.e_shstrndx : first.sh_link;
  if (count > kMostSections) {
    return not_plugin(where, "The library has more sections than a plugin may have (" +
                                 std::to_string(kMostSections) + ").");
  }
  std::vector<Elf64_Shdr> sections(static_cast<std::size_t>(count));
  if (names_index >= count) return not_plugin(where, "The library's section names are missing.");
  if (!source.holds(header.e_shoff, count * sizeof(Elf64_Shdr)) ||
      !source.read(header.e_shoff, sections.data(), sections.size() * sizeof(Elf64_Shdr))) {
    return truncated(where);
  }
  const Elf64_Shdr& names_section = sections[static_cast<std::size_t>(names_index)];
  if (names_section.sh_type != SHT_STRTAB || names_section.sh_size > kMostNameBytes) {
    return not_plugin(where, "The library's section names are not readable.");
  }
  std::string names(static_cast<std::size_t>(names_section.sh_size), '\0');
  if (!source.holds(names_section.sh_offset, names.size()) ||
      !source.read(names_section.sh_offset, names.data(), names.size())) {
    return truncated(where);
  }

  const Elf64_Shdr* found = nullptr;
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_name >= names.size()) continue;
    const char* name = names.data() + section.sh_name;  // std::string ends in '\0'
    if (kSection != std::string_view(name)) continue;
    if (found != nullptr) return not_plugin(where, "The library has two plugin manifests.");
    found = &section;
  }
  if (found == nullptr) {
    return not_plugin(where,
                      "This shared library is no Ptah plugin: it has no section .ptah_manifest "
                      "(PTAH_PLUGIN makes it).");
  }
  if (found->sh_type != SHT_PROGBITS || found->sh_size != sizeof(PluginManifest)) {
    return not_plugin(where, "The plugin's manifest has " + std::to_string(found->sh_size) +
                                 " bytes instead of " + std::to_string(sizeof(PluginManifest)) +
                                 ".");
  }
  PluginManifest manifest;
  if (!source.holds(found->sh_offset, sizeof manifest) ||
      !source.read(found->sh_offset, &manifest, sizeof manifest)) {
    return truncated(where);
  }
  return plugin_info(manifest, where);
}

// A text field, or nothing where it does not end within its field or is not printable ASCII.
template <std::size_t N>
std::optional<std::string> field_text(const char (&field)[N]) {
  const char* end = std::find(field, field + N, '\0');
  if (end == field + N) return std::nullopt;
  std::string text(field, end);
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!printable) return std::nullopt;
  return text;
}

bool is_plugin_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string api_text(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

}  // namespace

Result<PluginInfo> plugin_info(const PluginManifest& manifest, std::string_view where) {
  if (std::memcmp(manifest.magic, PluginManifest{}.magic, sizeof manifest.magic) != 0) {
    return not_plugin(where, "The plugin's manifest does not start with PTAHPLUG.");
  }
  if (manifest.manifest_size != sizeof manifest) {
    return not_plugin(where, "The plugin's manifest says that it has " +
                                 std::to_string(manifest.manifest_size) + " bytes instead of " +
                                 std::to_string(sizeof manifest) + ".");
  }
  const auto kind = static_cast<std::uint32_t>(manifest.kind);
  // A kind that a later API version added is a matter of compatibility, not of a broken file; say
  // the versions first.
  if (to_string(manifest.kind) == "unknown") {
    return not_plugin(where, "The plugin is of kind " + std::to_string(kind) + " (API " +
                                 api_text(manifest.api_major, manifest.api_minor) +
                                 "), which this host (API " + api_text(kApiMajor, kApiMinor) +
                                 ") does not know.");
  }
  const auto name = field_text(manifest.name);
  const auto version = field_text(manifest.version);
  const auto description = field_text(manifest.description);
  const auto fingerprint = field_text(manifest.fingerprint);
  if (!name || !version || !description || !fingerprint) {
    return not_plugin(where, "A text of the plugin's manifest does not end or is not printable.");
  }
  if (!is_plugin_name(*name)) {
    return not_plugin(
        where,
        "The plugin's name must be of the characters a-z, 0-9 and _, but is \"" + *name + "\".");
  }
  if (version->empty()) return not_plugin(where, "The plugin's manifest has no version.");
  return PluginInfo{manifest.kind,     *name,        *version,
                    *description,      *fingerprint, manifest.api_major,
                    manifest.api_minor};
}

Result<PluginInfo> read_manifest(std::span<const std::byte> bytes, std::string_view where) {
  Source source;
  source.size = bytes.size();
  source.read = [&](std::uint64_t offset, void* to, std::size_t count) {
    if (count != 0) std::memcpy(to, bytes.data() + offset, count);
    return true;
  };
  return read_elf(source, where);
}

Result<PluginInfo> read_manifest(int descriptor, std::string_view where) {
  struct stat status;
  if (::fstat(descriptor, &status) != 0) {
    return make_error(ErrorCode::kIo,
                      std::string("It can not be read: ") + std::strerror(errno) + ".",
                      std::string(where));
  }
  if (!S_ISREG(status.st_mode)) return not_plugin(where, "This is no regular file.");
  Source source;
  source.size = static_cast<std::uint64_t>(status.st_size);
  source.read = [&](std::uint64_t offset, void* to, std::size_t count) {
    auto* at = static_cast<char*>(to);
    while (count > 0) {
      const ssize_t got = ::pread(descriptor, at, count, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      at += got;
      offset += static_cast<std::uint64_t>(got);
      count -= static_cast<std::size_t>(got);
    }
    return true;
  };
  return read_elf(source, where);
}

Result<PluginInfo> read_manifest(const std::filesystem::path& file) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    return make_error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                      std::string("It can not be opened: ") + std::strerror(errno) + ".",
                      file.string());
  }
  auto info = read_manifest(descriptor, file.string());
  ::close(descriptor);
  return info;
}

Status check_compatible(const PluginInfo& info, std::string_view where) {
  if (info.api_major != kApiMajor || info.api_minor > kApiMinor) {
    const bool newer = info.api_major >= kApiMajor;
    return make_error(ErrorCode::kUnsupported,
                      "The plugin \"" + info.name + "\" is built for API " +
                          api_text(info.api_major, info.api_minor) + ", this host offers " +
                          api_text(kApiMajor, kApiMinor) + ".",
                      std::string(where),
                      newer ? "update Ptah, or build the plugin with the SDK of this Ptah"
                            : "build the plugin again with the SDK of this Ptah");
  }
  if (info.fingerprint != kToolchainFingerprint) {
    return make_error(ErrorCode::kUnsupported,
                      "The plugin \"" + info.name + "\" is built with another toolchain (" +
                          info.fingerprint + ") than this host (" + kToolchainFingerprint + ").",
                      std::string(where), "build the plugin again with the SDK of this Ptah");
  }
  return ok();
}

Json to_json(const PluginInfo& info) {
  return Json{{"kind", to_string(info.kind)},
              {"name", info.name},
              {"version", info.version},
              {"description", info.description},
              {"api", api_text(info.api_major, info.api_minor)}};
}

}  // namespace ptah
