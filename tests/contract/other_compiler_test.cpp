// A plugin that clang++ built, in a host that g++ built (or the other way round: whichever compiler
// the build did not take). plugin_author_test has installed the SDK.
#include <gmock/gmock.h>

#include <filesystem>

#include "plugins/plugin_host.hpp"
#include "ptah/core/run_tool.hpp"
#include "small_circuit.hpp"

namespace ptah::contract {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

#if defined(__clang__)
constexpr char kOtherCompiler[] = "g++";
#else
constexpr char kOtherCompiler[] = "clang++";
#endif

TEST(OtherCompiler, BuildsPluginsThatLoad) {
  const fs::path folder = PTAH_BUILD_DIR "/tests/plugin_author";
  ASSERT_TRUE(fs::exists(folder / "sdk")) << "plugin_author_test installs the SDK";
  const auto compiler = find_tool(kOtherCompiler, "clang");
  if (!compiler) GTEST_SKIP() << compiler.error().text();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "each compiler has a sanitizer library of its own";
#endif

  ToolRun run;
  run.program = "/bin/sh";
  run.arguments = {"-eu", "-c",
                   "cmake -S plugins/example -B build-other -DCMAKE_PREFIX_PATH=\"$PWD/sdk\" "
                   "-DCMAKE_CXX_COMPILER=\"$1\" -DCMAKE_CXX_FLAGS='-Wall -Wextra -Wpedantic'\n"
                   "cmake --build build-other",
                   "sh", compiler.value().string()};
  run.directory = folder;
  run.wall_limit_s = 900;
  run.cpu_limit_s = 900;
  SimpleJobContext job(0, folder);
  const auto output = run_tool(run, job);
  ASSERT_TRUE(output) << output.error().text();
  ASSERT_EQ(output.value().exit_status, 0) << output.value().out << output.value().err;

  PluginHost host;
  const auto loaded = host.load(folder / "build-other/ptah_row.so");
  ASSERT_TRUE(loaded) << loaded.error().text();
  auto placer = host.create<Placer>("row", {{"halo_um", 2}});
  ASSERT_TRUE(placer) << placer.error().text();
  const Circuit circuit = small_amplifier();
  const Tiles tiles = blank_tiles(circuit);
  const auto placement = placer.value()->place(circuit, tiles, Technology::ptah130(), {}, job);
  ASSERT_TRUE(placement) << placement.error().text();

  // The other compiler's plugin gives the same placement, and its errors arrive.
  PluginHost own;
  ASSERT_TRUE(own.load(folder / "build-example/ptah_row.so"));
  auto same = own.create<Placer>("row", {{"halo_um", 2}});
  ASSERT_TRUE(same);
  EXPECT_EQ(placement.value(),
            same.value()->place(circuit, tiles, Technology::ptah130(), {}, job).value());
  const auto refused = placer.value()->place(circuit, {}, Technology::ptah130(), {}, job);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("0 tiles for 5 devices"));
}

}  // namespace
}  // namespace ptah::contract
