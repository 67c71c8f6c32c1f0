/// What a model of two classes learns from, out of a Dataset: placements, labels, and what the
/// model has to say of its data.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "metrics/classification.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::predictors {

struct Sample {
  std::size_t design = 0;  ///< Index into TrainingData::designs.
  Placement placement;
  double label = 0;
};

/// Few layouts say more by their ranks than by which of them are bad.
enum class Target { kWorst, kRank, kBoth };

/// Of "worst", "rank" or "both".
Target target_from(const std::string& name) noexcept;

struct TrainingData {
  std::vector<std::shared_ptr<const Design>> designs;
  std::vector<Sample> train, validation;
  double threshold = 0;               ///< 75th percentile of the labels of `train`.
  std::vector<std::string> circuits;  ///< circuit_hash of each design.
  std::string hash;                   ///< Of the circuits, and of each layout and its label.

  /// Among the worst quarter.
  bool bad(const Sample& sample) const noexcept { return sample.label > threshold; }
  /// What is learnt, from 0 to 1: kWorst: 1 where `bad`; kRank: the share of the training part that
  /// is better, equal labels half; kBoth: their mean.
  double target(const Sample& sample, Target target) const noexcept;

  std::vector<double> sorted;  ///< Labels of `train`, ascending.
};

/// Reads training and validation examples, never one of kTest. Fails with kInvalidArgument where
/// there are too few, they are of several circuits, or all labels are equal.
Result<TrainingData> read_training_data(Dataset& dataset, JobContext& job);

/// 1 where `bad`, of each.
learning::Classes bad_of(const TrainingData& data, std::span<const Sample> samples);

/// SHA-256 of what a model must not meet another of: names of nets; of each device its name, kind,
/// nets, size and channels.
std::string circuit_hash(const Circuit& circuit);

/// Fails with a sentence where the circuit is none of `circuits` (the model's, whose circuit was
/// called `name`), or a placement has not as many places as there are tiles.
Status check_placements(const std::vector<std::string>& circuits, const std::string& name,
                        const Circuit& circuit, const Tiles& tiles,
                        const std::vector<Placement>& placements);

/// Centres of devices from the middle of the box around all, x and y in turn, in um.
std::vector<float> centres(const Tiles& tiles, const Placement& placement);

/// Tells placements unlike all that was learnt from.
struct Neighbourhood {
  std::size_t width = 0;      ///< Numbers a placement.
  std::vector<float> sample;  ///< Centres of some training placements, one after the other.
  double limit = 0;           ///< um, root mean square over devices.

  double distance(const std::vector<float>& at, std::size_t except = ~std::size_t{0}) const;
  bool far(const std::vector<float>& at) const { return distance(at) > limit; }
};
/// Of at most 512 training placements; `limit` is 1.1 times what 99 % of them keep to the nearest
/// other.
Neighbourhood neighbourhood(const TrainingData& data);

}  // namespace ptah::predictors
