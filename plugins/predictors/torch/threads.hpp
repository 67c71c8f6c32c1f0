/// What LibTorch does with threads, and how fast it multiplies.
#pragma once

#include <string>

namespace ptah::nets {

/// Threads within an operation, of this thread and those that begin later; between operations
/// always one.
void set_threads(int count);

/// "12.3 GFLOPS (single precision, 1 thread), libopenblas.so.0", measured in some 50 ms. Debian's
/// default BLAS is ten times slower than OpenBLAS, and nothing else says so.
std::string describe_blas();

}  // namespace ptah::nets
