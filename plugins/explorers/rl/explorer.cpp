#include "explorer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <deque>
#include <limits>
#include <utility>

#include "environment.hpp"
#include "explanation.hpp"
#include "inner.hpp"
#include "outer.hpp"
#include "safetensors.hpp"
#include "threads.hpp"
#include "training_data.hpp"

namespace ptah::rl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kOuter = 1, kInner = 2, kPlaces = 3, kDealing = 4;
/// Assignments in a row that used no evaluation, after which nothing can be expected.
constexpr int kHopeless = 1000;
/// Leaving checkpoints takes at most one in so many seconds.
constexpr double kCheckpointShare = 20;
/// Of a checkpoint, beside weights: layouts, the rollout, what was explored.
constexpr std::size_t kBesideWeights = 3u << 20;
/// Rewards among which those of the shuffled control are dealt.
constexpr std::size_t kShuffledAmong = 64;
/// Of the evaluations, those of moves once every assignment has been seen: a baseline tells nothing
/// new then.
constexpr double kShareWhenKnown = 0.95;
/// Logarithms of how far an assignment is from the best are cut to this.
constexpr double kFarthest = 3;
/// States of an episode that explanations are made of.
constexpr std::size_t kMostReference = 64;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Adds what a scope takes.
class Timed {
 public:
  explicit Timed(double& seconds) : seconds_(seconds) {}
  ~Timed() { seconds_ += seconds_since(begin_); }
  Timed(const Timed&) = delete;

 private:
  double& seconds_;
  Clock::time_point begin_ = Clock::now();
};

/// The assignment that episodes are of.
struct Played {
  FingerAssignment fingers;
  std::optional<double> baseline;     ///< What its baseline costs.
  std::optional<std::size_t> number;  ///< In the iteration under way, where it is of that.
  std::string bytes;                  ///< Of the space with its baseline, for checkpoints.
};

/// Who acts and learns. `design` outlives them.
struct Agents {
  Agents(const Params& params, const DesignSpace& design, const FingerAssignment& first,
         const Rng& rng)
      : outer(params.outer, design.circuit(), design.assignments(), first, rng.fork(kOuter)),
        environment(params.environment, design.circuit(), rng.fork(kPlaces)),
        inner(params.inner, environment.state_size(), environment.heads(), rng.fork(kInner)) {}

  Status restore_policy(const Policy& policy) {
    PTAH_TRY(const auto contents, safetensors::parse(policy.weights, "weights.safetensors"));
    PTAH_TRY(outer.restore_policy(contents));
    return inner.restore_policy(contents);
  }

  OuterAgent outer;
  Environment environment;
  InnerAgent inner;
};

/// What a policy is of (`check_form`).
Json form_of(const Params& params, const DesignSpace& design, const Agents& agents) {
  Json groups = Json::array();
  for (const auto& group : design.assignments().groups()) {
    Json names = Json::array();
    for (const DeviceId device : group)
      names.push_back(design.circuit().devices[static_cast<std::size_t>(device)].name);
    groups.push_back(std::move(names));
  }
  const auto network = [](const Learner::Shape& shape) {
    return Json{{"inputs", shape.inputs},
                {"layers", shape.form.layers},
                {"units", shape.form.units},
                {"outputs", shape.outputs}};
  };
  return {{"profile", params.paper ? "paper" : "tuned"},
          {"circuit", design.circuit().name},
          {"circuit_sha256", predictors::circuit_hash(design.circuit())},
          {"technology", design.technology().name()},
          {"groups", std::move(groups)},
          {"allowed_fingers", design.assignments().allowed()},
          {"outer", network(agents.outer.shape())},
          {"inner", network(agents.inner.shape())}};
}

class Exploration {
 public:
  Exploration(DesignSpace& design, const Params& params, JobContext& job)
      : design_(design),
        params_(params),
        job_(job),
        rng_(job.seed()),
        agents_(params, design, design.home().fingers(), rng_) {}

  Status begin_with(const Policy& policy) { return agents_.restore_policy(policy); }

  Policy learnt() const {
    nets::TensorFile file;
    outer_.save_policy(file);
    inner_.save_policy(file);
    add_reference(file);
    Policy policy;
    policy.weights = file.bytes();
    policy.manifest = form_of(params_, design_, agents_);
    policy.manifest.update({{"seed", job_.seed()}, {"evaluations", design_.spent().evaluations}});
    policy.explanation =
        explain(outer_, inner_, environment_, design_.circuit(), design_.assignments(), reference_);
    policy.metrics = {{"iterations", static_cast<double>(iteration_)},
                      {"episodes", static_cast<double>(episode_)},
                      {"updates", static_cast<double>(inner_.updates())}};
    return policy;
  }

  Status run() {
    const std::size_t bytes = outer_.size() + inner_.size() + kBesideWeights;
    if (params_.checkpoints && bytes > Checkpoints::kMaxCheckpoint) {
      return make_error(ErrorCode::kLimit,
                        "Networks with their optimizers' state take " +
                            std::to_string(bytes >> 20) + " MiB, a checkpoint at most " +
                            std::to_string(Checkpoints::kMaxCheckpoint >> 20) + " MiB.",
                        "explorer rl",
                        "give smaller ones (options inner_units, outer_units), or go without "
                        "checkpoints (checkpoints: false)");
    }
    job_.log(LogLevel::kInfo, "Learns with " + nets::describe_blas() + ".");
    if (design_.resumed()) {
      PTAH_TRY(resume(*design_.resumed()));
    } else if (const Evaluation& home = design_.home().baseline(); home.valid && home.feasible) {
      best_ = home.cost;
    }
    const Status ended = explore();
    char text[160];
    std::snprintf(text, sizeof text,
                  "%lld iterations, %lld episodes, %lld updates; the learner took %.1f %% of the "
                  "time.",
                  static_cast<long long>(iteration_), static_cast<long long>(episode_),
                  static_cast<long long>(inner_.updates()), 100 * learner_share());
    job_.log(LogLevel::kInfo, text);
    return ended;
  }

 private:
  Status explore() {
    while (!exhausted(design_)) {
      while (static_cast<int>(tried_.size()) < (knows_all() ? 1 : params_.outer.batch)) {
        PTAH_TRY(open_next());
        PTAH_TRY(leave_checkpoint());
      }
      while (wants_episode()) {
        PTAH_TRY(play());
        if (exhausted(design_)) return ok();
      }
      PTAH_TRY(finish_iteration());
      PTAH_TRY(leave_checkpoint());
    }
    return ok();
  }

  /// Draws the next assignment and makes its baseline; episodes are of the best that there is.
  Status open_next() {
    if (job_.cancelled()) return cancelled_error();
    Draw draw;
    {
      const Timed timed(learner_seconds_);
      PTAH_TRY(draw, outer_.draw(job_));
    }
    const std::int64_t before = design_.spent().evaluations;
    auto opened = design_.open(draw.fingers);
    if (!opened && opened.error().code != ErrorCode::kInfeasible) return opened.error();
    const std::int64_t used = design_.spent().evaluations - before;
    const double share =
        knows_all() ? std::max(kShareWhenKnown, params_.inner_share) : params_.inner_share;
    owed_ += static_cast<double>(used) * share / (1 - share);
    unspent_ = used > 0 ? 0 : unspent_ + 1;
    if (unspent_ == kHopeless) {
      return make_error(
          ErrorCode::kInfeasible,
          std::to_string(kHopeless) + " assignments in a row had nothing that could be evaluated.",
          "explorer rl");
    }
    job_.metric("rl_outer_entropy", drawn_, outer_.entropy());
    if (params_.paper) job_.metric("rl_redraws", drawn_, static_cast<double>(draw.redrawn));
    ++drawn_;
    std::optional<double> cost;
    if (opened) {
      const Evaluation& baseline = opened.value()->baseline();
      if (baseline.feasible) cost = baseline.cost;
      if (baseline.feasible && !baseline.cost && !baseline.pscore) {
        return make_error(ErrorCode::kUnsupported, "Layouts of this flow have no cost.",
                          "explorer rl", "explore with a flow that simulates");
      }
      // What breaks the specs is no baseline: moves seldom mend what fingers have done.
      const bool plays = params_.paper ? baseline.feasible : cost.has_value();
      if (plays && (environment_.space() == nullptr || is_less(baseline.cost, played_.baseline))) {
        PTAH_TRY(environment_.enter(opened.value()));
        played_ = {draw.fingers, baseline.cost, tried_.size(), {}};
        if (params_.checkpoints) played_.bytes = opened.value()->save();
      }
    }
    tried_.push_back(cost);
    return ok();
  }

  /// Where moves may have the rest of the budget: no assignment is new.
  bool knows_all() const {
    return !params_.paper && params_.outer.redraw_explored && params_.inner_share > 0 &&
           outer_.knows_all();
  }

  static bool is_less(const std::optional<double>& a, const std::optional<double>& b) {
    return a && (!b || *a < *b);
  }

  bool wants_episode() const {
    if (environment_.space() == nullptr) return false;
    if (in_episode_) return true;
    if (params_.episodes > 0) return episodes_here_ < params_.episodes;
    return !idle_ && owed_ > 0;
  }

  /// An episode, or the rest of one.
  Status play() {
    bool begins = !in_episode_;
    if (!in_episode_) {
      PTAH_TRY(environment_.reset());
      in_episode_ = true;
      idle_ = true;
      episode_return_ = 0;
      episode_best_step_ = -std::numeric_limits<double>::infinity();
    }
    for (bool done = false; !done;) {
      if (job_.cancelled()) return cancelled_error();
      if (exhausted(design_)) return ok();
      const std::vector<float> state = environment_.state();
      PTAH_TRY(const Mask mask, environment_.mask());
      if (std::exchange(begins, false)) reference_ = {};
      if (reference_.states.size() < kMostReference) {
        reference_.states.push_back(state);
        reference_.masks.push_back(mask);
      }
      Choice choice;
      {
        const Timed timed(learner_seconds_);
        choice = inner_.choose(state, mask);
      }
      const std::int64_t before = design_.spent().evaluations;
      PTAH_TRY(const Outcome outcome, environment_.step(choice.action));
      const std::int64_t used = design_.spent().evaluations - before;
      owed_ -= static_cast<double>(used);
      if (used > 0) idle_ = false;
      inner_.keep(state, mask, choice, outcome.reward, outcome.done);
      episode_return_ += outcome.reward;
      episode_best_step_ = std::max(episode_best_step_, outcome.reward);
      if (played_.number && outcome.evaluation.valid && outcome.evaluation.feasible &&
          is_less(outcome.evaluation.cost, tried_[*played_.number]))
        tried_[*played_.number] = outcome.evaluation.cost;
      done = outcome.done;
      if (!done) {
        PTAH_TRY(leave_checkpoint());
      }
    }
    in_episode_ = false;
    const double worth =
        params_.outer.reward == OuterReward::kStep ? episode_best_step_ : episode_return_;
    best_return_ = episodes_here_ == 0 ? worth : std::max(best_return_, worth);
    job_.metric("rl_episode_return", episode_, episode_return_);
    ++episode_;
    ++episodes_here_;
    if (inner_.ready()) {
      PTAH_TRY(learn_moves());
    }
    return leave_checkpoint();
  }

  Status learn_moves() {
    const std::int64_t number = inner_.updates();
    {
      const Timed timed(learner_seconds_);
      PTAH_TRY(const Update update, inner_.learn(params_.frozen, params_.shuffle_reward, job_));
      job_.metric("rl_loss", number, update.loss);
      job_.metric("rl_kl", number, update.kl);
      job_.metric("rl_entropy", number, update.entropy);
      if (!std::isfinite(update.loss)) {
        return make_error(ErrorCode::kInfeasible, "The inner agent diverges.", "explorer rl",
                          "lower its inner_learning_rate");
      }
    }
    job_.metric("rl_learner_share", design_.spent().evaluations, learner_share());
    return ok();
  }

  /// What each assignment of the iteration was worth, and what is learnt of that.
  Status finish_iteration() {
    std::vector<double> rewards;
    std::optional<double> reference = best_;
    for (const std::optional<double>& cost : tried_) {
      if (!reference) reference = cost;
    }
    for (const std::optional<double>& cost : tried_) {
      double reward = params_.outer.no_baseline;
      if (params_.paper) {
        if (played_.number == rewards.size()) reward = best_return_;
      } else if (cost) {
        // By how much better than the best so far, as a logarithm.
        reward = std::clamp(std::log(std::max(*reference, 1e-12) / std::max(*cost, 1e-12)),
                            -kFarthest, kFarthest);
      }
      job_.metric("rl_outer_reward",
                  drawn_ - static_cast<std::int64_t>(tried_.size()) +
                      static_cast<std::int64_t>(rewards.size()),
                  reward);
      rewards.push_back(reward);
      if (is_less(cost, best_)) best_ = cost;
    }
    if (params_.shuffle_reward) shuffle(rewards);
    {
      const Timed timed(learner_seconds_);
      PTAH_TRY(const double divergence, outer_.learn(rewards, params_.frozen, job_));
      job_.metric("rl_outer_kl", iteration_, divergence);
    }
    job_.metric("rl_learner_share", design_.spent().evaluations, learner_share());
    if (params_.paper) inner_.forget();  // The published rollout begins anew.
    played_.number.reset();
    if (params_.paper || params_.plays_latest) {
      environment_.leave();
      played_ = {};
    }
    tried_.clear();
    episodes_here_ = 0;
    idle_ = false;
    best_return_ = 0;
    ++iteration_;
    return ok();
  }

  /// Deals to each one of the last rewards.
  void shuffle(std::vector<double>& rewards) {
    Rng lots = rng_.fork(kDealing).fork(static_cast<std::uint64_t>(iteration_));
    for (const double reward : rewards) past_.push_back(reward);
    while (past_.size() > kShuffledAmong) past_.pop_front();
    for (double& reward : rewards) reward = past_[lots.below(past_.size())];
  }

  double learner_share() const { return learner_seconds_ / std::max(1e-9, seconds_since(begin_)); }

  Status leave_checkpoint() {
    if (!params_.checkpoints) return ok();
    const double wait =
        std::max(params_.checkpoint_seconds, kCheckpointShare * last_checkpoint_seconds_);
    if (params_.checkpoint_seconds > 0 && left_ && seconds_since(*left_) < wait) return ok();
    const Clock::time_point begin = Clock::now();
    nets::TensorFile file;
    outer_.save(file);
    inner_.save(file);
    add_reference(file);
    const auto known = [](const auto& value) { return value ? Json(*value) : Json(); };
    Json tried = Json::array();
    for (const std::optional<double>& cost : tried_) tried.push_back(known(cost));
    Json state{{"iteration", iteration_},
               {"episode", episode_},
               {"drawn", drawn_},
               {"tried", tried},
               {"owed", owed_},
               {"unspent", unspent_},
               {"idle", idle_},
               {"in_episode", in_episode_},
               {"return", episode_return_},
               {"best", known(best_)},
               {"past", past_}};
    state["played"] = {to_string(played_.fingers), known(played_.baseline), known(played_.number)};
    state["episodes_here"] = episodes_here_;
    state["best_step"] = in_episode_ ? episode_best_step_ : 0.0;
    state["best_return"] = best_return_;
    state["environment"] = environment_.save();
    file.metadata["exploration"] = state.dump();
    const auto add = [&](const char* name, const std::string& bytes) {
      if (!bytes.empty()) file.add(name, safetensors::Dtype::kU8, {bytes.size()}, bytes);
    };
    if (environment_.space() != nullptr) {
      add("space.baseline", played_.bytes);
      if (in_episode_) add("space.present", environment_.space()->save());
    }
    PTAH_TRY(design_.checkpoint(file.bytes()));
    left_ = Clock::now();
    last_checkpoint_seconds_ = seconds_since(begin);
    return ok();
  }

  void add_reference(nets::TensorFile& file) const {
    if (reference_.states.empty()) return;
    const std::size_t count = reference_.states.size();
    std::string states, masks;
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<float>& state = reference_.states[i];
      states.append(reinterpret_cast<const char*>(state.data()), state.size() * sizeof(float));
      masks.append(reference_.masks[i].begin(), reference_.masks[i].end());
    }
    file.add("reference.states", safetensors::Dtype::kF32, {count, environment_.state_size()},
             std::move(states));
    if (!masks.empty())
      file.add("reference.masks", safetensors::Dtype::kU8, {count, masks.size() / count}, masks);
  }

  Status restore_reference(const safetensors::Contents& contents) {
    const auto states = contents.tensors.find("reference.states");
    if (states == contents.tensors.end()) return ok();
    const std::size_t width = environment_.state_size() * sizeof(float);
    const std::size_t count = states->second.bytes.size() / width;
    const std::size_t choices = params_.paper ? 0 : environment_.heads().front();
    const auto masks = contents.tensors.find("reference.masks");
    const std::string_view tried =
        masks == contents.tensors.end() ? std::string_view() : masks->second.bytes;
    if (count * width != states->second.bytes.size() || tried.size() != count * choices)
      return make_error(ErrorCode::kParse, "The checkpoint is of another circuit.", "checkpoint");
    for (std::size_t i = 0; i < count; ++i) {
      reference_.states.emplace_back(environment_.state_size());
      std::memcpy(reference_.states.back().data(), states->second.bytes.data() + i * width, width);
      const std::string_view mask = tried.substr(i * choices, choices);
      reference_.masks.emplace_back(mask.begin(), mask.end());
    }
    return ok();
  }

  Status resume(const std::string& bytes) {
    const auto bad = [](const std::string& what) {
      return make_error(ErrorCode::kParse, what, "checkpoint");
    };
    PTAH_TRY(const safetensors::Contents contents, safetensors::parse(bytes, "checkpoint"));
    PTAH_TRY(outer_.restore(contents));
    PTAH_TRY(inner_.restore(contents));
    PTAH_TRY(restore_reference(contents));
    const auto tensor = [&](const char* name) {
      const auto found = contents.tensors.find(name);
      return found == contents.tensors.end() ? std::string_view() : found->second.bytes;
    };
    const auto text = contents.metadata.find("exploration");
    if (text == contents.metadata.end()) return bad("It is of another explorer.");
    Json environment;
    try {
      const Json state = Json::parse(text->second);
      iteration_ = state.at("iteration");
      episode_ = state.at("episode");
      drawn_ = state.at("drawn");
      for (const Json& one : state.at("tried")) {
        tried_.emplace_back();
        if (!one.is_null()) tried_.back() = one.get<double>();
      }
      const Json& played = state.at("played");
      if (!played.at(1).is_null()) played_.baseline = played[1].get<double>();
      if (!played.at(2).is_null()) played_.number = played[2].get<std::size_t>();
      if (played_.number && *played_.number >= tried_.size())
        return bad("It plays an assignment that was not tried.");
      const auto name = played.at(0).get<std::string>();
      if (!name.empty()) {
        PTAH_TRY(played_.fingers, parse_fingers(name));
      }
      episodes_here_ = state.at("episodes_here");
      owed_ = state.at("owed");
      unspent_ = state.at("unspent");
      idle_ = state.at("idle");
      in_episode_ = state.at("in_episode");
      episode_return_ = state.at("return");
      episode_best_step_ = state.at("best_step");
      best_return_ = state.at("best_return");
      if (!state.at("best").is_null()) best_ = state["best"].get<double>();
      past_ = state.at("past").get<std::deque<double>>();
      environment = state.at("environment");
    } catch (const Json::exception& exception) {
      return bad(exception.what());
    }
    const std::string_view baseline = tensor("space.baseline");
    if (!baseline.empty()) {
      // Not `open`, which would evaluate the baseline once more.
      PTAH_TRY(auto space, design_.enter(played_.fingers));
      PTAH_TRY(space->load(baseline));
      played_.bytes = baseline;
      PTAH_TRY(environment_.enter(std::move(space)));
    }
    return environment_.restore(environment, tensor("space.present"));
  }

  DesignSpace& design_;
  const Params& params_;
  JobContext& job_;
  Rng rng_;
  Agents agents_;
  OuterAgent& outer_ = agents_.outer;
  Environment& environment_ = agents_.environment;
  InnerAgent& inner_ = agents_.inner;
  Reference reference_;  ///< Of the last episode.

  std::int64_t iteration_ = 0, episode_ = 0, drawn_ = 0;
  /// Of the assignments of this iteration, the least that a feasible layout costs.
  std::vector<std::optional<double>> tried_;
  Played played_;  ///< Whose space the environment has.
  std::int64_t episodes_here_ = 0;
  double best_return_ = 0;  ///< Of the iteration's episodes, in the sense of OuterReward.
  double owed_ = 0;         ///< Evaluations that moves are behind `inner_share`.
  int unspent_ = 0;
  bool idle_ = false;  ///< The last episode used no evaluation.
  bool in_episode_ = false;
  double episode_return_ = 0, episode_best_step_ = 0;
  std::optional<double> best_;  ///< Before this iteration.
  std::deque<double> past_;     ///< Outer rewards, of the shuffled control.

  Clock::time_point begin_ = Clock::now();
  double learner_seconds_ = 0;  ///< In this process.
  std::optional<Clock::time_point> left_;
  double last_checkpoint_seconds_ = 0;
};

class RlExplorer final : public Explorer {
 public:
  explicit RlExplorer(const Params& params) : params_(params) {}
  Status explore(DesignSpace& space, JobContext& job) override {
    return rl::explore(space, params_, job, begin_ ? &*begin_ : nullptr, &learnt_);
  }
  bool learns() const noexcept override { return true; }
  Status start_from(const ModelFiles& files, const DesignSpace& space, JobContext&) override {
    PTAH_TRY(begin_, read_policy(files));
    return check_policy(*begin_, params_, space);
  }
  Result<TrainedModel> learnt(JobContext& job) override {
    return write_policy(learnt_, job.scratch_dir());
  }

 private:
  Params params_;
  std::optional<Policy> begin_;
  Policy learnt_;
};

}  // namespace

Status explore(DesignSpace& space, const Params& params, JobContext& job, const Policy* begin,
               Policy* learnt) {
  if (space.circuit().devices.empty())
    return make_error(ErrorCode::kInfeasible, "There is nothing to place.", "explorer rl");
  nets::set_threads(1);
  Exploration exploration(space, params, job);
  if (begin != nullptr) {
    PTAH_TRY(exploration.begin_with(*begin));
  }
  const Status ended = exploration.run();
  const bool well = ended || ended.error().code == ErrorCode::kLimit ||
                    ended.error().code == ErrorCode::kCancelled;
  if (well && learnt != nullptr) *learnt = exploration.learnt();
  return ended;
}

Status check_policy(const Policy& policy, const Params& params, const DesignSpace& space) {
  Agents agents(params, space, {}, Rng(0));
  PTAH_TRY(check_form(policy.manifest, form_of(params, space, agents)));
  return agents.restore_policy(policy);
}

std::unique_ptr<Explorer> make_explorer(const Json& json) {
  // The plugin's schema has checked them.
  return std::make_unique<RlExplorer>(params_from(Options::check(options(), json).value()));
}

}  // namespace ptah::rl
