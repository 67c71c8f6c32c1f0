#include "training.hpp"

#include <cmath>
#include <cstring>

namespace ptah::linear {
namespace {

/// Examples between two checkpoints, and between two looks at the job.
constexpr std::size_t kBetween = 64;
/// Fewer examples than this many a feature fit anything.
constexpr std::size_t kFewest = 2;

struct Sums {
  std::vector<std::string> names;
  std::size_t next = 0;  ///< The first example that is not in.
  std::array<Moments, kFolds> folds;
};

/// The sums as bytes, exactly.
std::string save(const Sums& sums) {
  std::string bytes;
  const auto put = [&bytes](const void* data, std::size_t size) {
    bytes.append(static_cast<const char*>(data), size);
  };
  const std::uint64_t next = sums.next;
  put(&next, sizeof next);
  for (const Moments& fold : sums.folds) {
    put(&fold.count, sizeof fold.count);
    put(&fold.yy, sizeof fold.yy);
    put(fold.xy.data(), static_cast<std::size_t>(fold.xy.size()) * sizeof(double));
    put(fold.xx.data(), static_cast<std::size_t>(fold.xx.size()) * sizeof(double));
  }
  return bytes;
}

/// False where the bytes are not of such sums.
bool restore(const std::string& bytes, Sums& sums) {
  if (bytes.size() != save(sums).size()) return false;
  const char* from = bytes.data();
  const auto take = [&from](void* data, std::size_t size) {
    std::memcpy(data, from, size);
    from += size;
  };
  std::uint64_t next = 0;
  take(&next, sizeof next);
  sums.next = static_cast<std::size_t>(next);
  for (Moments& fold : sums.folds) {
    take(&fold.count, sizeof fold.count);
    take(&fold.yy, sizeof fold.yy);
    take(fold.xy.data(), static_cast<std::size_t>(fold.xy.size()) * sizeof(double));
    take(fold.xx.data(), static_cast<std::size_t>(fold.xx.size()) * sizeof(double));
  }
  return true;
}

Status read_examples(Dataset& dataset, Sums& sums, Checkpoints& checkpoints, JobContext& job) {
  for (; sums.next < dataset.size(); ++sums.next) {
    if (sums.next % kBetween == 0) {
      job.progress(static_cast<double>(sums.next) / static_cast<double>(dataset.size()),
                   "layout " + std::to_string(sums.next) + " of " + std::to_string(dataset.size()));
      if (sums.next > 0) {
        PTAH_TRY(checkpoints.checkpoint(save(sums)));
      }
    }
    if (job.cancelled()) return cancelled_error();
    PTAH_TRY(const Example example, dataset.read(sums.next));
    const Design& design = *example.design;
    if (feature_names(design.circuit) != sums.names) {
      return make_error(ErrorCode::kInvalidArgument,
                        "This learns from one circuit at a time: layout " +
                            std::to_string(sums.next) + " has other nets than the first.",
                        "dataset", "Train with the runs of one circuit.");
    }
    sums.folds[sums.next % kFolds].add(features(design.circuit, design.tiles, example.placement),
                                       example.label);
  }
  return ok();
}

}  // namespace

Result<Trained> train(Dataset& dataset, Checkpoints& checkpoints, JobContext& job) {
  if (dataset.size() == 0)
    return make_error(ErrorCode::kInvalidArgument, "There is nothing to learn from.", "dataset");
  Sums sums;
  {
    PTAH_TRY(const Example first, dataset.read(0));
    sums.names = feature_names(first.design->circuit);
  }
  const std::size_t needed = kFewest * sums.names.size();
  if (dataset.size() < needed) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The dataset has " + std::to_string(dataset.size()) + " layouts; with " +
                          std::to_string(sums.names.size()) + " features it takes " +
                          std::to_string(needed) + ".",
                      "dataset", "Run more variants or assignments.");
  }
  const auto size = static_cast<Eigen::Index>(sums.names.size());
  sums.folds.fill(Moments(size));
  if (checkpoints.resumed() && !restore(*checkpoints.resumed(), sums))
    job.log(LogLevel::kWarning, "The checkpoint is of other layouts: reading starts again.");
  PTAH_TRY(read_examples(dataset, sums, checkpoints, job));

  Moments all(size);
  for (const Moments& fold : sums.folds) all.add(fold);
  Trained trained;
  trained.validation_rmse = std::numeric_limits<double>::infinity();
  for (int step = 0; step < kRidges; ++step) {
    if (job.cancelled()) return cancelled_error();
    const double ridge = std::pow(10.0, -4.0 + 8.0 * step / (kRidges - 1));
    double squares = 0;
    for (const Moments& held : sums.folds) {
      Moments rest(size);
      for (const Moments& fold : sums.folds) {
        if (&fold != &held) rest.add(fold);
      }
      squares +=
          mean_squared_error(fit(rest, sums.names, ridge), held) * static_cast<double>(held.count);
    }
    const double rmse = std::sqrt(squares / static_cast<double>(all.count));
    job.metric("validation_rmse", step, rmse);
    if (rmse < trained.validation_rmse) {
      trained.validation_rmse = rmse;
      trained.ridge = ridge;
    }
  }
  trained.model = fit(all, sums.names, trained.ridge);
  // What it errs by where it has not seen the answer, not where it has.
  trained.model.noise = trained.validation_rmse;
  const double mean = all.xy[0] / static_cast<double>(all.count);
  trained.label_deviation =
      std::sqrt(std::max(0.0, all.yy / static_cast<double>(all.count) - mean * mean));
  return trained;
}

}  // namespace ptah::linear
