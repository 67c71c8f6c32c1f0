#include "ptah/core/yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <string>

namespace ptah {
namespace {

constexpr std::size_t kMaxEntries = 100'000;
constexpr int kMaxLevels = 16;

/// Whether the document is small with its aliases written out: a few lines of aliases of aliases
/// stand for billions of entries, and an alias of what holds it for endlessly many.
bool is_small(const YAML::Node& node, int level, std::size_t& left) {
  if (level > kMaxLevels || left == 0) return false;
  --left;
  const bool map = node.IsMap();
  for (const auto& item : node) {
    const bool small =
        map ? is_small(item.first, level + 1, left) && is_small(item.second, level + 1, left)
            : is_small(item, level + 1, left);
    if (!small) return false;
  }
  return true;
}

}  // namespace

Result<YAML::Node> load_yaml(std::string_view text, std::string_view name, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    return make_error(ErrorCode::kLimit, "The file has " + std::to_string(text.size()) + " bytes.",
                      std::string(name), "At most " + std::to_string(max_bytes) + " are read.");
  }
  try {
    YAML::Node root = YAML::Load(std::string(text));
    std::size_t left = kMaxEntries;
    if (is_small(root, 0, left)) return root;
    return make_error(ErrorCode::kLimit, "The file is too large once its aliases are written out.",
                      std::string(name),
                      "At most " + std::to_string(kMaxEntries) + " entries, " +
                          std::to_string(kMaxLevels) + " levels deep, are read.");
  } catch (const YAML::Exception& exception) {
    // What comes after a colon are words of the file.
    const std::string why = exception.msg.substr(0, exception.msg.find(':'));
    return make_error(ErrorCode::kParse, "The file is no valid YAML: " + why + ".",
                      std::string(name) + ":" + std::to_string(exception.mark.line + 1));
  }
}

}  // namespace ptah
