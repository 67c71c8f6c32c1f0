#include "training_data.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "metrics/classification.hpp"
#include "ptah/core/json.hpp"
#include "ptah/core/sha256.hpp"

namespace ptah::predictors {
namespace {

constexpr std::size_t kFewestTraining = 40, kFewestValidation = 10, kMostSample = 512;

Error unusable(const std::string& message, const std::string& hint) {
  return make_error(ErrorCode::kInvalidArgument, message, "dataset", hint);
}

bool same_devices(const Circuit& a, const Circuit& b) {
  return a.nets.size() == b.nets.size() &&
         std::equal(a.devices.begin(), a.devices.end(), b.devices.begin(), b.devices.end(),
                    [](const Device& one, const Device& other) {
                      return one.name == other.name && one.nets == other.nets &&
                             one.channels == other.channels;
                    });
}

/// One after the other, as they were read.
void add_to(Sha256& hash, Split split, std::size_t design, const Example& example) {
  const auto number = [&hash](const auto value) { hash.add(&value, sizeof value); };
  number(static_cast<std::int32_t>(split));
  number(static_cast<std::uint64_t>(design));
  number(example.label);
  for (const PlacedTile& tile : example.placement.tiles) {
    number(tile.origin.x);
    number(tile.origin.y);
    number(static_cast<std::int32_t>(tile.orientation));
  }
}

Status read_all(Dataset& dataset, JobContext& job, TrainingData& data) {
  std::map<std::size_t, std::size_t> known;  // the dataset's number of a design -> ours
  Sha256 hash;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (job.cancelled()) return cancelled_error();
    if (i % 256 == 0) {
      job.progress(0.02 * static_cast<double>(i) / static_cast<double>(dataset.size()),
                   "layout " + std::to_string(i) + " of " + std::to_string(dataset.size()));
    }
    const Split split = dataset.split(i);
    if (split == Split::kTest) continue;
    PTAH_TRY(Example example, dataset.read(i));
    const auto [found, fresh] = known.emplace(dataset.design(i), data.designs.size());
    if (fresh) {
      data.designs.push_back(example.design);
      data.circuits.push_back(circuit_hash(example.design->circuit));
      if (!same_devices(data.designs.front()->circuit, example.design->circuit)) {
        return unusable("This learns from one circuit at a time: layout " + std::to_string(i) +
                            " has other devices, nets or channels than the first.",
                        "Train with the layouts of one circuit.");
      }
    }
    if (!std::isfinite(example.label))
      return unusable("The label of layout " + std::to_string(i) + " is no number.", "");
    add_to(hash, split, found->second, example);
    auto& part = split == Split::kTrain ? data.train : data.validation;
    part.push_back({found->second, std::move(example.placement), example.label});
  }
  for (const std::string& circuit : data.circuits) hash.add(circuit);
  data.hash = hash.hex();
  return ok();
}

}  // namespace

Result<TrainingData> read_training_data(Dataset& dataset, JobContext& job) {
  TrainingData data;
  PTAH_TRY(read_all(dataset, job, data));
  if (data.train.size() < kFewestTraining || data.validation.size() < kFewestValidation) {
    return unusable("There are " + std::to_string(data.train.size()) +
                        " layouts to train with and " + std::to_string(data.validation.size()) +
                        " to validate; it takes " + std::to_string(kFewestTraining) + " and " +
                        std::to_string(kFewestValidation) + ".",
                    "Make more layouts.");
  }
  for (const Sample& sample : data.train) data.sorted.push_back(sample.label);
  data.threshold = learning::quantile(data.sorted, 0.75);
  std::sort(data.sorted.begin(), data.sorted.end());
  if (std::none_of(data.train.begin(), data.train.end(),
                   [&](const Sample& sample) { return data.bad(sample); })) {
    return unusable(
        "No layout is worse than three quarters of the others: there is nothing to tell.",
        "Train with a label that differs between layouts.");
  }
  return data;
}

Target target_from(const std::string& name) noexcept {
  return name == "rank" ? Target::kRank : name == "both" ? Target::kBoth : Target::kWorst;
}

double TrainingData::target(const Sample& sample, Target target) const noexcept {
  const double worst = bad(sample) ? 1 : 0;
  if (target == Target::kWorst) return worst;
  const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), sample.label);
  const auto better = static_cast<double>(low - sorted.begin());
  const double rank =
      (better + static_cast<double>(high - low) / 2) / static_cast<double>(sorted.size());
  return target == Target::kRank ? rank : (worst + rank) / 2;
}

learning::Classes bad_of(const TrainingData& data, std::span<const Sample> samples) {
  learning::Classes bad;
  for (const Sample& sample : samples) bad.push_back(data.bad(sample) ? 1 : 0);
  return bad;
}

Status check_placements(const std::vector<std::string>& circuits, const std::string& name,
                        const Circuit& circuit, const Tiles& tiles,
                        const std::vector<Placement>& placements) {
  const std::string where = "circuit " + circuit.name;
  if (std::find(circuits.begin(), circuits.end(), circuit_hash(circuit)) == circuits.end()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The model was trained with another circuit (nets, devices, sizes, fingers "
                      "or channels differ): \"" +
                          name + "\".",
                      where, "Train one with layouts of this circuit.");
  }
  for (const Placement& placement : placements) {
    if (placement.tiles.size() != tiles.size()) {
      return make_error(ErrorCode::kInvalidArgument,
                        "A placement has " + std::to_string(placement.tiles.size()) +
                            " places for " + std::to_string(tiles.size()) + " tiles.",
                        where);
    }
  }
  return ok();
}

std::string circuit_hash(const Circuit& circuit) {
  Json nets = Json::array(), devices = Json::array();
  for (const Net& net : circuit.nets) nets.push_back(net.name);
  for (const Device& device : circuit.devices) {
    devices.push_back({device.name, to_string(device.kind), device.nets, device.width,
                       device.length, device.total_fingers(), device.channels});
  }
  return sha256_hex(Json{{"nets", std::move(nets)}, {"devices", std::move(devices)}}.dump());
}

std::vector<float> centres(const Tiles& tiles, const Placement& placement) {
  const Rect box = placement_outline(tiles, placement);
  const double x = to_um(box.x0) + to_um(box.width()) / 2;
  const double y = to_um(box.y0) + to_um(box.height()) / 2;
  std::vector<float> found;
  found.reserve(2 * tiles.size());
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const Rect outline = placed_outline(tiles[i], placement.tiles[i]);
    found.push_back(static_cast<float>(to_um(outline.x0) + to_um(outline.width()) / 2 - x));
    found.push_back(static_cast<float>(to_um(outline.y0) + to_um(outline.height()) / 2 - y));
  }
  return found;
}

double Neighbourhood::distance(const std::vector<float>& at, std::size_t except) const {
  if (width == 0 || at.size() != width) return std::numeric_limits<double>::infinity();
  float least = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i * width < sample.size(); ++i) {
    if (i == except) continue;
    float sum = 0;
    for (std::size_t k = 0; k < width; ++k) {
      const float difference = sample[i * width + k] - at[k];
      sum += difference * difference;
    }
    least = std::min(least, sum);
  }
  return std::sqrt(2.0 * static_cast<double>(least) / static_cast<double>(width));
}

Neighbourhood neighbourhood(const TrainingData& data) {
  Neighbourhood found;
  const std::size_t count = std::min(kMostSample, data.train.size());
  std::vector<std::vector<float>> taken;
  for (std::size_t i = 0; i < count; ++i) {
    const Sample& sample = data.train[i * data.train.size() / count];
    taken.push_back(centres(data.designs[sample.design]->tiles, sample.placement));
    found.width = taken.back().size();
    found.sample.insert(found.sample.end(), taken.back().begin(), taken.back().end());
  }
  std::vector<double> nearest;
  for (std::size_t i = 0; i < count; ++i) nearest.push_back(found.distance(taken[i], i));
  found.limit = 1.1 * learning::quantile(nearest, 0.99);
  return found;
}

}  // namespace ptah::predictors
