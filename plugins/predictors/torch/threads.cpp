#include "threads.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>

namespace ptah::nets {
namespace {

/// The file behind the loaded BLAS, with links followed: /proc shows what is mapped.
std::string blas_file() {
  std::ifstream maps("/proc/self/maps");
  std::string line, found = "an unknown BLAS";
  while (std::getline(maps, line)) {
    const std::size_t slash = line.find('/');
    if (slash == std::string::npos) continue;
    const std::string file = line.substr(slash);
    // libblas.so.3 of a folder named by its maker: /usr/lib/.../openblas-openmp/libblas.so.3
    if (std::filesystem::path(file).filename().string().find("blas") != std::string::npos) {
      found = file;
      if (file.find("openblas") != std::string::npos) break;
    }
  }
  return found;
}

}  // namespace

void set_threads(int count) {
  static std::once_flag once;
  std::call_once(once, [] {
    // Somebody in this process may have run an operation before; then it stays as it is.
    try {
      at::set_num_interop_threads(1);
    } catch (const std::exception&) {
    }
  });
  at::set_num_threads(count);
}

std::string describe_blas() {
  const c10::InferenceMode inference;
  constexpr std::int64_t kSide = 512;
  const at::Tensor a = at::ones({kSide, kSide}), b = at::ones({kSide, kSide});
  at::mm(a, b);
  const auto begin = std::chrono::steady_clock::now();
  int count = 0;
  double seconds = 0;
  while (seconds < 0.04) {
    at::mm(a, b);
    ++count;
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  const double gflops = 2.0 * kSide * kSide * kSide * count / seconds / 1e9;
  char text[128];
  std::snprintf(text, sizeof text, "%.1f GFLOPS (single precision, %d threads), ", gflops,
                at::get_num_threads());
  return text + blas_file();
}

}  // namespace ptah::nets
