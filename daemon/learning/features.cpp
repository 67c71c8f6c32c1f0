#include "learning/features.hpp"

#include <algorithm>
#include <cmath>

#include "learning/statistics.hpp"
#include "placement_frame.hpp"
#include "ptah/core/random.hpp"

namespace ptah::learning {
namespace {

constexpr std::size_t kBetweenLooks = 64;

Status check_example(const Example& example, const Example& first, std::size_t index) {
  const auto bad = [index](ErrorCode code, const std::string& what, std::string hint = {}) {
    return make_error(code, "Layout " + std::to_string(index) + " " + what, "dataset",
                      std::move(hint));
  };
  const Design& design = *example.design;
  if (design.tiles.size() != first.design->tiles.size() ||
      design.circuit.nets.size() != first.design->circuit.nets.size()) {
    return bad(ErrorCode::kInvalidArgument, "is of another circuit than the first.",
               "Probe the layouts of one circuit at a time.");
  }
  if (design.tiles.empty() || example.placement.tiles.size() != design.tiles.size())
    return bad(ErrorCode::kParse, "does not place every device.");
  if (!std::isfinite(example.label))
    return bad(ErrorCode::kParse, "has a label that is no number.");
  return ok();
}

void write_row(const Example& example, const PlacementFrame& frame, Eigen::Index row,
               Features& features) {
  const Design& design = *example.design;
  frame.write(design.tiles, example.placement, {features.frame.row(row).data(), frame.width()});
  const Rect box = placement_outline(design.tiles, example.placement);
  const double width = std::max(1.0, static_cast<double>(box.width()));
  const double height = std::max(1.0, static_cast<double>(box.height()));
  for (std::size_t i = 0; i < design.tiles.size(); ++i) {
    const Rect tile = placed_outline(design.tiles[i], example.placement.tiles[i]);
    const auto column = static_cast<Eigen::Index>(2 * i);
    features.centres(row, column) = (0.5 * tile.x0 + 0.5 * tile.x1 - box.x0) / width;
    features.centres(row, column + 1) = (0.5 * tile.y0 + 0.5 * tile.y1 - box.y0) / height;
  }
  const auto lengths = net_hpwl(design.circuit, design.tiles, example.placement);
  double sum = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const double um = static_cast<double>(lengths[i]) / 1000.0;
    features.nets(row, static_cast<Eigen::Index>(i)) = um;
    sum += um;
  }
  features.lengths.row(row) << sum, to_um(box.width()), to_um(box.height());
}

}  // namespace

std::vector<std::size_t> indices_of(const Dataset& dataset, Split split) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (dataset.split(i) == split) found.push_back(i);
  }
  return found;
}

Result<std::vector<Example>> read_examples(Dataset& dataset,
                                           const std::vector<std::size_t>& indices,
                                           JobContext& job) {
  std::vector<Example> examples;
  examples.reserve(indices.size());
  for (const std::size_t index : indices) {
    if (examples.size() % kBetweenLooks == 0) {
      if (job.cancelled()) return cancelled_error();
      job.progress(static_cast<double>(examples.size()) / static_cast<double>(indices.size()),
                   "reads layouts");
    }
    PTAH_TRY(Example example, dataset.read(index));
    PTAH_TRY(check_example(example, examples.empty() ? example : examples.front(), index));
    examples.push_back(std::move(example));
  }
  return examples;
}

Features features_of(const std::vector<Example>& examples) {
  Features features;
  if (examples.empty()) return features;
  const auto rows = static_cast<Eigen::Index>(examples.size());
  const Design& first = *examples.front().design;
  features.centres.resize(rows, static_cast<Eigen::Index>(2 * first.tiles.size()));
  const PlacementFrame frame(first.circuit);
  features.frame.resize(rows, static_cast<Eigen::Index>(frame.width()));
  features.nets.resize(rows, static_cast<Eigen::Index>(first.circuit.nets.size()));
  features.lengths.resize(rows, 3);
  for (Eigen::Index row = 0; row < rows; ++row)
    write_row(examples[static_cast<std::size_t>(row)], frame, row, features);
  return features;
}

std::uint64_t hash_of(const Placement& placement) {
  std::uint64_t hash = placement.tiles.size();
  const Point corner = placement.tiles.empty() ? Point{} : placement.tiles.front().origin;
  const auto add = [&hash](std::int64_t part) {
    hash = mix64(hash ^ mix64(static_cast<std::uint64_t>(part) + 0x9E3779B97F4A7C15ull));
  };
  for (const PlacedTile& tile : placement.tiles) {
    add(std::int64_t{tile.origin.x} - corner.x);
    add(std::int64_t{tile.origin.y} - corner.y);
    add(static_cast<std::int64_t>(tile.orientation));
  }
  return hash;
}

Result<double> class_threshold(const Dataset& dataset) {
  std::vector<double> labels;
  for (const std::size_t i : indices_of(dataset, Split::kTrain)) labels.push_back(dataset.label(i));
  const double cut = quantile(labels, 0.75);
  if (std::any_of(labels.begin(), labels.end(), [&](double label) { return label > cut; }))
    return cut;
  return make_error(ErrorCode::kInvalidArgument,
                    labels.empty() ? "No layout of the dataset is for training."
                                   : "No label of the training part is above its 75th percentile.",
                    "dataset", "Take a larger dataset, or another label.");
}

Classes classes_of(const std::vector<Example>& examples, double threshold) {
  Classes classes;
  classes.reserve(examples.size());
  for (const Example& example : examples) classes.push_back(example.label > threshold ? 1 : 0);
  return classes;
}

}  // namespace ptah::learning
