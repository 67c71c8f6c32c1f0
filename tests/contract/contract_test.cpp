// What every plugin owes its host, whatever its kind.
#include <gmock/gmock.h>
#include <malloc.h>

#include <fstream>
#include <set>

#include "every_plugin.hpp"
#include "ptah/plugin/manifest.hpp"

namespace ptah::contract {
namespace {

using ::testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitizer = true;
#else
constexpr bool kSanitizer = false;
#endif

bool is_mapped(const std::filesystem::path& file) {
  std::ifstream in("/proc/self/maps");
  const std::string maps((std::istreambuf_iterator<char>(in)), {});
  return maps.find("ptah:" + file.filename().string()) != std::string::npos;
}

TEST_P(EveryPlugin, ManifestInTheFileIsTheOneInMemory) {
  const auto read = read_manifest(GetParam().file);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read.value(), plugin_->info);  // the host compared that with the loaded library's
  EXPECT_FALSE(plugin_->info.description.empty());
  EXPECT_EQ(plugin_->info.description.back(), '.') << "descriptions are sentences";
}

TEST_P(EveryPlugin, OptionsAreWellFormed) {
  EXPECT_TRUE(check_schema(plugin_->options));
  Json defaults = Json::object();
  for (const OptionSpec& option : plugin_->options) {
    EXPECT_FALSE(option.description.empty()) << option.name;
    defaults[option.name] = option.default_value;
  }
  EXPECT_TRUE(Options::check(plugin_->options, defaults));
  const auto created = host_->try_create(plugin_->info.kind, plugin_->info.name, defaults);
  EXPECT_TRUE(created) << created.error().text();
}

TEST_P(EveryPlugin, RefusesOptionsOutsideOfItsSchema) {
  const auto unknown =
      host_->try_create(plugin_->info.kind, plugin_->info.name, {{"no_such_option", 1}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(unknown.error().where, HasSubstr("no_such_option"));
  for (const OptionSpec& option : plugin_->options) {
    const auto wrong =
        host_->try_create(plugin_->info.kind, plugin_->info.name, {{option.name, Json::array()}});
    ASSERT_FALSE(wrong) << option.name;
    EXPECT_THAT(wrong.error().where, HasSubstr(option.name));
  }
}

TEST_P(EveryPlugin, AThousandInstancesLeaveNothingBehind) {
  const auto create = [&] {
    const auto created = host_->try_create(plugin_->info.kind, plugin_->info.name);
    ASSERT_TRUE(created) << created.error().text();
  };
  for (int i = 0; i < 20; ++i) create();
  const std::size_t before = ::mallinfo2().uordblks;
  for (int i = 0; i < 1000; ++i) create();
  const std::size_t after = ::mallinfo2().uordblks;
  // Less than 16 bytes an instance; the sanitizer build looks for leaks instead.
  if (!kSanitizer) {
    EXPECT_LT(after, before + 16'000);
  }
}

TEST_P(EveryPlugin, TwoInstancesLiveSideBySide) {
  const auto kind = plugin_->info.kind;
  const auto both = [&](auto* stage) {
    using Stage = std::remove_pointer_t<decltype(stage)>;
    auto one = create<Stage>();
    auto two = create<Stage>();
    EXPECT_NE(one.get(), two.get());
    one.reset();
    two.reset();
  };
  switch (kind) {
    case PluginKind::kDeviceGenerator:
      return both(static_cast<DeviceGenerator*>(nullptr));
    case PluginKind::kPlacer:
      return both(static_cast<Placer*>(nullptr));
    case PluginKind::kRouter:
      return both(static_cast<Router*>(nullptr));
    case PluginKind::kVerifier:
      return both(static_cast<Verifier*>(nullptr));
    case PluginKind::kExtractor:
      return both(static_cast<Extractor*>(nullptr));
    case PluginKind::kSimulator:
      return both(static_cast<Simulator*>(nullptr));
    case PluginKind::kExplorer:
      return both(static_cast<Explorer*>(nullptr));
    case PluginKind::kPredictor:
      return both(static_cast<Predictor*>(nullptr));
    case PluginKind::kTrainer:
      return both(static_cast<Trainer*>(nullptr));
  }
  FAIL() << "a kind this test does not know";
}

TEST_P(EveryPlugin, LeavesMemoryWhenItIsUnloaded) {
  EXPECT_TRUE(is_mapped(GetParam().file));
  EXPECT_TRUE(host_->try_create(plugin_->info.kind, plugin_->info.name));
  ASSERT_TRUE(host_->unload(plugin_->info.kind, plugin_->info.name));
  EXPECT_FALSE(is_mapped(GetParam().file)) << "reloading it would run the old code";
}

INSTANTIATE_TEST_SUITE_P(Contract, EveryPlugin, ::testing::ValuesIn(every_plugin()), name_of);

TEST(Plugins, EachStageOfTheFlowHasOne) {
  std::set<PluginKind> kinds;
  for (const PluginUnderTest& plugin : every_plugin()) {
    if (plugin.name == "example") continue;
    const auto info = read_manifest(plugin.file);
    ASSERT_TRUE(info) << info.error().text();
    kinds.insert(info.value().kind);
  }
  for (const PluginKind kind : {PluginKind::kDeviceGenerator, PluginKind::kPlacer,
                                PluginKind::kRouter, PluginKind::kVerifier, PluginKind::kExtractor,
                                PluginKind::kSimulator, PluginKind::kExplorer}) {
    EXPECT_TRUE(kinds.contains(kind)) << "no " << to_string(kind) << " in <build>/plugins";
  }
}

}  // namespace
}  // namespace ptah::contract
