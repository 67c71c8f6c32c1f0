#include "ptah/stages/learning.hpp"

#include "ptah/core/sha256.hpp"

namespace ptah {

Split split_of(std::string_view run) {
  const std::string hash = sha256_hex(run).substr(0, 8);
  const auto share = static_cast<double>(std::stoul(hash, nullptr, 16)) / 4294967296.0;
  return share < 0.64 ? Split::kTrain : share < 0.80 ? Split::kValidation : Split::kTest;
}

}  // namespace ptah
