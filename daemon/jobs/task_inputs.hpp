/// The files of the store that a job's spec names by hash.
#pragma once

#include <string>
#include <vector>

#include "ptah/core/json.hpp"
#include "rpc/task_kind.hpp"
#include "store/file_store.hpp"

namespace ptah {

/// Their hashes, each once, in the order of the spec's fields.
std::vector<std::string> inputs_of(const JobKind& kind, const Json& spec);
/// The spec with their paths, as a worker reads it; the spec as it is where it names none.
Json with_paths(TaskKind kind, const Json& spec, const StoredFiles& files);

}  // namespace ptah
