#include "explanation.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace ptah::rl {
namespace {

struct Preferred {
  std::string name;
  double probability = 0, uniform = 0;
};

/// Likely ones first; entropy in nats.
Json distribution(const std::string& name, std::vector<Preferred> choices) {
  std::stable_sort(choices.begin(), choices.end(), [](const Preferred& a, const Preferred& b) {
    return a.probability > b.probability;
  });
  double entropy = 0;
  Json list = Json::array();
  for (const Preferred& one : choices) {
    if (one.probability > 0) entropy -= one.probability * std::log(one.probability);
    list.push_back(
        {{"name", one.name}, {"probability", one.probability}, {"uniform", one.uniform}});
  }
  return {{"name", name}, {"entropy", entropy}, {"choices", std::move(list)}};
}

/// Of each choice of a head, the mean over states of a policy that likes all that is allowed alike.
std::vector<double> uniform_means(const std::vector<Mask>& masks, std::size_t choices) {
  std::vector<double> means(choices, 0);
  for (const Mask& mask : masks) {
    const auto allowed =
        mask.empty() ? choices : static_cast<std::size_t>(std::count(mask.begin(), mask.end(), 1));
    for (std::size_t i = 0; i < choices; ++i) {
      if (mask.empty() || mask[i] != 0)
        means[i] += 1 / static_cast<double>(allowed) / static_cast<double>(masks.size());
    }
  }
  return means;
}

std::vector<Preferred> listed(const std::map<std::string, Preferred>& by_name) {
  std::vector<Preferred> all;
  for (const auto& [name, one] : by_name) all.push_back(one);
  return all;
}

}  // namespace

Json explain(const OuterAgent& outer, const InnerAgent& inner, const Environment& environment,
             const Circuit& circuit, const FingerSpace& space, const Reference& reference) {
  Json groups = Json::array();
  const auto of_units = outer.probabilities();
  for (std::size_t unit = 0; unit < of_units.size(); ++unit) {
    std::string name;
    for (const DeviceId device : outer.units()[unit])
      name += (name.empty() ? "" : ", ") + circuit.devices[static_cast<std::size_t>(device)].name;
    std::vector<Preferred> counts;
    for (std::size_t i = 0; i < of_units[unit].size(); ++i) {
      counts.push_back({std::to_string(space.allowed()[i]), of_units[unit][i],
                        1 / static_cast<double>(of_units[unit].size())});
    }
    groups.push_back(distribution(name, std::move(counts)));
  }
  Json sections = Json::array();
  sections.push_back({{"title", "Finger counts"}, {"distributions", std::move(groups)}});
  if (!reference.states.empty()) {
    const auto labels = environment.labels(circuit);
    const auto means = inner.mean_probabilities(reference.states, reference.masks);
    std::map<std::string, Preferred> kinds, moved;
    for (std::size_t head = 0; head < means.size(); ++head) {
      const auto uniform = uniform_means(reference.masks, means[head].size());
      const auto add = [&](Preferred& to, const std::string& name, std::size_t i, double share) {
        to.name = name;
        to.probability += share * means[head][i];
        to.uniform += share * uniform[i];
      };
      for (std::size_t i = 0; i < means[head].size(); ++i) {
        const ChoiceLabel& label = labels[head][i];
        if (!label.kind.empty()) add(kinds[label.kind], label.kind, i, 1);
        for (const auto& [device, share] : label.moves) add(moved[device], device, i, share);
      }
    }
    sections.push_back({{"title", "Moves, mean of the " + std::to_string(reference.states.size()) +
                                      " states of the last episode"},
                        {"distributions",
                         {distribution("kind of move", listed(kinds)),
                          distribution("what is moved", listed(moved))}}});
  }
  return {{"sections", std::move(sections)}};
}

}  // namespace ptah::rl
