/// Rule errors of many layouts from few Magic processes: a process costs 0.3 s, a layout 0.05 s.
#pragma once

#include <filesystem>
#include <vector>

#include "magic_session.hpp"

namespace ptah::agreement {

/// drc(full) of each layout, in order; an error for one that Magic did not finish. Cells must have
/// different names.
Result<std::vector<Result<std::vector<Violation>>>> magic_drc(
    const std::vector<LayoutFile>& layouts, const Technology& technology, JobContext& job);

}  // namespace ptah::agreement
