/// The files that clients send with their requests: the store keeps those of a job once, by hash.
#pragma once

#include <string>

#include "ptah/core/json.hpp"

namespace ptah {

/// The hash by which a spec names its sources, or empty.
std::string sources_hash(const Json& spec);

/// Puts the hash of a spec's sources in their place, and returns them as they are kept; empty where
/// the spec has none, or names them by hash already.
std::string take_sources(Json& spec);

}  // namespace ptah
