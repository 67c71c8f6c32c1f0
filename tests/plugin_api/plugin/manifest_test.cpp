#include "ptah/plugin/manifest.hpp"

#include <elf.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "ptah/core/random.hpp"

namespace ptah {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr char kBadPlugins[] = PTAH_BUILD_DIR "/tests/bad_plugins/";

fs::path bad(const std::string& name) {
  return kBadPlugins + ("ptah_bad_" + name + ".so");
}

std::vector<std::byte> bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::byte> bytes(text.size());
  if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

Error refused(std::span<const std::byte> bytes) {
  auto info = read_manifest(bytes, "x.so");
  EXPECT_FALSE(info);
  return info ? Error{} : info.error();
}

// A library's bytes with one change to its ELF header or to its manifest.
std::vector<std::byte> changed(const std::function<void(Elf64_Ehdr&, PluginManifest&)>& change) {
  std::vector<std::byte> bytes = bytes_of(bad("exits"));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t at = text.find("PTAHPLUG");
  Elf64_Ehdr header;
  PluginManifest manifest;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::memcpy(&manifest, bytes.data() + at, sizeof manifest);
  change(header, manifest);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + at, &manifest, sizeof manifest);
  return bytes;
}

TEST(Manifest, IsReadFromTheFileWithoutLoadingIt) {
  const auto info = read_manifest(bad("exits"));
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info.value().kind, PluginKind::kPlacer);
  EXPECT_EQ(info.value().name, "bad_exits");
  EXPECT_EQ(info.value().version, "1.0.0");
  EXPECT_THAT(info.value().description, HasSubstr("Ends the process"));
  EXPECT_EQ(info.value().fingerprint, kToolchainFingerprint);
  EXPECT_EQ(info.value().api_major, kApiMajor);
  EXPECT_TRUE(check_compatible(info.value(), "x"));
  EXPECT_EQ(to_json(info.value()).at("kind"), "placer");
}

TEST(Manifest, IsTheSameFromMemoryAndFromAFile) {
  const auto bytes = bytes_of(bad("exits"));
  EXPECT_EQ(read_manifest(bytes, "x").value(), read_manifest(bad("exits")).value());
}

TEST(Manifest, OtherApiVersionsAreRefusedWithBothVersions) {
  const auto text = [](std::uint32_t major, std::uint32_t minor) {
    return std::to_string(major) + "." + std::to_string(minor);
  };
  for (const auto& [name, version] : {std::pair{"wrong_api", text(kApiMajor + 1, kApiMinor)},
                                      {"newer_minor", text(kApiMajor, kApiMinor + 1)}}) {
    const auto info = read_manifest(bad(name));
    ASSERT_TRUE(info) << info.error().text();
    const auto status = check_compatible(info.value(), "x.so");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
    EXPECT_THAT(status.error().message, HasSubstr("API " + version));
    EXPECT_THAT(status.error().message, HasSubstr("offers " + text(kApiMajor, kApiMinor)));
  }
}

TEST(Manifest, OlderMinorVersionsOfTheSameMajorAreTaken) {
  PluginInfo info = read_manifest(bad("exits")).value();
  info.api_major = kApiMajor - 1;
  EXPECT_FALSE(check_compatible(info, "x"));
  info.api_major = kApiMajor;
  info.api_minor = 0;
  EXPECT_TRUE(check_compatible(info, "x"));
}

TEST(Manifest, AnotherToolchainIsRefusedWithBothFingerprints) {
  const auto info = read_manifest(bad("wrong_fingerprint"));
  ASSERT_TRUE(info) << info.error().text();
  const auto status = check_compatible(info.value(), "x.so");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("libc++"));
  EXPECT_THAT(status.error().message, HasSubstr(kToolchainFingerprint));
  EXPECT_THAT(status.error().hint, HasSubstr("build the plugin again"));
}

TEST(Manifest, WrongMagicIsRefused) {
  const auto info = read_manifest(bad("wrong_magic"));
  ASSERT_FALSE(info);
  EXPECT_THAT(info.error().message, HasSubstr("PTAHPLUG"));
  EXPECT_THAT(info.error().where, HasSubstr("wrong_magic"));
}

TEST(Manifest, EachKindOfOtherFileHasItsSentence) {
  EXPECT_THAT(refused({}).message, HasSubstr("empty"));
  const std::string text = "#!/bin/sh\necho I am a plugin\n";
  EXPECT_THAT(refused(std::as_bytes(std::span(text))).message, HasSubstr("not an ELF file"));
  EXPECT_THAT(refused(changed([](auto& elf, auto&) { elf.e_type = ET_EXEC; })).message,
              HasSubstr("no shared library"));
  EXPECT_THAT(refused(changed([](auto& elf, auto&) { elf.e_machine = EM_68K; })).message,
              HasSubstr("another kind of machine"));
  EXPECT_THAT(
      refused(changed([](auto& elf, auto&) { elf.e_ident[EI_CLASS] = ELFCLASS32; })).message,
      HasSubstr("another kind of machine"));
  EXPECT_THAT(refused(changed([](auto& elf, auto&) { elf.e_shoff = 0; })).message,
              HasSubstr("no section headers"));
  EXPECT_THAT(refused(changed([](auto& elf, auto&) { elf.e_shoff = ~0ull - 8; })).message,
              HasSubstr("truncated"));
  // The SDK itself is a shared library without a manifest.
  const auto sdk = read_manifest(fs::path(PTAH_SDK_FILE));
  ASSERT_FALSE(sdk);
  EXPECT_THAT(sdk.error().message, HasSubstr("no Ptah plugin"));
}

TEST(Manifest, BrokenFieldsAreRefused) {
  EXPECT_THAT(refused(changed([](auto&, auto& m) { m.manifest_size = 8; })).message,
              HasSubstr("8 bytes"));
  EXPECT_THAT(refused(changed([](auto&, auto& m) { m.kind = PluginKind{99}; })).message,
              HasSubstr("kind 99"));
  EXPECT_THAT(refused(changed([](auto&, auto& m) {
                std::memset(m.description, 'x', sizeof m.description);
              })).message,
              HasSubstr("does not end"));
  EXPECT_THAT(refused(changed([](auto&, auto& m) { m.version[1] = '\n'; })).message,
              HasSubstr("not printable"));
  EXPECT_THAT(refused(changed([](auto&, auto& m) { m.name[0] = '/'; })).message,
              HasSubstr("a-z, 0-9 and _"));
  EXPECT_THAT(refused(changed([](auto&, auto& m) { m.name[0] = '\0'; })).message,
              HasSubstr("a-z, 0-9 and _"));
  EXPECT_THAT(refused(changed([](auto&, auto& m) { m.version[0] = '\0'; })).message,
              HasSubstr("no version"));
}

TEST(Manifest, EveryTruncationIsRefused) {
  const auto bytes = bytes_of(bad("exits"));
  ASSERT_GT(bytes.size(), 1000u);
  // Section headers end the file, so that all that is shorter lacks some.
  for (std::size_t size = 0; size < bytes.size(); size += size < 256 ? 1 : 977) {
    EXPECT_FALSE(read_manifest(std::span(bytes).first(size), "x")) << size;
  }
}

TEST(Manifest, AnyBytesGiveAnAnswer) {
  const auto bytes = bytes_of(bad("exits"));
  Rng rng(1);
  int readable = 0;
  for (int round = 0; round < 3000; ++round) {
    auto copy = bytes;
    const std::size_t from = rng.below(2) ? 0 : copy.size() - 64 * 40;  // header, section headers
    for (int change = 0; change < 4; ++change) {
      copy[from + rng.below(round % 2 ? 64 : 64 * 40)] = static_cast<std::byte>(rng.below(256));
    }
    readable += read_manifest(copy, "x") ? 1 : 0;
  }
  EXPECT_LT(readable, 3000);  // the sanitizer build watches the reads
}

TEST(Manifest, FilesThatAreNoFilesAreRefused) {
  EXPECT_EQ(read_manifest(fs::path("/nowhere/x.so")).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(read_manifest(fs::path("/")).error().message, HasSubstr("regular file"));
  const fs::path pipe = fs::path(PTAH_BUILD_DIR) / "tests/manifest_test.fifo";
  fs::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(read_manifest(pipe).error().message, HasSubstr("regular file"));  // and does not wait
  fs::remove(pipe);
}

TEST(PluginKind, NamesAndKindsAreInverse) {
  for (std::uint32_t i = 0; i <= static_cast<std::uint32_t>(PluginKind::kTrainer); ++i) {
    const auto kind = static_cast<PluginKind>(i);
    EXPECT_EQ(plugin_kind_from_string(to_string(kind)), kind);
  }
  EXPECT_FALSE(plugin_kind_from_string("painter"));
  EXPECT_FALSE(plugin_kind_from_string("unknown"));
}

}  // namespace
}  // namespace ptah
