// What may know what: a plugin is loaded and never linked, so nothing of daemon/ includes or links
// anything of plugins/; and the SDK knows neither.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace ptah {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = PTAH_SOURCE_DIR;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

template <class Use>
void each_file(const fs::path& folder, Use use) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) use(entry.path());
  }
}

bool is_code(const fs::path& file) {
  return file.extension() == ".cpp" || file.extension() == ".hpp" || file.extension() == ".h";
}

/// What the first group of `pattern` holds in `text`, wherever it stands.
std::vector<std::string> all_of(const std::string& text, const std::regex& pattern) {
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
    found.push_back((*match)[1]);
  return found;
}

/// Targets that the CMake files below `folder` make.
std::set<std::string> targets_below(const fs::path& folder) {
  static const std::regex kMade(R"((?:add_library|add_executable|ptah_add_plugin)\(\s*([\w-]+))");
  std::set<std::string> targets;
  each_file(folder, [&](const fs::path& file) {
    if (file.filename() != "CMakeLists.txt") return;
    for (std::string& target : all_of(text_of(file), kMade)) targets.insert(std::move(target));
  });
  return targets;
}

/// Includes of `folder` that are found below `forbidden` and not in the folders that it may use.
std::vector<std::string> includes_of(const fs::path& folder, const fs::path& forbidden,
                                     const std::vector<fs::path>& allowed) {
  static const std::regex kIncluded(R"(#\s*include\s*"([^"]+)\")");
  std::set<std::string> names;
  each_file(forbidden, [&](const fs::path& file) {
    if (is_code(file)) names.insert(file.filename().string());
  });
  std::vector<std::string> found;
  each_file(folder, [&](const fs::path& file) {
    if (!is_code(file)) return;
    for (const std::string& name : all_of(text_of(file), kIncluded)) {
      bool own = fs::exists(file.parent_path() / name);
      for (const fs::path& place : allowed) own = own || fs::exists(place / name);
      if (!own && names.contains(fs::path(name).filename().string()))
        found.push_back(file.string() + " includes " + name);
    }
  });
  return found;
}

TEST(Walls, TheDaemonIncludesNothingOfPlugins) {
  const fs::path daemon = kSource / "daemon", sdk = kSource / "plugin_api";
  EXPECT_EQ(includes_of(daemon, kSource / "plugins", {daemon, sdk, sdk / "include"}),
            std::vector<std::string>{});
}

TEST(Walls, TheSdkIncludesNothingOfDaemonOrPlugins) {
  const fs::path sdk = kSource / "plugin_api";
  for (const char* other : {"daemon", "plugins"}) {
    EXPECT_EQ(includes_of(sdk, kSource / other, {sdk, sdk / "include", sdk / "src"}),
              std::vector<std::string>{});
  }
}

TEST(Walls, TheDaemonLinksNoPlugin) {
  const std::set<std::string> plugins = targets_below(kSource / "plugins");
  ASSERT_TRUE(plugins.contains("sky130_device_tiles"));
  static const std::regex kWord(R"(([\w-]+))");
  each_file(kSource / "daemon", [&](const fs::path& file) {
    if (file.filename() != "CMakeLists.txt") return;
    for (const std::string& word : all_of(text_of(file), kWord))
      EXPECT_FALSE(plugins.contains(word)) << file << " names " << word;
  });
}

}  // namespace
}  // namespace ptah
