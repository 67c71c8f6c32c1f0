#include "negotiation.hpp"

#include <algorithm>
#include <chrono>

namespace ptah::maze {
namespace {

/// Prices in tenths of a grid step. A first conflict is worth a detour of 6 um's worth of steps
/// along the crossing; the price rises each round until detours are cheaper everywhere.
constexpr int kFirstConflictPrice = 40;
constexpr int kMaxConflictPrice = 20'000;
/// A supply that could not be finished this often goes on at minimum width.
constexpr int kPatience = 6;
/// Rounds in which kept nets stay out of the negotiation.
constexpr int kLoyalRounds = 6;

}  // namespace

Negotiation::Negotiation(const Scene& scene, Grid& grid, Search& search, const MazeOptions& options,
                         std::vector<bool> supplies)
    : scene_(scene),
      grid_(grid),
      options_(options),
      supplies_(std::move(supplies)),
      search_(search),
      nets_(scene.pins.size()),
      narrowed_(scene.pins.size(), 0),
      unfinished_(scene.pins.size()),
      proven_(scene.pins.size()),
      failures_(scene.pins.size(), 0),
      kept_(scene.pins.size(), 0) {}

void Negotiation::keep(NetId net, NetWires wires) {
  nets_[net] = std::move(wires);
  kept_[net] = 1;
}

void Negotiation::finish_net(NetId net) {
  const Stack& stack = *scene_.stack;
  NetWires& wires = nets_[net];
  unfinished_[net].clear();
  proven_[net].assign(stack.layers.size(), false);
  for (int layer = 0; layer < stack.size(); ++layer) {
    const LayerRules& rules = stack.layers[layer];
    const OwnMetal own = own_metal(scene_, net, layer, wires);
    if (own.wires.empty()) continue;
    Rect box;
    for (const Rect& wire : own.wires) box = box.united(wire);
    box = box.bloated(3000);  // Patches reach less far than this.
    std::vector<Neighbour> neighbours;
    for (const Fixed& fixed : scene_.fixed[layer]) {
      if (fixed.net == net || !fixed.rect.overlaps(box)) continue;
      const Dbu distance = fixed.wide ? 2 * rules.wide_spacing : own.spacing;
      neighbours.push_back({fixed.rect, distance, true});
    }
    for (std::size_t other = 0; other < nets_.size(); ++other) {
      if (static_cast<NetId>(other) == net) continue;
      for (const Metal& metal : nets_[other].metal) {
        if (metal.layer == layer && metal.rect.overlaps(box)) {
          neighbours.push_back({metal.rect, rules.spacing, false});
        }
      }
    }
    const Finish result = finish(own, neighbours);
    // The judge would look at the same metal again.
    proven_[net][layer] = result.added.empty() && result.left.empty();
    for (const Rect& added : result.added) wires.metal.push_back({layer, added});
    for (const Defect& defect : result.left) {
      unfinished_[net].push_back(
          {std::string(to_string(defect.kind)), net, kNoNet, layer, defect.place});
    }
  }
}

Status Negotiation::wire(NetId net, int conflict_price, JobContext& job, MazeStats& stats) {
  if (!nets_[net].empty()) {
    grid_.commit(net, {});
    nets_[net] = {};
    ++stats.rip_ups;
  }
  SearchRequest request;
  request.net = net;
  request.wide = supplies_[net] && failures_[net] < kPatience;
  request.conflict = conflict_price;
  request.corridors = &corridors_;
  PTAH_TRY(Wiring wiring, search_.route(request, job));
  nets_[net].metal = std::move(wiring.metal);
  nets_[net].cuts = std::move(wiring.cuts);
  narrowed_[net] = wiring.narrowed_nm;
  finish_net(net);
  grid_.commit(net, nets_[net].metal);
  return ok();
}

std::vector<WiringViolation> Negotiation::disagreements() const {
  std::vector<WiringViolation> found = check_between_nets(scene_, nets_);
  for (const auto& list : unfinished_) found.insert(found.end(), list.begin(), list.end());
  return found;
}

void Negotiation::remember(const WiringViolation& violation) {
  const LayerRules& rules = scene_.stack->layers[violation.layer];
  // What a net cannot repair by itself does not go away by waiting: a sharper reminder.
  const int amount = violation.other == kNoNet ? 5 : 1;
  grid_.remember(violation.layer, violation.place.bloated(rules.spacing + rules.width / 2), amount);
}

Error Negotiation::failure(const WiringViolation& violation, int rounds) const {
  const Point at = violation.place.center();
  const auto um = [](Dbu value) {
    std::string text = std::to_string(to_um(value));
    return text.substr(0, text.size() - 3);
  };
  std::string who = "Net " + scene_.net_name(violation.net);
  if (violation.other != kNoNet) who += " and net " + scene_.net_name(violation.other);
  return make_error(
      ErrorCode::kInfeasible,
      who + (violation.other != kNoNet ? " find" : " finds") + " no legal wiring in " +
          std::to_string(rounds) + " rounds of rip-up and re-route; left: " + violation.rule + ".",
      "net " + scene_.net_name(violation.net) + ", layer " + std::to_string(violation.layer) +
          " of the stack, at (" + um(at.x) + ", " + um(at.y) + ") um",
      "Place the tiles farther apart (a larger halo), narrow the supplies (supply_width_um), or "
      "raise max_rounds.");
}

Status Negotiation::run(JobContext& job, MazeStats& stats) {
  auto start = std::chrono::steady_clock::now();
  std::vector<NetId> to_route, all;
  for (std::size_t n = 0; n < scene_.pins.size(); ++n) {
    if (scene_.pins[n].size() < 2) continue;
    all.push_back(static_cast<NetId>(n));
    if (!kept_[n]) to_route.push_back(static_cast<NetId>(n));
  }
  // What an earlier layout has left on the grid gives way to what is kept of this one.
  for (std::size_t n = 0; n < nets_.size(); ++n) {
    grid_.commit(static_cast<NetId>(n), nets_[n].metal);
  }
  corridors_ = route_globally(grid_, to_route);
  // Short nets first: they have the fewest choices. Supplies last: they may be narrowed.
  std::stable_sort(to_route.begin(), to_route.end(), [&](NetId a, NetId b) {
    if (supplies_[a] != supplies_[b]) return static_cast<bool>(supplies_[b]);
    return corridors_.length[a] < corridors_.length[b];
  });
  stats.nets_routed = static_cast<int>(to_route.size());
  stats.nets_kept = static_cast<int>(all.size() - to_route.size());
  stats.global_s += seconds_since(start);

  start = std::chrono::steady_clock::now();
  int price = kFirstConflictPrice;
  std::vector<NetId> pending = to_route;
  std::vector<WiringViolation> left;
  int round = 0;
  for (; round < options_.max_rounds; ++round) {
    for (const NetId net : pending) {
      if (job.cancelled()) return cancelled_error();
      if (corridors_.nets[net].empty()) {
        // A kept net joins in: it was not part of global routing, and needs no corridor.
        corridors_.nets[net].assign(static_cast<std::size_t>(corridors_.nx) * corridors_.ny, 1);
      }
      PTAH_TRY(wire(net, price, job, stats));
    }
    left = disagreements();
    if (left.empty()) {
      // The cheap checks are silent; the whole judge has the last word.
      const auto check_start = std::chrono::steady_clock::now();
      for (const NetId net : all) {
        if (kept_[net]) continue;
        for (const auto& found : {check_against_tiles(scene_, net, nets_[net]),
                                  check_net(scene_, net, nets_[net], proven_[net])}) {
          left.insert(left.end(), found.begin(), found.end());
        }
      }
      stats.check_s += seconds_since(check_start);
      if (left.empty()) break;
    }
    for (const WiringViolation& violation : left) {
      remember(violation);
      if (violation.other == kNoNet) ++failures_[violation.net];
    }
    pending.clear();
    const auto join = [&](NetId net) {
      if (net == kNoNet || std::find(pending.begin(), pending.end(), net) != pending.end()) return;
      if (kept_[net] && round < kLoyalRounds) return;
      kept_[net] = 0;
      pending.push_back(net);
    };
    for (const WiringViolation& violation : left) {
      join(violation.net);
      join(violation.other);
    }
    // Alternate who goes first: an order that failed is not tried again at once.
    std::stable_sort(pending.begin(), pending.end());
    if (round % 2 == 1) std::reverse(pending.begin(), pending.end());
    price = std::min(kMaxConflictPrice, price + price / 2);
    job.progress(static_cast<double>(round) / options_.max_rounds, "rip-up and re-route");
  }
  stats.rounds = round + 1;
  stats.searches = search_.stats().searches;
  stats.expansions = search_.stats().expansions;
  for (const std::int64_t length : narrowed_) stats.narrowed_nm += length;
  stats.detail_s += seconds_since(start);
  if (!left.empty()) return failure(left.front(), round);
  return ok();
}

}  // namespace ptah::maze
