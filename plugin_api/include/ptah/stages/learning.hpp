/// Stages that learn: a trainer makes a model from a dataset of layouts, a predictor says with it
/// what a placement is worth (NAS for analog placement quality).
///
///   Dataset -- Trainer --> files of a model -- Predictor::load, predict --> Prediction
///
/// A trainer's models are for the predictor of the same name; only those two know what is in the
/// files. The contract of stages.hpp holds here as well.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/checkpoints.hpp"
#include "ptah/core/error.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/layout/layout.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

/// A placement's quality without a layout of it, as a predictor sees it.
struct Prediction {
  double cost = 0;                    ///< Less is better; in the model's own unit.
  std::optional<double> uncertainty;  ///< One standard deviation of `cost`.
  bool far = false;  ///< Unlike all that the model learnt from: better routed than believed.
};

/// Files by their names in a model: letters, digits, '.', '_' and '-', at most 64, no folders.
using ModelFiles = std::map<std::string, std::filesystem::path>;

/// placements -> quality
class Predictor {
 public:
  virtual ~Predictor() = default;
  /// Whether it predicts nothing without a model; then `load` comes before `predict`.
  virtual bool needs_model() const noexcept { return false; }
  /// Takes a model in, once. The files are anybody's: what does not fit is an Error. They may be
  /// gone when this returns.
  virtual Status load(const ModelFiles& /*files*/, JobContext& /*job*/) {
    return make_error(ErrorCode::kUnsupported, "This predictor takes no model.");
  }
  /// One prediction a placement, in the order given; equal placements, equal predictions. Made for
  /// thousands at a time. `circuit` has its fingers assigned.
  virtual Result<std::vector<Prediction>> predict(const Circuit& circuit, const Tiles& tiles,
                                                  const Technology& technology,
                                                  const std::vector<Placement>& placements,
                                                  JobContext& job) = 0;
};

/// A circuit with its fingers assigned, and its tiles.
struct Design {
  Circuit circuit;
  Tiles tiles;
};

/// A layout that is known.
struct Example {
  std::shared_ptr<const Design> design;  ///< Dataset::design says which are the same.
  Placement placement;
  double label = 0;  ///< What is to be predicted; less is better.
};

/// What an example is for. Whoever trains never looks at `kTest`.
enum class Split { kTrain, kValidation, kTest };

/// 64 : 16 : 20, by a hash of what the layouts of one `run` have in common.
Split split_of(std::string_view run);

/// Layouts to learn from, in an order that does not change. [calling thread]
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual const Technology& technology() const = 0;
  virtual std::size_t size() const = 0;
  /// The label alone: microseconds.
  virtual double label(std::size_t index) const = 0;
  /// A number for each design, from 0: examples of one design have the same.
  virtual std::size_t design(std::size_t index) const = 0;
  virtual std::size_t designs() const = 0;
  /// Layouts that came out of one another, such as those of one annealing run, have the same.
  virtual Split split(std::size_t index) const = 0;
  /// Reads one: about a millisecond, more for the first of a design. An Error where its file is
  /// gone or damaged.
  virtual Result<Example> read(std::size_t index) = 0;
};

/// What a trainer made.
struct TrainedModel {
  ModelFiles files;  ///< Below `JobContext::scratch_dir()`; 1 to 64, at most 2 GiB together.
  /// What is known of it, such as {"validation_rmse", 0.012}; names as of JobContext::metric.
  std::map<std::string, double> metrics;
};

/// dataset -> model
class Trainer {
 public:
  virtual ~Trainer() = default;
  /// Takes in a model that `train` goes on from, once and before it: one that a trainer of this
  /// name made, of this or another circuit (transfer learning). The files are anybody's: what does
  /// not fit is an Error. They may be gone when this returns.
  virtual Status start_from(const ModelFiles& /*files*/, JobContext& /*job*/) {
    return make_error(ErrorCode::kUnsupported, "This trainer goes on from no model.");
  }
  /// Seed, dataset, options, the model that it starts from and the last checkpoint decide what
  /// comes out. Curves go to `job.metric`, the share that is done to `job.progress`. Fails with
  /// kInvalidArgument for a dataset that is too small or of a kind that it cannot learn from, and
  /// says what it needs.
  virtual Result<TrainedModel> train(Dataset& dataset, Checkpoints& checkpoints,
                                     JobContext& job) = 0;
};

}  // namespace ptah
