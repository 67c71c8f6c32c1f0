#include "predictor_contract.hpp"

#include <cmath>

#include "small_circuit.hpp"

namespace ptah::contract {

std::vector<std::string> predictor_breaches(Predictor& one, Predictor& another, JobContext& job) {
  const Technology& technology = Technology::ptah130();
  const Circuit circuit = small_amplifier();
  const Tiles tiles = blank_tiles(circuit);
  const Placement near = one_row(tiles);
  Placement far = near;
  far.tiles.back().origin.x += 1000 * kPlacementGrid;
  const std::vector<Placement> placements{near, far, near};

  std::vector<std::string> breaches;
  const auto found = one.predict(circuit, tiles, technology, placements, job);
  if (!found) return {"it fails: " + found.error().text()};
  const std::vector<Prediction>& predictions = found.value();
  if (predictions.size() != placements.size()) {
    return {"asked for " + std::to_string(placements.size()) + " predictions, it gives " +
            std::to_string(predictions.size())};
  }
  for (const Prediction& prediction : predictions) {
    if (!std::isfinite(prediction.cost)) breaches.push_back("a cost is no number");
  }
  if (predictions[0].cost != predictions[2].cost) {
    breaches.push_back("equal placements have different costs");
  }
  const auto again = another.predict(circuit, tiles, technology, placements, job);
  if (!again || again.value().size() != predictions.size()) {
    breaches.push_back("another instance gives no such answer");
  } else {
    for (std::size_t i = 0; i < predictions.size(); ++i) {
      if (again.value()[i].cost != predictions[i].cost) {
        breaches.push_back("another instance gives placement " + std::to_string(i) +
                           " another cost");
      }
    }
  }
  const auto none = one.predict(circuit, tiles, technology, {}, job);
  if (none && !none.value().empty()) breaches.push_back("no placement, and yet a prediction");
  return breaches;
}

}  // namespace ptah::contract
