#include "walk.hpp"

#include <chrono>

#include "ptah/core/base64.hpp"
#include "ptah/core/json.hpp"
#include "random_walk.hpp"
#include "strategy.hpp"

namespace ptah::walk {
namespace {

constexpr int kDraws = 100'000;
constexpr std::chrono::milliseconds kBetweenCheckpoints{300};

class Walk {
 public:
  Walk(DesignSpace& design, const Params& params, JobContext& job)
      : design_(design), params_(params), job_(job), arena_(design, job) {}

  Status run() {
    PTAH_TRY(resume());
    PTAH_TRY(leave());
    while (!exhausted(design_)) {
      if (job_.cancelled()) return cancelled_error();
      if (!layouts_) {
        auto opened = design_.open(drawn());
        if (opened) {
          layouts_ = std::move(opened).value();
        } else if (opened.error().code == ErrorCode::kInfeasible ||
                   opened.error().code == ErrorCode::kInvalidArgument) {
          ++round_;
          continue;
        } else {
          return opened.error();
        }
      }
      PTAH_TRY(const bool moved, move());
      if (!moved || move_ == params_.moves) {
        layouts_.reset();
        ++round_;
        move_ = 0;
      }
      if (Clock::now() - left_ > kBetweenCheckpoints) {
        PTAH_TRY(leave());
      }
    }
    return leave();
  }

 private:
  using Clock = std::chrono::steady_clock;

  Rng stream() const { return Rng(job_.seed()).fork(static_cast<std::uint64_t>(round_)); }

  FingerAssignment drawn() const {
    Rng rng = stream();
    return arena_.assignment(arena_.random_counts(rng));
  }

  /// One more valid move; false: none of so many was, or no tile can move.
  Result<bool> move() {
    for (int attempt = 0; attempt < params_.max_attempts; ++attempt) {
      if (job_.cancelled()) return cancelled_error();
      const auto shift =
          random_walk::draw_move(layouts_->tiles(), layouts_->placement(), params_.step,
                                 stream()
                                     .fork(static_cast<std::uint64_t>(move_) + 1)
                                     .fork(static_cast<std::uint64_t>(attempt)),
                                 kDraws);
      if (!shift) return false;
      PTAH_TRY(const Evaluation found, layouts_->step({*shift}, Fidelity::kScored));
      if (!found.valid) continue;
      ++move_;
      return true;
    }
    return false;
  }

  Status resume() {
    if (!design_.resumed()) return ok();
    const Json json = Json::parse(*design_.resumed(), nullptr, false);
    try {
      round_ = json.at("round");
      move_ = json.at("move");
      if (json.at("layout").is_null()) return ok();
      PTAH_TRY(const auto bytes, decode_base64(json["layout"].get<std::string>(),
                                               Checkpoints::kMaxCheckpoint, "layout"));
      PTAH_TRY(layouts_, design_.enter(drawn()));
      return layouts_->load(std::string(bytes.begin(), bytes.end()));
    } catch (const Json::exception& exception) {
      return make_error(ErrorCode::kParse, exception.what(), "checkpoint");
    }
  }

  Status leave() {
    left_ = Clock::now();
    return design_.checkpoint(Json{
        {"round", round_},
        {"move", move_},
        {"layout", layouts_
                       ? Json(encode_base64(layouts_->save()))
                       : Json()}}.dump());
  }

  DesignSpace& design_;
  const Params& params_;
  JobContext& job_;
  const search::Arena arena_;
  std::shared_ptr<LayoutSpace> layouts_;
  std::int64_t round_ = 0;
  int move_ = 0;
  Clock::time_point left_{};
};

}  // namespace

Status explore(DesignSpace& design, const Params& params, JobContext& job) {
  if (!design.budget()) {
    return make_error(ErrorCode::kUnsupported, "The walk over all assignments needs a budget.",
                      "explorer walk", "Start it with `ptah explore`; `random` walks in a run.");
  }
  if (params.step <= 0 || params.step % kPlacementGrid != 0) {
    return make_error(ErrorCode::kInvalidArgument, "A step must be a positive multiple of 0.1 um.",
                      "option step_um");
  }
  return Walk(design, params, job).run();
}

}  // namespace ptah::walk
