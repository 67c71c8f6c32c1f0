/// Training of one network, a step at a time.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fit_options.hpp"
#include "networks.hpp"
#include "placement_images.hpp"
#include "quality.hpp"
#include "training_data.hpp"

namespace ptah::nets {

using predictors::Sample;
using predictors::TrainingData;

/// Paints samples of one set of data.
class Pictures {
 public:
  /// Fails as images::Painter::create does.
  static Result<Pictures> create(const TrainingData& data, int grid);
  int grid() const noexcept { return grid_; }
  /// N x 18 x grid x grid, float, channels last. `mirrored`: empty, or for each whether its picture
  /// is mirrored, left for right.
  at::Tensor batch(std::span<const Sample* const> samples,
                   const std::vector<bool>& mirrored = {}) const;
  std::vector<std::uint8_t> bytes(const Sample& sample) const;

 private:
  int grid_ = 64;
  std::vector<images::Painter> painters_;
};
/// Of painted bytes, one picture after the other.
at::Tensor to_batch(std::span<const std::uint8_t> bytes, int grid);

/// One network on its way. Same data, architecture, options and stream: same weights, with the same
/// number of threads. One thread at a time; `data` and `pictures` outlive it.
class Fit {
 public:
  Fit(const TrainingData& data, const Pictures& pictures, const Architecture& architecture,
      const FitOptions& options, std::uint64_t stream);
  /// Begins with the weights of another network of the same architecture and grid.
  void start_from(Network& other);

  std::int64_t steps() const noexcept { return steps_; }  ///< In all.
  std::int64_t steps_an_epoch() const noexcept { return per_epoch_; }
  std::int64_t done() const noexcept { return done_; }
  bool finished() const noexcept { return done_ >= steps_; }
  /// One batch. Returns its loss, without the L2 term.
  double step();
  /// Mean loss of the epoch under way, or at its end of the one just over.
  double epoch_loss() const noexcept;
  Network& network() noexcept { return *network_; }
  /// The network, of a Fit that is not used again.
  std::unique_ptr<Network> release() noexcept { return std::move(network_); }

  /// Everything, as a safetensors file.
  std::string save() const;
  /// Fails where the bytes are of another network or training.
  Status restore(std::string_view bytes);

 private:
  std::vector<const Sample*> samples_of(std::int64_t step) const;
  std::vector<bool> mirrored(std::int64_t step, std::size_t count) const;

  const TrainingData& data_;
  const Pictures& pictures_;
  FitOptions options_;
  Rng rng_;
  std::unique_ptr<Network> network_;
  std::vector<at::Tensor> mean_, square_;
  std::vector<std::size_t> chosen_;  ///< Indices of data_.train.
  std::int64_t per_epoch_ = 0, steps_ = 0, done_ = 0;
  double loss_sum_ = 0;
};

/// The logarithm of the odds of each, in order, in batches.
std::vector<double> odds_of(Network& network, const Pictures& pictures,
                            std::span<const Sample> samples, const JobContext* job = nullptr);
}  // namespace ptah::nets
