/// Ports that a drawing leaves without a name.
#pragma once

#include <optional>

#include "flow/score_input.hpp"
#include "flow/score_nets.hpp"

namespace ptah {

/// Other generators leave ports without a label on the pin purpose. Where every net is known, so
/// are they: a copy of `layout` that names them, for extraction; its place is `file`. Nothing where
/// none is to be named, or the drawing does not correspond exactly.
std::optional<ScoreLayout> with_named_ports(const ScoreLayout& layout, const Drawing& drawing,
                                            const Circuit& circuit, const Technology& technology,
                                            const std::filesystem::path& file);

}  // namespace ptah
