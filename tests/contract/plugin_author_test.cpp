// docs/plugin-author.md, tried: its commands, run as they stand there, build the example outside
// the tree with nothing but the installed SDK.
#include <gmock/gmock.h>

#include <filesystem>

#include "fake_dataset.hpp"
#include "plugins/plugin_host.hpp"
#include "ptah/core/run_tool.hpp"
#include "small_circuit.hpp"

namespace ptah::contract {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

std::string commands_of(const fs::path& guide) {
  const auto text = read_text_file(guide);
  EXPECT_TRUE(text) << text.error().text();
  const std::string begin = "<!-- commands -->\n```sh\n";
  const std::size_t from = text.value().find(begin);
  const std::size_t to = text.value().find("\n```", from + begin.size());
  if (from == std::string::npos || to == std::string::npos) return {};
  return text.value().substr(from + begin.size(), to - from - begin.size());
}

void expect_all_headers_in(const fs::path& installed) {
  const fs::path source = PTAH_SOURCE_DIR "/plugin_api/include/ptah";
  int headers = 0;
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    if (entry.path().extension() != ".hpp") continue;
    ++headers;
    EXPECT_TRUE(fs::exists(installed / fs::relative(entry.path(), source))) << entry.path();
  }
  EXPECT_GT(headers, 15);
}

TEST(PluginAuthor, TheGuidesCommandsBuildTheExample) {
  const std::string commands = commands_of(PTAH_SOURCE_DIR "/docs/plugin-author.md");
  ASSERT_THAT(commands, HasSubstr("cmake --install"));

  // The folder that the guide speaks of, away from the tree: `build` and a copy of the example.
  const fs::path folder = PTAH_BUILD_DIR "/tests/plugin_author";
  fs::remove_all(folder);
  fs::create_directories(folder / "plugins");
  fs::create_directory_symlink(PTAH_BUILD_DIR, folder / "build");
  fs::copy(PTAH_SOURCE_DIR "/plugins/example", folder / "plugins/example");

  ToolRun run;
  run.program = "/bin/sh";
  // The folder that is below it, and `build`, which the installation writes its list to.
  run.arguments = {"-eu", "-c", "cd \"$1\"\n" + commands, "sh", folder.string()};
  run.directory = PTAH_BUILD_DIR;
  run.environment = {{"CMAKE_EXPORT_COMPILE_COMMANDS", "1"}};
#ifdef PTAH_SANITIZE_FLAGS
  run.environment["CXXFLAGS"] = PTAH_SANITIZE_FLAGS;
#endif
  run.wall_limit_s = 900;  // a loaded machine compiles slowly
  run.cpu_limit_s = 900;
  SimpleJobContext job(0, folder);
  const auto output = run_tool(run, job);
  ASSERT_TRUE(output) << output.error().text();
  ASSERT_EQ(output.value().exit_status, 0) << output.value().out << output.value().err;
  EXPECT_THAT(output.value().err, Not(HasSubstr("warning")));

  expect_all_headers_in(folder / "sdk/include/ptah");

  // Neither Ptah's sources nor its build were looked into.
  const auto compiled = read_text_file(folder / "build-example/compile_commands.json");
  ASSERT_TRUE(compiled) << compiled.error().text();
  EXPECT_THAT(compiled.value(), HasSubstr((folder / "sdk/include").string()));
  EXPECT_THAT(compiled.value(), Not(HasSubstr(PTAH_SOURCE_DIR "/plugin_api")));

  PluginHost host;
  const auto loaded = host.load(folder / "build-example/ptah_row.so");
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(loaded.value()->label(), "row 1.0.0");
  auto placer = host.create<Placer>("row", {{"halo_um", 2}});
  ASSERT_TRUE(placer) << placer.error().text();
  const Circuit circuit = small_amplifier();
  const auto placement =
      placer.value()->place(circuit, blank_tiles(circuit), Technology::ptah130(), {}, job);
  ASSERT_TRUE(placement) << placement.error().text();
  EXPECT_EQ(placement.value().tiles[1].slot.width(), 2000 + 2 * 2000);

  // Labels that are wire lengths lie on its line.
  for (const char* file : {"ptah_probe_trainer.so", "ptah_probe_predictor.so"}) {
    const auto probe = host.load(folder / "build-example" / file);
    ASSERT_TRUE(probe) << probe.error().text();
  }
  auto trainer = host.create<Trainer>("probe", Json::object());
  auto predictor = host.create<Predictor>("probe", Json::object());
  ASSERT_TRUE(trainer && predictor);
  test::FakeDataset dataset(circuit, blank_tiles(circuit), 50);
  test::FakeCheckpoints checkpoints;
  const auto model = trainer.value()->train(dataset, checkpoints, job);
  ASSERT_TRUE(model) << model.error().text();
  EXPECT_NEAR(model.value().metrics.at("slope"), 1, 1e-9);
  ASSERT_TRUE(predictor.value()->load(model.value().files, job));
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const auto said =
        predictor.value()->predict(circuit, dataset.only().tiles, dataset.technology(),
                                   {dataset.read(i).value().placement}, job);
    ASSERT_TRUE(said) << said.error().text();
    EXPECT_NEAR(said.value().front().cost, dataset.label(i), 1e-6);
  }
  const auto wrong = folder / "wrong.json";
  ASSERT_TRUE(write_text_file(wrong, "{}", Durability::kCached));
  EXPECT_FALSE(predictor.value()->load({{"line.json", wrong}}, job));
}

}  // namespace
}  // namespace ptah::contract
