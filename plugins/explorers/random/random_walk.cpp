#include "random_walk.hpp"

#include <map>
#include <optional>
#include <string>

#include "strategy.hpp"

namespace ptah::random_walk {
namespace {

/// Draws of one attempt. Where a single move of 500 devices stays in its slot, so many miss it with
/// a probability below 1e-21; whether there is one at all is checked exactly.
constexpr int kDraws = 100'000;
constexpr double kMostWeight = 8;

bool stays(const Tile& tile, const PlacedTile& placed, Point by) {
  return placed.slot.contains(placed_outline(tile, placed).moved(by));
}

/// "router" of "router: no path for net vout".
std::string stage_of(const std::string& reason) {
  const auto colon = reason.find(':');
  return colon == std::string::npos || colon == 0 ? std::string("other") : reason.substr(0, colon);
}

std::string reverted_text(const std::map<std::string, int>& reverted) {
  std::string text;
  for (const auto& [stage, count] : reverted) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " by " + stage;
  }
  return text;
}

std::string move_text(const Move& move, const Circuit& circuit) {
  const auto* shift = std::get_if<Shift>(&move);
  if (shift == nullptr) return "tiles placed anew";
  return "device " + circuit.devices[static_cast<std::size_t>(shift->device)].name + " by (" +
         std::to_string(shift->by.x) + ", " + std::to_string(shift->by.y) + ") nm";
}

Replace draw_placement(const Circuit& circuit, Rng rng) {
  const std::uint64_t seed = rng.next() >> 1;
  return {seed, search::random_weights(circuit.nets.size(), kMostWeight, rng)};
}

bool can_move(const Tiles& tiles, const Placement& placement, Dbu step) {
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    for (const Point by : {Point{0, step}, Point{0, -step}, Point{-step, 0}, Point{step, 0}}) {
      if (stays(tiles[i], placement.tiles[i], by)) return true;
    }
  }
  return false;
}

}  // namespace

std::optional<Shift> draw_move(const Tiles& tiles, const Placement& placement, Dbu step, Rng rng,
                               int draws) {
  if (tiles.empty()) return std::nullopt;
  const Point directions[] = {{0, step}, {0, -step}, {-step, 0}, {step, 0}};
  for (int draw = 0; draw < draws; ++draw) {
    const auto device = static_cast<std::size_t>(rng.below(tiles.size()));
    const Point by = directions[rng.below(4)];
    if (stays(tiles[device], placement.tiles[device], by)) {
      return Shift{static_cast<DeviceId>(device), by};
    }
  }
  return std::nullopt;
}

Status walk(DesignSpace& design, const Params& params, JobContext& job, Stats& stats) {
  stats = {};
  if (params.step <= 0 || params.step % kPlacementGrid != 0) {
    return make_error(ErrorCode::kInvalidArgument,
                      "A step must be a positive multiple of " + std::to_string(kPlacementGrid) +
                          " nm; it is " + std::to_string(params.step) + " nm.",
                      "option step_um");
  }
  const Rng seeded(job.seed());
  const int first = design.next_variant(), last = design.last_variant();
  if (params.placements < 1 || (last + 1) % params.placements != 0) {
    return make_error(ErrorCode::kInvalidArgument,
                      std::to_string(last + 1) + " layouts are not divisible into " +
                          std::to_string(params.placements) + " placements.",
                      "option placements");
  }
  const int each = (last + 1) / params.placements;
  LayoutSpace& space = design.home();
  std::map<std::string, int> reverted;
  for (int variant = first; variant <= last; ++variant) {
    const std::string name = "variant " + std::to_string(variant);
    const bool anew = variant % each == 0;
    if (!anew && !can_move(space.tiles(), space.placement(), params.step)) {
      return make_error(
          ErrorCode::kInfeasible,
          "No tile can be shifted by " + std::to_string(params.step) + " nm inside its slot.", name,
          "place with a larger halo (placer option halo_um)");
    }
    bool accepted = false;
    std::string reason;
    for (int attempt = 0; attempt < params.max_attempts && !accepted; ++attempt) {
      if (job.cancelled()) return cancelled_error();
      const Rng rng = seeded.fork(static_cast<std::uint64_t>(variant))
                          .fork(static_cast<std::uint64_t>(attempt));
      std::optional<Move> move;
      if (anew) {
        move = draw_placement(space.circuit(), rng);
      } else {
        move = draw_move(space.tiles(), space.placement(), params.step, rng, kDraws);
      }
      if (!move) continue;
      const LayoutSpace::Snapshot before = space.snapshot();
      PTAH_TRY(const Evaluation evaluation, space.step({*move}, Fidelity::kScored));
      bool kept = false;
      if (evaluation.valid) {
        PTAH_TRY(const Evaluation recorded, space.record());
        kept = recorded.valid;
        if (!kept) {
          PTAH_TRY(space.restore(before));
        }
      }
      if (!kept) {
        reason =
            evaluation.valid ? "judges: rejected what the checks had passed" : evaluation.reason;
        ++stats.reverted;
        ++reverted[stage_of(reason)];
        job.log(LogLevel::kInfo, name + ", attempt " + std::to_string(attempt) + ": " +
                                     move_text(*move, space.circuit()) + " reverted: " + reason);
        continue;
      }
      accepted = true;
      ++stats.accepted;
    }
    if (!accepted) {
      return make_error(ErrorCode::kLimit,
                        "None of " + std::to_string(params.max_attempts) +
                            " moves gave a valid layout; the last: " +
                            (reason.empty() ? std::string("no move stayed in its slot") : reason) +
                            ".",
                        name, "raise the explorer's max_attempts, or place with a larger halo");
    }
    job.progress(static_cast<double>(variant - first + 1) / (last - first + 1),
                 name + " of " + std::to_string(last) + ", " + std::to_string(stats.reverted) +
                     " moves reverted");
  }
  if (stats.accepted > 0) {
    job.log(LogLevel::kInfo,
            std::to_string(stats.accepted) + " moves accepted, " + std::to_string(stats.reverted) +
                " reverted" + (reverted.empty() ? "" : " (" + reverted_text(reverted) + ")") + ".");
  }
  return ok();
}

}  // namespace ptah::random_walk
