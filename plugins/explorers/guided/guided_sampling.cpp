#include "guided_sampling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "ptah/core/base64.hpp"
#include "ptah/core/json.hpp"

namespace ptah::guided {
namespace {

constexpr std::uint64_t kRounds = 0x90D;

/// A placement and what is known of it without its wires.
struct Drawn {
  Placement placement;
  double wires = 0;
};

class Exploration {
 public:
  Exploration(DesignSpace& design, const Params& params, JobContext& job, Stats& stats)
      : design_(design), home_(design.home()), params_(params), job_(job), stats_(stats) {}

  Status run() {
    first_ = design_.next_variant();
    PTAH_TRY(resume());
    start_ = home_.snapshot();
    int empty = 0;
    for (; design_.next_variant() <= design_.last_variant(); ++round_, next_ = 0) {
      PTAH_TRY(const std::vector<Drawn> drawn, draw());
      PTAH_TRY(const std::vector<std::size_t> order, rank(drawn));
      const int before = design_.next_variant();
      PTAH_TRY(score(drawn, order));
      empty = design_.next_variant() > before ? 0 : empty + 1;
      if (empty == params_.hopeless) {
        return make_error(ErrorCode::kInfeasible,
                          std::to_string(empty * params_.keep) +
                              " placements in a row gave no valid layout; the last: " + reason_,
                          "explorer guided", "keep more placements of a round (option keep)");
      }
    }
    job_.log(LogLevel::kInfo, std::to_string(stats_.drawn) + " placements drawn, " +
                                  std::to_string(stats_.scored) + " routed and scored, " +
                                  std::to_string(stats_.recorded) + " recorded.");
    return ok();
  }

 private:
  /// Where every placement is routed from: the baseline, whatever was recorded last.
  Status resume() {
    origin_ = home_.save();
    if (!design_.resumed()) return ok();
    const Json json = Json::parse(*design_.resumed(), nullptr, false);
    try {
      round_ = json.at("round");
      next_ = json.at("next");
      PTAH_TRY(const auto bytes, decode_base64(json.at("origin").get<std::string>(),
                                               Checkpoints::kMaxCheckpoint, "origin"));
      origin_.assign(bytes.begin(), bytes.end());
    } catch (const Json::exception& exception) {
      return make_error(ErrorCode::kParse, exception.what(), "checkpoint");
    }
    return home_.load(origin_);
  }

  Status leave() {
    return design_.checkpoint(
        Json{{"round", round_}, {"next", next_}, {"origin", encode_base64(origin_)}}.dump());
  }

  Result<std::vector<Drawn>> draw() {
    const Rng stream = Rng(job_.seed()).fork(kRounds).fork(static_cast<std::uint64_t>(round_));
    std::vector<Drawn> drawn;
    for (int i = 0; i < params_.samples; ++i) {
      if (job_.cancelled()) return cancelled_error();
      Rng rng = stream.fork(static_cast<std::uint64_t>(i));
      Replace move{rng.next(), {}};
      for (std::size_t net = 0; net < home_.circuit().nets.size(); ++net) {
        move.weights[static_cast<NetId>(net)] =
            std::pow(params_.most_weight, 2 * rng.uniform() - 1);
      }
      PTAH_TRY(home_.restore(start_));
      PTAH_TRY(const Evaluation placed, home_.step({move}, Fidelity::kPlaced));
      ++stats_.drawn;
      if (!placed.valid) {
        reason_ = placed.reason;
        continue;
      }
      drawn.push_back({home_.placement(), static_cast<double>(placed.hpwl)});
      if (i % 16 == 0) report(" drawn", i);
    }
    return drawn;
  }

  Result<std::vector<std::size_t>> rank(const std::vector<Drawn>& drawn) {
    std::vector<double> costs(drawn.size(), 0);
    if (params_.ranking == Ranking::kWires) {
      std::transform(drawn.begin(), drawn.end(), costs.begin(),
                     [](const Drawn& one) { return one.wires; });
    } else if (params_.ranking == Ranking::kPredictor) {
      std::vector<Placement> placements;
      for (const Drawn& one : drawn) placements.push_back(one.placement);
      PTAH_TRY(const auto predictions, home_.predict(placements));
      for (std::size_t i = 0; i < predictions.size(); ++i) {
        costs[i] =
            predictions[i].far ? std::numeric_limits<double>::infinity() : predictions[i].cost;
      }
    }
    return by_cost(costs);
  }

  Status score(const std::vector<Drawn>& drawn, const std::vector<std::size_t>& order) {
    const int most = std::min(params_.keep, static_cast<int>(order.size()));
    for (; next_ < most && design_.next_variant() <= design_.last_variant();) {
      if (job_.cancelled()) return cancelled_error();
      const Drawn& one = drawn[order[static_cast<std::size_t>(next_)]];
      ++next_;
      PTAH_TRY(home_.restore(start_));
      PTAH_TRY(Evaluation found, home_.step({Arrange{one.placement}}, Fidelity::kScored));
      ++stats_.scored;
      if (found.valid) {
        const int variant = design_.next_variant();
        PTAH_TRY(found, home_.record());
        if (found.valid) {
          ++stats_.recorded;
          if (found.feasible) best_ = std::min(best_, found.cost.value_or(best_));
          if (std::isfinite(best_)) job_.metric("best_cost", variant, best_);
        }
      }
      if (!found.valid) reason_ = found.reason;
      PTAH_TRY(leave());
      report(" recorded", params_.samples);
    }
    return ok();
  }

  /// A variant takes its share of a round's drawing and scoring.
  void report(const char* what, int drawn) {
    const double wanted = design_.last_variant() - first_ + 1;
    const double recorded = design_.next_variant() - first_;
    const double ahead = static_cast<double>(drawn) / params_.samples * 0.5 *
                         std::min<double>(params_.keep, wanted - recorded);
    const double share = std::min(1.0, (recorded + (next_ == 0 ? ahead : 0)) / wanted);
    furthest_ = std::max(furthest_, share);
    job_.progress(furthest_, "round " + std::to_string(round_ + 1) + ": " +
                                 std::to_string(stats_.drawn) + " placements" + what);
  }

  DesignSpace& design_;
  LayoutSpace& home_;
  const Params& params_;
  JobContext& job_;
  Stats& stats_;
  LayoutSpace::Snapshot start_;
  std::string origin_;
  std::int64_t round_ = 0;
  int next_ = 0;  ///< Place in the round's order.
  int first_ = 1;
  double best_ = std::numeric_limits<double>::infinity(), furthest_ = 0;
  std::string reason_ = "none was placed";
};

}  // namespace

std::vector<std::size_t> by_cost(const std::vector<double>& costs) {
  std::vector<std::size_t> order(costs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return costs[a] < costs[b]; });
  return order;
}

Status explore(DesignSpace& space, const Params& params, JobContext& job, Stats& stats) {
  stats = {};
  return Exploration(space, params, job, stats).run();
}

}  // namespace ptah::guided
