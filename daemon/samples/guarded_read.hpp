/// Files of strangers, before this process reads them: libhdf5 1.10 itself breaks on some that are
/// damaged or made to do so (a division by zero in the sizes of chunks is one), and with it would
/// end the process.
#pragma once

#include <filesystem>

#include "samples/sample_file.hpp"

namespace ptah {

/// As Samples::read, but the file is read by a child process first, with all its pictures, which
/// may break. Then this process may read those as well. Not from several threads at once.
Result<Samples> read_of_stranger(const std::filesystem::path& file);

}  // namespace ptah
