#include "plugins/plugin_host.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "plugins/content_hash.hpp"
#include "plugins/crash_notes.hpp"
#include "plugins/plugin_set.hpp"
#include "plugins/trusted_file.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

fs::path bad(const std::string& name) {
  return fs::path(PTAH_BUILD_DIR "/tests/bad_plugins") / ("ptah_bad_" + name + ".so");
}

/// A folder below the build's, so that its parents are as trusted as the build itself.
class PluginHostTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = ScratchDir::create(PTAH_BUILD_DIR "/tests", "plugin_host_test");
    ASSERT_TRUE(made) << made.error().text();
    scratch_ = std::make_unique<ScratchDir>(std::move(made.value()));
  }
  fs::path folder() const { return scratch_->path(); }
  fs::path put(const std::string& plugin, const std::string& as) const {
    fs::copy_file(bad(plugin), folder() / as, fs::copy_options::overwrite_existing);
    fs::permissions(folder() / as, fs::perms(0755));
    return folder() / as;
  }

  std::unique_ptr<ScratchDir> scratch_;
};

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {(std::istreambuf_iterator<char>(in)), {}};
}

bool is_mapped(const std::string& file_name) {
  return text_of("/proc/self/maps").find("ptah:" + file_name) != std::string::npos;
}

int open_descriptors() {
  return static_cast<int>(
      std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

Error refused(const fs::path& file) {
  PluginHost host;
  const auto loaded = host.load(file);
  EXPECT_FALSE(loaded) << file;
  EXPECT_TRUE(host.list().empty());
  return loaded ? Error{} : loaded.error();
}

TEST_F(PluginHostTest, LoadsAPluginAndCreatesItsStage) {
  PluginHost host;
  const auto loaded = host.load(bad("throws_in_call"));
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(loaded.value()->label(), "bad_throws_in_call 1.0.0");
  EXPECT_EQ(loaded.value()->hash.size(), 64u);
  EXPECT_EQ(host.find(PluginKind::kPlacer, "bad_throws_in_call"), loaded.value());
  EXPECT_EQ(host.find(PluginKind::kRouter, "bad_throws_in_call"), nullptr);
  EXPECT_EQ(host.list().size(), 1u);
  EXPECT_THAT(loaded_libraries(), HasSubstr("placer/bad_throws_in_call 1.0.0"));

  auto stage = host.create<Placer>("bad_throws_in_call");
  ASSERT_TRUE(stage) << stage.error().text();
  SimpleJobContext job;
  try {
    (void)stage.value()->place({}, {}, Technology::ptah130(), {}, job);
    FAIL() << "it should have thrown";
  } catch (const std::exception& exception) {
    EXPECT_STREQ(exception.what(), "the annealer went cold");
  }
}

TEST_F(PluginHostTest, CreateSaysWhatIsWrong) {
  PluginHost host;
  ASSERT_TRUE(host.load(bad("throws_in_constructor")));
  const auto thrown = host.create<Placer>("bad_throws_in_constructor");
  ASSERT_FALSE(thrown);
  EXPECT_EQ(thrown.error().code, ErrorCode::kPluginFailed);
  EXPECT_THAT(thrown.error().text(),
              HasSubstr("placer/bad_throws_in_constructor: no licence server"));

  const auto unknown = host.create<Placer>("sequence_pear");
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(unknown.error().hint, HasSubstr("bad_throws_in_constructor"));

  const auto router = host.create<Router>("bad_throws_in_constructor");
  EXPECT_EQ(router.error().code, ErrorCode::kNotFound);

  const auto option = host.create<Placer>("bad_throws_in_constructor", {{"halo", 1}});
  EXPECT_EQ(option.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(option.error().where, HasSubstr("halo"));
  EXPECT_STREQ(plugin_activity(), "");
}

TEST_F(PluginHostTest, RefusedPluginsNeverRun) {
  ::unsetenv("PTAH_TEST_RAN");
  EXPECT_EQ(refused(bad("wrong_api")).code, ErrorCode::kUnsupported);
  EXPECT_EQ(refused(bad("newer_minor")).code, ErrorCode::kUnsupported);
  EXPECT_EQ(refused(bad("wrong_fingerprint")).code, ErrorCode::kUnsupported);
  EXPECT_EQ(refused(bad("wrong_magic")).code, ErrorCode::kParse);
  EXPECT_EQ(std::getenv("PTAH_TEST_RAN"), nullptr) << "its code ran";
  EXPECT_EQ(refused(folder() / "absent.so").code, ErrorCode::kNotFound);
}

TEST_F(PluginHostTest, ASchemaThatContradictsItselfIsRefused) {
  const Error error = refused(bad("schema"));
  EXPECT_EQ(error.code, ErrorCode::kPluginFailed);
  EXPECT_THAT(error.text(), HasSubstr("effort"));
  EXPECT_THAT(error.text(), HasSubstr("from 1 to 10"));
}

TEST_F(PluginHostTest, TwoOfOneNameAreAConflict) {
  PluginHost host;
  const auto first = put("exits", "a.so");
  const auto second = put("exits", "b.so");
  const std::vector<fs::path> files{first, second};
  const auto refusals = host.load_all(files);
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].file, second);
  EXPECT_EQ(refusals[0].reason.code, ErrorCode::kConflict);
  EXPECT_THAT(refusals[0].reason.message, HasSubstr("a.so"));
}

TEST_F(PluginHostTest, SymbolicLinksAreRefused) {
  fs::create_symlink(bad("exits"), folder() / "link.so");
  const Error error = refused(folder() / "link.so");
  EXPECT_EQ(error.code, ErrorCode::kDenied);
  EXPECT_THAT(error.message, HasSubstr("symbolic link"));
}

TEST_F(PluginHostTest, WhatOthersMayWriteIsRefused) {
  const auto file = put("exits", "x.so");
  for (const int mode : {0757, 0777, 0722}) {
    fs::permissions(file, fs::perms(mode));
    const Error error = refused(file);
    EXPECT_EQ(error.code, ErrorCode::kDenied);
    EXPECT_THAT(error.hint, HasSubstr("chmod go-w"));
  }
  fs::permissions(file, fs::perms(0755));
  fs::permissions(folder(), fs::perms(0777));
  EXPECT_THAT(refused(file).where, HasSubstr(folder().string()));
  // Sticky helps a parent, not the folder itself: anybody could add plugins to it.
  fs::permissions(folder(), fs::perms(01777));
  EXPECT_EQ(refused(file).code, ErrorCode::kDenied);
  fs::permissions(folder(), fs::perms(0755));
  EXPECT_TRUE(PluginHost().load(file));

  fs::create_directory(folder() / "inner");
  fs::copy_file(file, folder() / "inner/x.so");
  fs::permissions(folder(), fs::perms(0777));
  EXPECT_EQ(refused(folder() / "inner/x.so").code, ErrorCode::kDenied) << "a parent counts";
  fs::permissions(folder(), fs::perms(01777));
  EXPECT_TRUE(PluginHost().load(folder() / "inner/x.so")) << "a sticky parent is as good as /tmp";
  fs::permissions(folder(), fs::perms(0700));
}

TEST_F(PluginHostTest, WhatBelongsToSomebodyElseIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const auto file = put("exits", "x.so");
  ASSERT_EQ(::chown(file.c_str(), 54321, 54321), 0);
  EXPECT_THAT(refused(file).message, HasSubstr("54321"));
  ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(folder().c_str(), 54321, 54321), 0);
  EXPECT_THAT(refused(file).message, HasSubstr("54321"));
  ASSERT_EQ(::chown(folder().c_str(), 0, 0), 0);
  EXPECT_TRUE(PluginHost().load(file));
}

TEST_F(PluginHostTest, OtherThingsThanFilesAreRefused) {
  ASSERT_EQ(::mkfifo((folder() / "pipe.so").c_str(), 0600), 0);
  EXPECT_EQ(refused(folder() / "pipe.so").code, ErrorCode::kDenied);
  fs::create_directory(folder() / "folder.so");
  EXPECT_EQ(refused(folder() / "folder.so").code, ErrorCode::kDenied);
  std::ofstream(folder() / "text.so") << "hello";
  EXPECT_EQ(refused(folder() / "text.so").code, ErrorCode::kParse);
  std::ofstream(folder() / "empty.so");
  EXPECT_EQ(refused(folder() / "empty.so").code, ErrorCode::kParse);
  const std::string whole = text_of(bad("exits"));
  std::ofstream(folder() / "cut.so") << whole.substr(0, whole.size() / 2);
  EXPECT_THAT(refused(folder() / "cut.so").message, HasSubstr("truncated"));
}

TEST_F(PluginHostTest, AFileSwappedAfterTheCheckIsNotTheOneOpened) {
  const auto file = put("exits", "x.so");
  auto opened = open_trusted_file(file);
  ASSERT_TRUE(opened) << opened.error().text();
  fs::rename(put("loops", "y.so"), file);
  EXPECT_EQ(read_manifest(opened.value().get(), "x").value().name, "bad_exits");
}

TEST_F(PluginHostTest, OverwritingALoadedFileHurtsNobody) {
  PluginHost host;
  const auto file = put("throws_in_call", "x.so");
  ASSERT_TRUE(host.load(file));
  fs::resize_file(file, 0);  // running code mapped from it would die of SIGBUS
  auto stage = host.create<Placer>("bad_throws_in_call");
  ASSERT_TRUE(stage);
  SimpleJobContext job;
  EXPECT_THROW((void)stage.value()->place({}, {}, Technology::ptah130(), {}, job), std::exception);
}

TEST_F(PluginHostTest, LeavesMemoryWithTheLastStage) {
  const auto file = put("exits", "unloads.so");
  auto host = std::make_unique<PluginHost>();
  ASSERT_TRUE(host->load(file));
  EXPECT_TRUE(is_mapped("unloads.so"));
  auto stage = host->create<Placer>("bad_exits");
  ASSERT_TRUE(stage);
  ASSERT_TRUE(host->unload(PluginKind::kPlacer, "bad_exits"));
  EXPECT_EQ(host->find(PluginKind::kPlacer, "bad_exits"), nullptr);
  EXPECT_EQ(host->unload(PluginKind::kPlacer, "bad_exits").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(host->create<Placer>("bad_exits").error().code, ErrorCode::kNotFound);
  host.reset();
  EXPECT_TRUE(is_mapped("unloads.so")) << "a stage still needs it";
  stage.value().reset();
  // The deleter, which lives in the pointer, holds the library.
  stage = make_error(ErrorCode::kCancelled, "gone");
  EXPECT_FALSE(is_mapped("unloads.so"));
}

/// What a task keeps: a stage. Notes at its end whether the stage's plugin is still there.
template <int>
struct Keeper {
  ~Keeper() {
    if (host == nullptr) return;
    const bool there = host->find(PluginKind::kPlacer, "bad_exits") != nullptr;
    ends->push_back(name + (there ? " with its plugin" : " without its plugin"));
  }
  std::string name;
  PluginHost* host = nullptr;
  std::vector<std::string>* ends = nullptr;
  StagePtr<Placer> stage;
};

TEST_F(PluginHostTest, WhatIsKeptGoesBeforeThePluginsTheLastMadeFirst) {
  std::vector<std::string> ends;
  const auto file = put("exits", "kept.so");
  {
    PluginHost host;
    ASSERT_TRUE(host.load(file));
    const auto keep = [&](auto& keeper, const std::string& name) {
      keeper.name = name;
      keeper.host = &host;
      keeper.ends = &ends;
      keeper.stage = std::move(host.create<Placer>("bad_exits").value());
    };
    keep(host.kept<Keeper<2>>(), "first");
    keep(host.kept<Keeper<1>>(), "second");
    keep(host.kept<Keeper<3>>(), "third");
    EXPECT_EQ(host.kept<Keeper<1>>().name, "second") << "one object a type";
  }
  EXPECT_THAT(ends, ::testing::ElementsAre("third with its plugin", "second with its plugin",
                                           "first with its plugin"));
  EXPECT_FALSE(is_mapped("kept.so"));
}

TEST_F(PluginHostTest, UnloadingEndsWhatIsKept) {
  std::vector<std::string> ends;
  PluginHost host;
  ASSERT_TRUE(host.load(put("exits", "kept.so")));
  auto& keeper = host.kept<Keeper<1>>();
  keeper.name = "session";
  keeper.host = &host;
  keeper.ends = &ends;
  keeper.stage = std::move(host.create<Placer>("bad_exits").value());
  ASSERT_FALSE(host.unload(PluginKind::kRouter, "bad_exits"));
  EXPECT_TRUE(ends.empty()) << "nothing was unloaded";
  ASSERT_TRUE(host.unload(PluginKind::kPlacer, "bad_exits"));
  EXPECT_THAT(ends, ::testing::ElementsAre("session with its plugin"));
  EXPECT_FALSE(is_mapped("kept.so")) << "a session would go on with old code";
  EXPECT_EQ(host.kept<Keeper<1>>().stage, nullptr) << "the next task begins anew";
}

TEST_F(PluginHostTest, AnExceptionOfAPluginOutlivesItsHost) {
  const auto file = put("throws_in_call", "throws.so");
  const int before = open_descriptors();
  SimpleJobContext job;
  try {
    PluginHost host;
    ASSERT_TRUE(host.load(file));
    auto stage = host.create<Placer>("bad_throws_in_call");
    ASSERT_TRUE(stage);
    (void)stage.value()->place({}, {}, Technology::ptah130(), {}, job);
    FAIL() << "it should have thrown";
  } catch (const std::exception& exception) {
    EXPECT_STREQ(exception.what(), "the annealer went cold");
  }
  EXPECT_TRUE(is_mapped("throws.so")) << "the exception's type is in it";
  EXPECT_EQ(open_descriptors(), before + 1) << "the loader knows it by that name";
}

TEST_F(PluginHostTest, ReloadsAnotherFileUnderTheSameName) {
  const int before = open_descriptors();
  for (int round = 0; round < 20; ++round) {
    // The same descriptor number each time: the loader must not take one file for the other.
    PluginHost host;
    const bool odd = round % 2 == 1;
    const auto loaded = host.load(put(odd ? "loops" : "exits", "x.so"));
    ASSERT_TRUE(loaded) << loaded.error().text();
    EXPECT_EQ(loaded.value()->info.name, odd ? "bad_loops" : "bad_exits");
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(PluginHostTest, LoadsInPlaceForDebuggers) {
  const auto file = put("throws_in_call", "in_place.so");
  PluginHost host(PluginLoading::kInPlace);
  ASSERT_TRUE(host.load(file));
  EXPECT_THAT(text_of("/proc/self/maps"), HasSubstr(file.string()));
  EXPECT_TRUE(host.create<Placer>("bad_throws_in_call"));
  ASSERT_TRUE(host.unload(PluginKind::kPlacer, "bad_throws_in_call"));
  EXPECT_EQ(text_of("/proc/self/maps").find(file.string()), std::string::npos);
}

TEST_F(PluginHostTest, HashesAreSha256) {
  std::ofstream(folder() / "abc") << "abc";
  const Descriptor file(::open((folder() / "abc").c_str(), O_RDONLY));
  // FIPS 180-2, appendix B.1
  EXPECT_EQ(sha256_of(file.get(), 3, "abc").value(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of(file.get(), 2, "abc").error().code, ErrorCode::kLimit);
}

TEST_F(PluginHostTest, ScanningSaysWhatAFileHolds) {
  const ScannedPlugin good = scan_file(put("exits", "a.so"));
  EXPECT_TRUE(good.usable());
  EXPECT_EQ(good.info->name, "bad_exits");
  EXPECT_EQ(good.hash.size(), 64u);
  const ScannedPlugin again = scan_file(put("exits", "b.so"));
  EXPECT_EQ(again.hash, good.hash);
  const ScannedPlugin foreign = scan_file(put("wrong_api", "c.so"));
  EXPECT_FALSE(foreign.usable());
  EXPECT_EQ(foreign.info->name, "bad_wrong_api");
  EXPECT_EQ(foreign.refusal->code, ErrorCode::kUnsupported);
  const ScannedPlugin absent = scan_file(folder() / "absent.so");
  EXPECT_FALSE(absent.usable());
  EXPECT_EQ(absent.refusal->code, ErrorCode::kNotFound);
  EXPECT_TRUE(has_plugin_name("/p/ptah_row.so"));
  EXPECT_FALSE(has_plugin_name("/p/.ptah_row.so"));
  EXPECT_FALSE(has_plugin_name("/p/README"));
}

}  // namespace
}  // namespace ptah
