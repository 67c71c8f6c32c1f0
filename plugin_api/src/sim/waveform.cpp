#include "ptah/sim/waveform.hpp"

#include <array>
#include <cmath>

#include "ptah/core/letter_case.hpp"

namespace ptah {

const std::vector<std::complex<double>>* Waveform::find(const std::string& name) const noexcept {
  for (std::size_t i = 0; i < names.size() && i < y.size(); ++i) {
    if (same_but_for_case(names[i], name)) return &y[i];
  }
  return nullptr;
}

Result<double> pscore(const std::vector<std::complex<double>>& pre,
                      const std::vector<std::complex<double>>& post) {
  if (pre.size() != post.size()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The pre-layout sweep has " + std::to_string(pre.size()) +
                          " points and the post-layout sweep " + std::to_string(post.size()) + ".",
                      "pscore", "run both simulations with the same testbench");
  }
  const std::size_t third = pre.size() / 3;
  if (third == 0) {
    return make_error(ErrorCode::kInvalidArgument,
                      "A sweep of " + std::to_string(pre.size()) + " points has no three parts.",
                      "pscore", "sweep at least 3 points");
  }
  const std::array<std::size_t, 4> edges{0, third, 2 * third, pre.size()};
  double sum = 0;
  for (std::size_t part = 0; part < 3; ++part) {
    double squares = 0;
    for (std::size_t i = edges[part]; i < edges[part + 1]; ++i) {
      const double difference = pre[i].real() - post[i].real();
      squares += difference * difference;
    }
    sum += std::sqrt(squares / static_cast<double>(edges[part + 1] - edges[part]));
  }
  const double score = sum / 3;
  if (!std::isfinite(score)) {
    return make_error(ErrorCode::kToolFailed, "A simulated output is not a finite number.",
                      "pscore");
  }
  return score;
}

}  // namespace ptah
