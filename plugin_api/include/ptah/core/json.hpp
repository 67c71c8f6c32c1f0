/// The one JSON type. Keys come out sorted, so equal values have equal bytes.
#pragma once

#include <nlohmann/json.hpp>

namespace ptah {

using Json = nlohmann::json;

}  // namespace ptah
