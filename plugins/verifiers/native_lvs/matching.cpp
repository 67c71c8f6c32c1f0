#include "matching.hpp"

#include <algorithm>

#include "ptah/core/random.hpp"

namespace ptah::native::lvs {
namespace {

/// Refinements until a search among automorphisms is given up.
constexpr int kMostRefinements = 20'000;

std::uint64_t mix(std::uint64_t x) noexcept {
  return mix64(x + 0x9e3779b97f4a7c15ull);
}

const std::vector<Bundle>& side_of(const Bundles& bundles, int side) {
  return side == 0 ? bundles.layout : bundles.schematic;
}
const Side& side_of(const Problem& problem, int side) {
  return side == 0 ? problem.layout : problem.schematic;
}

/// Values of resistors in groups whose neighbours are within the tolerance: one colour a group.
std::vector<double> value_limits(const Problem& problem) {
  std::vector<double> values;
  for (int side = 0; side < 2; ++side) {
    for (const Instance& i : side_of(problem, side).instances) {
      if (i.ohm > 0) values.push_back(i.ohm);
    }
  }
  std::sort(values.begin(), values.end());
  std::vector<double> limits;
  for (std::size_t k = 1; k < values.size(); ++k) {
    if (values[k] - values[k - 1] > kValueTolerance * (values[k] + values[k - 1]) / 2)
      limits.push_back(values[k]);
  }
  return limits;
}

class Matcher {
 public:
  Matcher(const Problem& problem, const Bundles& bundles, bool with_sizes)
      : problem_(problem), bundles_(bundles), with_sizes_(with_sizes) {}

  Match run() {
    Match result;
    if (problem_.layout.nets.size() != problem_.schematic.nets.size() ||
        bundles_.layout.size() != bundles_.schematic.size()) {
      return result;
    }
    result.same = search(first_colours(problem_, bundles_, with_sizes_), result);
    result.gave_up = !result.same && refinements_ >= kMostRefinements;
    return result;
  }

 private:
  struct Coloured {
    std::uint64_t colour;
    std::int32_t index;
    bool operator<(const Coloured& o) const {
      return colour != o.colour ? colour < o.colour : index < o.index;
    }
  };
  static void sorted(const std::vector<std::uint64_t>& colours, std::vector<Coloured>& out) {
    out.clear();
    for (std::size_t i = 0; i < colours.size(); ++i)
      out.push_back({colours[i], static_cast<std::int32_t>(i)});
    std::sort(out.begin(), out.end());
  }
  /// Both sides have the same colours equally often; `classes` counts them.
  bool balanced(const Colouring& colours, std::size_t& classes) {
    classes = 0;
    for (int what = 0; what < 2; ++what) {
      for (int side = 0; side < 2; ++side)
        sorted(what == 0 ? colours.nets[side] : colours.bundles[side], order_[what][side]);
      const auto &a = order_[what][0], &b = order_[what][1];
      for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].colour != b[i].colour) return false;
        if (i == 0 || a[i].colour != a[i - 1].colour) ++classes;
      }
    }
    return true;
  }

  bool search(Colouring colours, Match& result) {
    if (++refinements_ > kMostRefinements) return false;
    std::size_t classes = 0, before = 0;
    if (!balanced(colours, classes)) return false;
    do {
      before = classes;
      refine_once(problem_, bundles_, colours);
      if (!balanced(colours, classes)) return false;
    } while (classes > before);
    const std::size_t all = colours.nets[0].size() + colours.bundles[0].size();
    if (classes == all) return accept(result);

    // The smallest class of several; its first member of the schematic against each of the layout.
    int best_what = 0;
    std::size_t best_begin = 0, best_size = 0;
    for (int what = 0; what < 2; ++what) {
      const auto& order = order_[what][1];
      for (std::size_t i = 0; i < order.size();) {
        std::size_t j = i;
        while (j < order.size() && order[j].colour == order[i].colour) ++j;
        if (j - i > 1 && (best_size == 0 || j - i < best_size)) {
          best_what = what;
          best_begin = i;
          best_size = j - i;
        }
        i = j;
      }
    }
    const std::int32_t chosen = order_[best_what][1][best_begin].index;
    std::vector<std::int32_t> candidates;
    for (std::size_t k = 0; k < best_size; ++k)
      candidates.push_back(order_[best_what][0][best_begin + k].index);
    for (const std::int32_t candidate : candidates) {
      Colouring next = colours;
      const auto mark = [&](int side, std::int32_t index) {
        auto& list = best_what == 0 ? next.nets[side] : next.bundles[side];
        std::uint64_t& colour = list[static_cast<std::size_t>(index)];
        colour = mix(colour ^ 0x5bd1e9955bd1e995ull);
      };
      mark(0, candidate);
      mark(1, chosen);
      if (search(std::move(next), result)) return true;
      if (refinements_ > kMostRefinements) return false;
    }
    return false;
  }

  /// Every class is one pair now.
  bool accept(Match& result) {
    result.nets.assign(problem_.schematic.nets.size(), -1);
    result.bundles.assign(bundles_.schematic.size(), -1);
    for (std::size_t i = 0; i < result.nets.size(); ++i)
      result.nets[static_cast<std::size_t>(order_[0][1][i].index)] = order_[0][0][i].index;
    for (std::size_t i = 0; i < result.bundles.size(); ++i)
      result.bundles[static_cast<std::size_t>(order_[1][1][i].index)] = order_[1][0][i].index;
    for (std::size_t n = 0; n < result.nets.size(); ++n) {
      if (problem_.schematic.nets[n].ports !=
          problem_.layout.nets[static_cast<std::size_t>(result.nets[n])].ports)
        return false;
    }
    for (std::size_t k = 0; k < result.bundles.size(); ++k) {
      if (!agree(bundles_.schematic[k],
                 bundles_.layout[static_cast<std::size_t>(result.bundles[k])], result.nets))
        return false;
    }
    return true;
  }

  bool agree(const Bundle& s, const Bundle& l, const std::vector<std::int32_t>& nets) const {
    if (s.type != l.type || s.terminals != l.terminals) return false;
    if (with_sizes_) {
      if (s.members.size() != l.members.size()) return false;
      for (std::size_t m = 0; m < s.members.size(); ++m) {
        if (!same_size(problem_.schematic.instances[static_cast<std::size_t>(s.members[m])],
                       problem_.layout.instances[static_cast<std::size_t>(l.members[m])]))
          return false;
      }
    }
    const auto image = [&](std::size_t t) { return nets[static_cast<std::size_t>(s.nets[t])]; };
    const auto straight = [&](std::size_t t, std::size_t u) {
      return (image(t) == l.nets[t] && image(u) == l.nets[u]) ||
             (image(t) == l.nets[u] && image(u) == l.nets[t]);
    };
    switch (s.kind) {
      case DeviceKind::kNmos:
      case DeviceKind::kPmos:
        return straight(0, 2) && image(1) == l.nets[1] && image(3) == l.nets[3];
      case DeviceKind::kResistor:
        return straight(0, 1) && (s.terminals < 3 || image(2) == l.nets[2]);
      case DeviceKind::kCapacitor:
      case DeviceKind::kNdiode:
      case DeviceKind::kPdiode:
      case DeviceKind::kBlock:
        break;
    }
    return image(0) == l.nets[0] && image(1) == l.nets[1] &&
           (s.terminals < 3 || image(2) == l.nets[2]);
  }

  const Problem& problem_;
  const Bundles& bundles_;
  bool with_sizes_;
  int refinements_ = 0;
  std::vector<Coloured> order_[2][2];  ///< [nets, bundles][side], sorted by colour.
};

}  // namespace

Colouring first_colours(const Problem& problem, const Bundles& bundles, bool with_sizes) {
  Colouring colours;
  const std::vector<double> limits = value_limits(problem);
  for (int side = 0; side < 2; ++side) {
    for (const NetNode& net : side_of(problem, side).nets) {
      std::uint64_t colour = 1;
      for (const std::int32_t port : net.ports)
        colour = mix(colour * 31 + static_cast<std::uint64_t>(port));
      colours.nets[side].push_back(colour);
    }
    for (const Bundle& bundle : side_of(bundles, side)) {
      std::uint64_t colour = mix(0xb0d1e5ull + static_cast<std::uint64_t>(bundle.type));
      if (with_sizes) {
        const Instance& i =
            side_of(problem, side).instances[static_cast<std::size_t>(bundle.members.front())];
        colour = mix(colour ^ bundle.members.size());
        colour = mix(colour ^ static_cast<std::uint64_t>(i.width));
        colour = mix(colour ^ static_cast<std::uint64_t>(i.length));
        if (i.ohm > 0) {
          const auto group = std::upper_bound(limits.begin(), limits.end(), i.ohm) - limits.begin();
          colour = mix(colour ^ static_cast<std::uint64_t>(group + 1));
        }
      }
      colours.bundles[side].push_back(colour);
    }
  }
  return colours;
}

void refine_once(const Problem& problem, const Bundles& bundles, Colouring& colours) {
  for (int side = 0; side < 2; ++side) {
    const auto& list = side_of(bundles, side);
    auto& nets = colours.nets[side];
    auto& own = colours.bundles[side];
    std::vector<std::uint64_t> sums(side_of(problem, side).nets.size(), 0);
    for (std::size_t k = 0; k < list.size(); ++k) {
      for (std::int32_t t = 0; t < list[k].terminals; ++t) {
        const auto role =
            static_cast<std::uint64_t>(terminal_class(list[k].kind, static_cast<std::size_t>(t)));
        sums[static_cast<std::size_t>(list[k].nets[static_cast<std::size_t>(t)])] +=
            mix(own[k] + 0x1234567ull * (role + 1));
      }
    }
    for (std::size_t n = 0; n < nets.size(); ++n) nets[n] = mix(nets[n] * 3 + sums[n]);
    for (std::size_t k = 0; k < list.size(); ++k) {
      std::uint64_t sum = 0;
      for (std::int32_t t = 0; t < list[k].terminals; ++t) {
        const auto role =
            static_cast<std::uint64_t>(terminal_class(list[k].kind, static_cast<std::size_t>(t)));
        sum += mix(nets[static_cast<std::size_t>(list[k].nets[static_cast<std::size_t>(t)])] +
                   0x7654321ull * (role + 1));
      }
      own[k] = mix(own[k] * 5 + sum);
    }
  }
}

Match match(const Problem& problem, const Bundles& bundles, bool with_sizes) {
  return Matcher(problem, bundles, with_sizes).run();
}

}  // namespace ptah::native::lvs
