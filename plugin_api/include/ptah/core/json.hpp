/// The one JSON type. Keys come out sorted, so equal values have equal bytes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

// Compiled once, in the SDK: every source that has a value of it would compile all of it again.
extern template class nlohmann::basic_json<>;
extern template nlohmann::json nlohmann::json::parse<const std::string&>(
    const std::string&, nlohmann::json::parser_callback_t, bool, bool);
extern template nlohmann::json nlohmann::json::parse<std::string&>(
    std::string&, nlohmann::json::parser_callback_t, bool, bool);
extern template nlohmann::json nlohmann::json::parse<std::string>(std::string&&,
                                                                  nlohmann::json::parser_callback_t,
                                                                  bool, bool);

namespace ptah {

using Json = nlohmann::json;

}  // namespace ptah
