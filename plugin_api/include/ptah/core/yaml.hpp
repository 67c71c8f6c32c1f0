/// YAML of any origin, bounded. Who reads fields of it needs yaml-cpp.
#pragma once

#include <string_view>

#include "ptah/core/error.hpp"

namespace YAML {
class Node;
}

namespace ptah {

/// The document of `text`: at most `max_bytes`, 100,000 entries once every alias is written out, 16
/// levels. Fails with name:line, without words of the file.
Result<YAML::Node> load_yaml(std::string_view text, std::string_view name, std::size_t max_bytes);

}  // namespace ptah
