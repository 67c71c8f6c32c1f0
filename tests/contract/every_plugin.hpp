/// The plugins that the contract suites run over: all of <build>/plugins and the example.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "plugins/plugin_host.hpp"

namespace ptah::contract {

struct PluginUnderTest {
  std::string name;  ///< "ptah_row", for the test's name.
  std::filesystem::path file;
};
void PrintTo(const PluginUnderTest& plugin, std::ostream* out);

/// The example is among them whether it is built or not: plugin_author_test builds it first.
std::vector<PluginUnderTest> every_plugin();

/// One test of one plugin, loaded.
class EveryPlugin : public ::testing::TestWithParam<PluginUnderTest> {
 protected:
  void SetUp() override;

  /// Of the plugin under test, with default options.
  template <typename Stage>
  StagePtr<Stage> create() {
    auto stage = host_->create<Stage>(plugin_->info.name);
    EXPECT_TRUE(stage) << stage.error().text();
    return stage ? std::move(stage.value()) : nullptr;
  }

  std::unique_ptr<PluginHost> host_ = std::make_unique<PluginHost>();
  const LoadedPlugin* plugin_ = nullptr;
};

std::string name_of(const ::testing::TestParamInfo<PluginUnderTest>& info);

}  // namespace ptah::contract
