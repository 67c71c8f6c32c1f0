#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "ptah/core/run_tool.hpp"
#include "ptah/sim/models.hpp"

namespace ptah {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A library of the real one's structure: sections, includes in folders, binned models inside
/// subcircuits, subcircuits that use others, comments between continuations.
class ModelLibrary : public testing::Test {
 protected:
  ModelLibrary() : folder_(ScratchDir::create(testing::TempDir(), "library").value()) {
    std::filesystem::create_directories(path("corners"));
    std::filesystem::create_directories(path("cache"));
    write("top.spice",
          "* a comment\n.lib tt\n.param mc=0\n.include \"corners/tt.spice\"\n.endl tt\n"
          ".lib ss\n.param mc=1\n.include \"corners/tt.spice\"\n.endl ss\n");
    write("corners/tt.spice",
          ".option scale=1.0u\n.lib \"../extra.spice\" typ\n"
          ".subckt nfet d g s b\n.param l=1 w=1\nm1 d g s b nfet__model l={l} w={w}\n" +
              bin(0, 0.15e-6, 0.18e-6, 1e-6, 2e-6) + bin(1, 0.15e-6, 0.18e-6, 2e-6, 3e-6) +
              bin(2, 0.18e-6, 1e-6, 1e-6, 3e-6) +
              ".ends nfet\n.subckt unused a b\nr1 a b 1\n.ends unused\n"
              ".subckt res a b s\nxh a b headres w=1\n.ends res\n"
              ".subckt headres a b\nrx a b mres\n.ends\n.model mres r\n+ rsh = 3\n"
              ".model mother r rsh=4\n");
    write("extra.spice", ".lib typ\n.param extra=1\n.endl\n.lib other\n.param wrong=1\n.endl\n");
  }

  static std::string bin(int index, double lmin, double lmax, double wmin, double wmax) {
    return ".model nfet__model." + std::to_string(index) +
           " nmos\n* Model Flag Parameters\n+ lmin = " + std::to_string(lmin * 1e6) +
           "e-06 lmax = " + std::to_string(lmax * 1e6) +
           "e-06 wmin = " + std::to_string(wmin * 1e6) +
           "e-06 wmax = " + std::to_string(wmax * 1e6) +
           "e-06\n+ level = 54 tag=" + std::to_string(index) + "\n";
  }
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_text_file(path(name), text));
  }
  std::string trim(const ModelRequest& request, bool cached = false) {
    const auto text = trimmed_model_library(path("top.spice"), request,
                                            cached ? path("cache") : std::filesystem::path());
    EXPECT_TRUE(text) << text.error().text();
    return text ? text.value() : "";
  }
  std::size_t cache_entries() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path("cache")))
      ++count;
    return count;
  }

  ScratchDir folder_;
};

TEST_F(ModelLibrary, KeepsOnlyTheBinsInUse) {
  const std::string text = trim({{{"nfet", 1.05, 0.15}}, "tt"});
  EXPECT_THAT(text, HasSubstr("tag=0"));
  EXPECT_THAT(text, Not(HasSubstr("tag=1")));
  EXPECT_THAT(text, Not(HasSubstr("tag=2")));
  EXPECT_THAT(text, Not(HasSubstr("unused")));
  EXPECT_THAT(text, Not(HasSubstr("headres")));
  EXPECT_THAT(text, Not(HasSubstr("Flag")));
}

TEST_F(ModelLibrary, KeepsBothBinsAtAnEdge) {
  const std::string text = trim({{{"nfet", 2, 0.15}}, "tt"});
  EXPECT_THAT(text, HasSubstr("tag=0"));
  EXPECT_THAT(text, HasSubstr("tag=1"));
  EXPECT_THAT(text, Not(HasSubstr("tag=2")));
}

TEST_F(ModelLibrary, KeepsAllBinsOfAnUnknownSize) {
  const std::string text = trim({{{"nfet", 0, 0}}, "tt"});
  for (const char* tag : {"tag=0", "tag=1", "tag=2"}) EXPECT_THAT(text, HasSubstr(tag));
}

TEST_F(ModelLibrary, FollowsSubcircuitsToWhatTheyUse) {
  const std::string text = trim({{{"res", 1, 1}}, "tt"});
  EXPECT_THAT(text, HasSubstr(".subckt headres"));
  EXPECT_THAT(text, HasSubstr(".model mres r\n+ rsh = 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("mother")));
  EXPECT_THAT(text, Not(HasSubstr("nfet__model")));
}

TEST_F(ModelLibrary, TakesTheSectionsAskedFor) {
  const std::string text = trim({{{"nfet", 1.05, 0.15}}, "SS"});
  EXPECT_THAT(text, HasSubstr(".param mc=1"));
  EXPECT_THAT(text, Not(HasSubstr(".param mc=0")));
  EXPECT_THAT(text, HasSubstr(".param extra=1"));
  EXPECT_THAT(text, Not(HasSubstr("wrong")));
}

TEST_F(ModelLibrary, NamesWhatIsMissing) {
  const auto corner = trimmed_model_library(path("top.spice"), {{{"nfet", 1, 0.15}}, "xx"}, {});
  ASSERT_FALSE(corner);
  EXPECT_THAT(corner.error().message, HasSubstr("\"xx\""));
  const auto size = trimmed_model_library(path("top.spice"), {{{"nfet", 9, 0.15}}, "tt"}, {});
  ASSERT_FALSE(size);
  EXPECT_THAT(size.error().message, HasSubstr("nfet has no model for w=9 l=0.15 um"));
  const auto file = trimmed_model_library(path("absent.spice"), {{}, "tt"}, {});
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kNotFound);
}

TEST_F(ModelLibrary, RefusesFilesThatIncludeThemselves) {
  write("corners/tt.spice", ".include \"tt.spice\"\n");
  const auto text = trimmed_model_library(path("top.spice"), {{}, "tt"}, {});
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kLimit);
}

TEST_F(ModelLibrary, CachesByContent) {
  const ModelRequest request{{{"nfet", 1.05, 0.15}}, "tt"};
  const std::string first = trim(request, true);
  EXPECT_EQ(cache_entries(), 1u);
  EXPECT_EQ(trim(request, true), first);
  // The order and repetition of uses do not matter, their sizes do.
  EXPECT_EQ(trim({{{"nfet", 1.05, 0.15}, {"nfet", 1.05, 0.15}}, "tt"}, true), first);
  EXPECT_EQ(cache_entries(), 1u);
  trim({{{"nfet", 2.1, 0.15}}, "tt"}, true);
  EXPECT_EQ(cache_entries(), 2u);
}

TEST_F(ModelLibrary, DoesNotServeAnEntryOfAChangedLibrary) {
  const ModelRequest request{{{"res", 1, 1}}, "tt"};
  EXPECT_THAT(trim(request, true), HasSubstr("extra=1"));
  write("extra.spice", ".lib typ\n.param extra=22\n.endl\n");
  EXPECT_THAT(trim(request, true), HasSubstr("extra=22"));
}

TEST_F(ModelLibrary, DoesNotServeADamagedEntry) {
  const ModelRequest request{{{"nfet", 1.05, 0.15}}, "tt"};
  const std::string whole = trim(request, true);
  for (const auto& entry : std::filesystem::directory_iterator(path("cache"))) {
    ASSERT_TRUE(write_text_file(entry.path(), whole.substr(0, 40)));
  }
  EXPECT_EQ(trim(request, true), whole);
}

TEST_F(ModelLibrary, SharesItsCacheBetweenThreads) {
  std::vector<std::string> texts(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        const auto text =
            trimmed_model_library(path("top.spice"), {{{"nfet", 1.05, 0.15}}, "tt"}, path("cache"));
        const std::string got = text ? text.value() : text.error().text();
        if (round == 0) texts[i] = got;
        if (got != texts[i]) texts[i] = "differs: " + got;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : texts) EXPECT_EQ(text, texts[0]);
  EXPECT_THAT(texts[0], HasSubstr("tag=0"));
  EXPECT_EQ(cache_entries(), 1u);
}

TEST(ModelCache, FollowsTheEnvironment) {
  const auto scratch = ScratchDir::create(testing::TempDir(), "cache");
  setenv("XDG_CACHE_HOME", scratch.value().path().c_str(), 1);
  EXPECT_EQ(model_cache_directory(), scratch.value().path() / "ptah/models");
  setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
  EXPECT_EQ(model_cache_directory(), std::filesystem::path());
  unsetenv("XDG_CACHE_HOME");
}

}  // namespace
}  // namespace ptah
