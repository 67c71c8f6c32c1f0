/// The files of configs/technologies, compiled in (cmake/embed.cmake writes the table).
#pragma once

#include <optional>
#include <string_view>

namespace ptah::tech {

std::optional<std::string_view> embedded_file(std::string_view file_name) noexcept;

}  // namespace ptah::tech
