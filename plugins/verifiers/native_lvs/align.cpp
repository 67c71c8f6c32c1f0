#include "align.hpp"

#include <algorithm>

namespace ptah::native::lvs {
namespace {

/// Rounds of refinement whose unique colours are believed.
constexpr int kAnchorRounds = 3;
/// Pairs of bundles that are scored at most; beyond, the anchors must do.
constexpr std::size_t kMostPairs = 1'000'000;

class Aligner {
 public:
  Aligner(const Problem& problem, const Bundles& bundles) : problem_(problem), bundles_(bundles) {
    result_.nets.assign(problem.schematic.nets.size(), -1);
    result_.bundles.assign(bundles.schematic.size(), -1);
    result_.layout_bundles.assign(bundles.layout.size(), -1);
    layout_nets_.assign(problem.layout.nets.size(), -1);
  }

  Alignment run() {
    ports();
    Colouring colours = first_colours(problem_, bundles_, false);
    for (int round = 0; round < kAnchorRounds; ++round) {
      anchor(colours.nets[1], colours.nets[0],
             [&](std::int32_t s, std::int32_t l) { map_net(s, l); });
      anchor(colours.bundles[1], colours.bundles[0],
             [&](std::int32_t s, std::int32_t l) { map_bundle(s, l); });
      refine_once(problem_, bundles_, colours);
    }
    if (bundles_.schematic.size() * bundles_.layout.size() <= kMostPairs) {
      while (join_best()) {
      }
    }
    return std::move(result_);
  }

 private:
  void ports() {
    for (std::size_t s = 0; s < problem_.schematic.nets.size(); ++s) {
      const auto& ports = problem_.schematic.nets[s].ports;
      if (ports.empty()) continue;
      // Of several nets with the label, the one with the most terminals.
      std::int32_t best = -1;
      for (std::size_t l = 0; l < problem_.layout.nets.size(); ++l) {
        const NetNode& net = problem_.layout.nets[l];
        if (layout_nets_[l] >= 0 ||
            std::find(net.ports.begin(), net.ports.end(), ports.front()) == net.ports.end())
          continue;
        if (best < 0 || net.degree > problem_.layout.nets[static_cast<std::size_t>(best)].degree)
          best = static_cast<std::int32_t>(l);
      }
      if (best >= 0) map_net(static_cast<std::int32_t>(s), best);
    }
  }

  template <typename Map>
  void anchor(const std::vector<std::uint64_t>& schematic, const std::vector<std::uint64_t>& layout,
              Map map) {
    const auto unique = [](const std::vector<std::uint64_t>& colours) {
      std::vector<std::pair<std::uint64_t, std::int32_t>> order;
      for (std::size_t i = 0; i < colours.size(); ++i)
        order.emplace_back(colours[i], static_cast<std::int32_t>(i));
      std::sort(order.begin(), order.end());
      std::vector<std::pair<std::uint64_t, std::int32_t>> single;
      for (std::size_t i = 0; i < order.size(); ++i) {
        const bool before = i > 0 && order[i - 1].first == order[i].first;
        const bool after = i + 1 < order.size() && order[i + 1].first == order[i].first;
        if (!before && !after) single.push_back(order[i]);
      }
      return single;
    };
    const auto a = unique(schematic), b = unique(layout);
    std::size_t k = 0;
    for (const auto& [colour, s] : a) {
      while (k < b.size() && b[k].first < colour) ++k;
      if (k < b.size() && b[k].first == colour) map(s, b[k].second);
    }
  }

  void map_net(std::int32_t s, std::int32_t l) {
    auto &image = result_.nets[static_cast<std::size_t>(s)],
         &origin = layout_nets_[static_cast<std::size_t>(l)];
    if (image >= 0 || origin >= 0) return;
    image = l;
    origin = s;
  }
  void map_bundle(std::int32_t s, std::int32_t l) {
    auto &image = result_.bundles[static_cast<std::size_t>(s)],
         &origin = result_.layout_bundles[static_cast<std::size_t>(l)];
    if (image >= 0 || origin >= 0) return;
    image = l;
    origin = s;
  }

  /// How well a pair agrees; terminals on nets that are known to be others count against it.
  int score(const Bundle& s, const Bundle& l) const {
    const auto order = terminal_order(s, l, result_.nets);
    int sum = 0;
    for (std::size_t t = 0; t < static_cast<std::size_t>(s.terminals); ++t) {
      const std::int32_t want = result_.nets[static_cast<std::size_t>(s.nets[t])];
      const std::int32_t is = l.nets[order[t]];
      if (want == is) {
        sum += 4;
      } else if (want >= 0) {
        sum -= 2;
      } else if (layout_nets_[static_cast<std::size_t>(is)] >= 0) {
        sum -= 1;
      } else if (problem_.schematic.nets[static_cast<std::size_t>(s.nets[t])].degree ==
                 problem_.layout.nets[static_cast<std::size_t>(is)].degree) {
        sum += 1;
      }
    }
    if (same_size(problem_.schematic.instances[static_cast<std::size_t>(s.members.front())],
                  problem_.layout.instances[static_cast<std::size_t>(l.members.front())]))
      ++sum;
    if (s.members.size() == l.members.size()) ++sum;
    return sum;
  }

  /// Joins the best pairs that are left, then the nets that they suggest. False when none agrees.
  bool join_best() {
    struct Candidate {
      int score;
      std::int32_t s, l;
    };
    std::vector<Candidate> candidates;
    for (std::size_t s = 0; s < bundles_.schematic.size(); ++s) {
      if (result_.bundles[s] >= 0) continue;
      for (std::size_t l = 0; l < bundles_.layout.size(); ++l) {
        if (result_.layout_bundles[l] >= 0 || bundles_.schematic[s].type != bundles_.layout[l].type)
          continue;
        const int value = score(bundles_.schematic[s], bundles_.layout[l]);
        if (value >= 4)
          candidates.push_back({value, static_cast<std::int32_t>(s), static_cast<std::int32_t>(l)});
      }
    }
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      return std::tuple(-a.score, a.s, a.l) < std::tuple(-b.score, b.s, b.l);
    });
    std::vector<std::int32_t> joined;
    for (const Candidate& c : candidates) {
      // What scores less waits until the nets of this round are known.
      if (c.score < candidates.front().score) break;
      if (result_.bundles[static_cast<std::size_t>(c.s)] >= 0 ||
          result_.layout_bundles[static_cast<std::size_t>(c.l)] >= 0)
        continue;
      map_bundle(c.s, c.l);
      joined.push_back(c.s);
    }
    // All pairs vote, so that one misplaced terminal does not name a net.
    vote();
    return !joined.empty();
  }

  void vote() {
    struct Vote {
      std::int32_t s, l;
      bool operator<(const Vote& o) const { return std::tie(s, l) < std::tie(o.s, o.l); }
      bool operator==(const Vote&) const = default;
    };
    std::vector<Vote> votes;
    for (std::size_t k = 0; k < bundles_.schematic.size(); ++k) {
      if (result_.bundles[k] < 0) continue;
      const Bundle& s = bundles_.schematic[k];
      const Bundle& l = bundles_.layout[static_cast<std::size_t>(result_.bundles[k])];
      const auto order = terminal_order(s, l, result_.nets);
      for (std::size_t t = 0; t < static_cast<std::size_t>(s.terminals); ++t) {
        if (result_.nets[static_cast<std::size_t>(s.nets[t])] < 0 &&
            layout_nets_[static_cast<std::size_t>(l.nets[order[t]])] < 0)
          votes.push_back({s.nets[t], l.nets[order[t]]});
      }
    }
    std::sort(votes.begin(), votes.end());
    struct Count {
      int votes;
      Vote vote;
    };
    std::vector<Count> counts;
    for (const Vote& vote : votes) {
      if (counts.empty() || !(counts.back().vote == vote)) counts.push_back({0, vote});
      ++counts.back().votes;
    }
    std::stable_sort(counts.begin(), counts.end(),
                     [](const Count& a, const Count& b) { return a.votes > b.votes; });
    for (const Count& count : counts) map_net(count.vote.s, count.vote.l);
  }

  const Problem& problem_;
  const Bundles& bundles_;
  Alignment result_;
  std::vector<std::int32_t> layout_nets_;  ///< Layout net -> schematic net
};

}  // namespace

Alignment align(const Problem& problem, const Bundles& bundles) {
  return Aligner(problem, bundles).run();
}

std::array<std::size_t, kMostTerminals> terminal_order(const Bundle& schematic,
                                                       const Bundle& layout,
                                                       const std::vector<std::int32_t>& nets) {
  std::array<std::size_t, kMostTerminals> order{0, 1, 2, 3};
  if (!is_mos(schematic.kind) && schematic.kind != DeviceKind::kResistor) return order;
  const std::size_t other = schematic.kind == DeviceKind::kResistor ? 1 : 2;
  const auto agrees = [&](std::size_t s, std::size_t l) {
    const std::int32_t want = nets[static_cast<std::size_t>(schematic.nets[s])];
    return want >= 0 && want == layout.nets[l] ? 1 : 0;
  };
  if (agrees(0, other) + agrees(other, 0) > agrees(0, 0) + agrees(other, other))
    std::swap(order[0], order[other]);
  return order;
}

}  // namespace ptah::native::lvs
