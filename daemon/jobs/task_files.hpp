/// The files that a worker names.
#pragma once

#include <filesystem>
#include <vector>

#include "ptah/core/error.hpp"
#include "store/records.hpp"
#include "workers/worker_event.hpp"

namespace ptah {

/// The files of an event, each inside the task's scratch folder.
Result<std::vector<NewFile>> files_of_event(const std::vector<FileEvent>& files,
                                            const std::filesystem::path& scratch);

}  // namespace ptah
