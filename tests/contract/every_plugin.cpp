#include "every_plugin.hpp"

#include <algorithm>

namespace ptah::contract {

namespace fs = std::filesystem;

std::vector<PluginUnderTest> every_plugin() {
  std::vector<PluginUnderTest> plugins;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(PTAH_BUILD_DIR "/plugins", failed)) {
    if (entry.path().extension() != ".so") continue;
    plugins.push_back({entry.path().stem().string(), entry.path()});
  }
  std::sort(plugins.begin(), plugins.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  plugins.push_back({"example", PTAH_BUILD_DIR "/tests/plugin_author/build-example/ptah_row.so"});
  return plugins;
}

void PrintTo(const PluginUnderTest& plugin, std::ostream* out) {
  *out << plugin.file;
}

void EveryPlugin::SetUp() {
  const PluginUnderTest& plugin = GetParam();
  ASSERT_TRUE(fs::exists(plugin.file))
      << plugin.file << " is not built; plugin_author_test builds the example.";
  const auto loaded = host_->load(plugin.file);
  ASSERT_TRUE(loaded) << loaded.error().text();
  plugin_ = loaded.value();
}

std::string name_of(const ::testing::TestParamInfo<PluginUnderTest>& info) {
  return info.param.name;
}

}  // namespace ptah::contract
