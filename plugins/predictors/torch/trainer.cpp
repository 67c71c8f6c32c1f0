#include "trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "metrics/correlation.hpp"
#include "model_file.hpp"
#include "options.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"
#include "quality.hpp"
#include "threads.hpp"
#include "training_state.hpp"
#include "trials.hpp"

namespace ptah::nets {
namespace {

using predictors::bad_of;
using predictors::calibrate;
using predictors::Calibration;
using predictors::Classes;
using predictors::judge;
using predictors::Judgement;
using predictors::target_loss;

constexpr std::uint64_t kMembers = 0x3e3b0000;
constexpr std::int64_t kStepsBetweenCheckpoints = 25;
constexpr double kReading = 0.02, kSearching = 0.5;  ///< Shares of the progress.

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// One training, from data to files.
class Training {
 public:
  /// `start`: what it goes on from, or null.
  Training(const std::string& plugin, const Json& json, const TrainerOptions& options,
           const std::string& core_hash, const Model* start, const TrainingData& data,
           Checkpoints& checkpoints, JobContext& job)
      : plugin_(plugin),
        json_(json),
        options_(options),
        core_hash_(core_hash),
        start_(start),
        data_(data),
        checkpoints_(checkpoints),
        job_(job) {}

  Result<TrainedModel> run() {
    PTAH_TRY(const Pictures pictures, Pictures::create(data_, options_.fit.grid));
    resume();
    if (!state_.architecture) {
      PTAH_TRY(find_architecture());
    }
    const Size size = size_of(*state_.architecture, options_.fit.grid);
    job_.log(LogLevel::kInfo, "The network has " + std::to_string(size.parameters) +
                                  " weights and takes " +
                                  std::to_string(static_cast<int>(size.mmac + 0.5)) +
                                  " million multiplications a placement.");
    Model model;
    for (int member = 0; member < options_.members; ++member) {
      PTAH_TRY(model.members.emplace_back(), train_member(member, pictures));
    }
    return finish(std::move(model), pictures);
  }

 private:
  void resume() {
    Json labels = Json::array();
    for (const auto* part : {&data_.train, &data_.validation})
      for (const Sample& sample : *part) labels.push_back(sample.label);
    state_.key = sha256_hex(Json{
        {"plugin", plugin_},
        {"options", json_},
        {"seed", job_.seed()},
        {"circuits", data_.circuits},
        {"from", start_ == nullptr ? Json() : Json(start_->weights_sha256)},
        {"labels",
         std::move(labels)}}.dump());
    if (checkpoints_.resumed()) {
      if (auto read = TrainingState::read(*checkpoints_.resumed(), state_.key)) {
        state_ = std::move(*read);
      } else {
        job_.log(LogLevel::kWarning,
                 "The checkpoint is of another training: this one starts again.");
      }
    }
    if (!options_.searches) state_.architecture = options_.architecture;
  }

  Status leave() {
    const std::string bytes = state_.save();
    if (bytes.size() <= Checkpoints::kMaxCheckpoint) return checkpoints_.checkpoint(bytes);
    if (!warned_) {
      job_.log(LogLevel::kWarning,
               "The training is too large for a checkpoint: killed, it starts again.");
    }
    warned_ = true;
    return ok();
  }

  Status find_architecture() {
    Trials trials(data_, options_.fit, options_.eta, job_.seed());
    const auto all = static_cast<double>(options_.search.candidates);
    std::int64_t judged = 0;
    if (state_.search)
      judged = static_cast<std::int64_t>(state_.search->value("history", Json::array()).size());
    SearchWatch watch;
    watch.metric = [&](const char* name, std::int64_t step, double value) {
      job_.metric(std::string("search_") + name, step, value);
      judged = step + 1;
      job_.progress(kReading + kSearching * std::min(1.0, static_cast<double>(judged) / all),
                    "candidate " + std::to_string(judged));
    };
    watch.checkpoint = [&](const Json& state) {
      state_.search = state;
      return leave();
    };
    const Evaluate evaluate = [&](const std::vector<Trial>& round) {
      return trials.judge(round, job_, [&](double share) {
        job_.progress(kReading + kSearching * std::min(1.0, static_cast<double>(judged) / all),
                      "candidate " + std::to_string(judged + 1) + ", " +
                          std::to_string(static_cast<int>(100 * share)) + " % trained");
      });
    };
    PTAH_TRY(const Found found,
             search(options_.search, job_.seed(), evaluate, watch, state_.search));
    set_threads(options_.threads);
    job_.log(LogLevel::kInfo, "The search judged " + std::to_string(found.history.size()) +
                                  " networks; the entropy of its edges went from " +
                                  std::to_string(found.first_edge_entropy) + " to " +
                                  std::to_string(found.last_edge_entropy) + " bits.");
    judge_proxy(found.history);
    state_.architecture = found.best;
    state_.history = to_json(found.history);
    state_.search.reset();
    return leave();
  }

  /// Whether the cheap fidelity of a search orders its candidates as the dearer ones do.
  void judge_proxy(const std::vector<Judged>& history) {
    for (std::size_t rung = 1; rung <= options_.search.rungs.size(); ++rung) {
      std::vector<double> cheap, dear;
      for (const Judged& again : history) {
        if (again.rung != rung) continue;
        // Of a halving, the last time that it was judged cheaply.
        const auto before = std::find_if(history.rbegin(), history.rend(), [&](const Judged& one) {
          return one.rung == 0 && one.trial.architecture == again.trial.architecture;
        });
        if (before == history.rend()) continue;
        cheap.push_back(before->outcome.eta);
        dear.push_back(again.outcome.eta);
      }
      if (cheap.size() < 2) continue;
      const learning::Interval tau = learning::kendall(cheap, dear);
      if (!std::isfinite(tau.value)) continue;
      job_.metric("search_proxy_tau", static_cast<std::int64_t>(rung), tau.value);
      job_.log(LogLevel::kInfo, "Of " + std::to_string(cheap.size()) +
                                    " candidates the proxy and rung " + std::to_string(rung) +
                                    " agree by a Kendall's tau of " + std::to_string(tau.value) +
                                    " (" + std::to_string(tau.low) + " to " +
                                    std::to_string(tau.high) + ").");
    }
  }

  Result<std::unique_ptr<Network>> train_member(int member, const Pictures& pictures) {
    const auto at = static_cast<std::size_t>(member);
    const std::uint64_t stream =
        Rng(job_.seed()).fork(kMembers + static_cast<std::uint64_t>(member)).next();
    auto fit = std::make_unique<Fit>(data_, pictures, *state_.architecture, options_.fit, stream);
    if (start_ != nullptr) fit->start_from(*start_->members[at % start_->members.size()]);
    if (at < state_.members.size()) {
      PTAH_TRY(fit->restore(state_.members[at]));
      return fit->release();
    }
    if (!state_.fit.empty()) {
      PTAH_TRY(fit->restore(state_.fit));
    }
    const auto begin = Clock::now();
    const std::int64_t before = fit->done();
    while (!fit->finished()) {
      if (job_.cancelled()) return cancelled_error();
      if (!std::isfinite(fit->step())) {
        return make_error(ErrorCode::kInfeasible,
                          "The training diverges at step " + std::to_string(fit->done()) + ".",
                          "trainer " + plugin_, "Choose a smaller learning_rate.");
      }
      report(member, *fit);
      const bool epoch = fit->done() % fit->steps_an_epoch() == 0;
      if (epoch) {
        PTAH_TRY(const double loss, report_epoch(member, *fit, pictures));
        if (options_.keeps_best && (state_.best.empty() || loss < state_.best_loss)) {
          state_.best = fit->save();
          state_.best_loss = loss;
        }
      }
      if (fit->finished()) break;
      if (epoch || fit->done() % kStepsBetweenCheckpoints == 0) {
        state_.fit = fit->save();
        PTAH_TRY(leave());
      }
    }
    job_.log(LogLevel::kInfo, std::to_string(fit->done() - before) + " steps in " +
                                  std::to_string(seconds_since(begin)) + " s.");
    if (!state_.best.empty()) {
      PTAH_TRY(fit->restore(state_.best));
    }
    state_.fit.clear();
    state_.best.clear();
    state_.members.push_back(fit->save());
    PTAH_TRY(leave());
    return fit->release();
  }

  void report(int member, const Fit& fit) {
    const double before = options_.searches ? kReading + kSearching : kReading;
    const double share =
        (member + static_cast<double>(fit.done()) / static_cast<double>(fit.steps())) /
        options_.members;
    job_.progress(before + (1 - before) * share,
                  "step " + std::to_string(fit.done()) + " of " + std::to_string(fit.steps()));
  }

  /// Returns its loss on the validation part.
  Result<double> report_epoch(int member, Fit& fit, const Pictures& pictures) {
    const std::int64_t epoch =
        std::int64_t{member} * options_.fit.epochs + fit.done() / fit.steps_an_epoch() - 1;
    const std::vector<double> odds = odds_of(fit.network(), pictures, data_.validation, &job_);
    if (odds.size() != data_.validation.size()) return cancelled_error();
    const Judgement judged = judge_epoch(odds);
    const double loss = target_loss(odds, data_, data_.validation, options_.fit.target);
    job_.metric("train_loss", epoch, fit.epoch_loss());
    job_.metric("validation_loss", epoch, loss);
    job_.metric("validation_accuracy", epoch, judged.accuracy);
    job_.metric("validation_auroc", epoch, judged.auroc);
    return loss;
  }

  /// Odds of what is not `worst` are none of being bad before they are calibrated.
  Judgement judge_epoch(const std::vector<double>& odds) const {
    const Classes bad = bad_of(data_, data_.validation);
    const bool worst = options_.fit.target == predictors::Target::kWorst;
    return judge(odds, bad, worst ? Calibration{} : calibrate(odds, bad, options_.fit.target));
  }

  /// Odds of the members' vote, calibrated.
  static std::vector<double> vote(const std::vector<std::vector<double>>& members,
                                  const Calibration& calibration) {
    std::vector<double> odds(members.front().size());
    for (std::size_t i = 0; i < odds.size(); ++i) {
      if (members.size() == 1) {
        odds[i] = calibration.odds(members[0][i]);
        continue;
      }
      double chance = 0;
      for (const auto& member : members) chance += calibration.probability(member[i]);
      chance /= static_cast<double>(members.size());
      odds[i] = std::log(std::max(chance, 1e-12) / std::max(1 - chance, 1e-12));
    }
    return odds;
  }

  Result<TrainedModel> finish(Model model, const Pictures& pictures) {
    std::vector<std::vector<double>> odds;
    std::vector<double> all;
    Classes all_bad;
    const Classes bad = bad_of(data_, data_.validation);
    for (const auto& member : model.members) {
      odds.push_back(odds_of(*member, pictures, data_.validation, &job_));
      if (odds.back().size() != bad.size()) return cancelled_error();
      all.insert(all.end(), odds.back().begin(), odds.back().end());
      all_bad.insert(all_bad.end(), bad.begin(), bad.end());
    }
    model.calibration = calibrate(all, all_bad, options_.fit.target);
    const Size size = size_of(*state_.architecture, options_.fit.grid);
    TrainedModel trained;
    trained.metrics = predictors::describe(
        model, data_, {vote(odds, {}), vote(odds, model.calibration)}, json_, job_.seed(),
        {{"parameters", static_cast<double>(size.parameters)},
         {"mmac", size.mmac},
         {"estimated_ms", size.milliseconds}});
    model.about["core_sha256"] = core_hash_;
    if (start_ != nullptr)
      model.about["from"] = {{"circuit", start_->about.value("circuit", Json())},
                             {"weights_sha256", start_->weights_sha256}};
    model.plugin = plugin_;
    model.architecture = *state_.architecture;
    model.grid = options_.fit.grid;
    model.reference = pictures.bytes(data_.validation.front());
    PTAH_TRY(trained.files, write_model(model, job_.scratch_dir()));
    PTAH_TRY(add_drawings(trained.files));
    return trained;
  }

  Status add_drawings(ModelFiles& files) {
    if (state_.architecture->kind != Kind::kNas) return ok();
    const auto& folder = job_.scratch_dir();
    files["architecture.svg"] = folder / "architecture.svg";
    PTAH_TRY(write_text_file(files["architecture.svg"],
                             svg_of(*state_.architecture, data_.designs.front()->circuit.name),
                             Durability::kCached));
    if (!options_.searches) return ok();
    files["search.json"] = folder / "search.json";
    return write_text_file(files["search.json"], state_.history.dump(1) + "\n",
                           Durability::kCached);
  }

  std::string plugin_;
  const Json& json_;
  const TrainerOptions& options_;
  std::string core_hash_;
  const Model* start_;
  const TrainingData& data_;
  Checkpoints& checkpoints_;
  JobContext& job_;
  TrainingState state_;
  bool warned_ = false;
};

class NetTrainer final : public Trainer {
 public:
  NetTrainer(std::string plugin, Json options, std::string core_hash)
      : plugin_(std::move(plugin)), json_(std::move(options)), core_hash_(std::move(core_hash)) {}

  Status start_from(const ModelFiles& files, JobContext&) override {
    try {
      PTAH_TRY(start_, read_model(files, plugin_));
      return ok();
    } catch (const std::exception& exception) {
      return failure(exception);
    }
  }

  Result<TrainedModel> train(Dataset& dataset, Checkpoints& checkpoints, JobContext& job) override {
    PTAH_TRY(TrainerOptions options, trainer_options(plugin_, json_));
    PTAH_TRY(go_on_from_start(options));
    if (job.cancelled()) return cancelled_error();
    try {
      set_threads(options.threads);
      job.log(LogLevel::kInfo, describe_blas());
      PTAH_TRY(const TrainingData data, predictors::read_training_data(dataset, job));
      return Training(plugin_, json_, options, core_hash_, start_ ? &*start_ : nullptr, data,
                      checkpoints, job)
          .run();
    } catch (const std::exception& exception) {
      return failure(exception);
    }
  }

 private:
  /// An exception of LibTorch must not leave this library: what() is a page with a backtrace.
  Error failure(const std::exception& exception) const {
    const std::string what = exception.what();
    return make_error(ErrorCode::kPluginFailed,
                      "LibTorch failed: " + what.substr(0, what.find('\n')) + ".",
                      "trainer " + plugin_);
  }

  /// The network is that of the model which it goes on from.
  Status go_on_from_start(TrainerOptions& options) const {
    const auto refuse = [&](const char* message, const char* hint) {
      return make_error(ErrorCode::kInvalidArgument, message, "trainer " + plugin_, hint);
    };
    if (!start_) {
      if (options.fit.epochs > 0) return ok();
      return refuse("Without epochs nothing is learnt.",
                    "Only what goes on from a model may have none.");
    }
    if (options.searches || options.architecture_given) {
      return refuse("What goes on from a model has its network.",
                    "Leave out `search` and `architecture`.");
    }
    options.architecture = start_->architecture;
    options.fit.grid = start_->grid;
    return ok();
  }

  std::string plugin_;
  Json json_;
  std::string core_hash_;
  std::optional<Model> start_;
};

}  // namespace

std::unique_ptr<Trainer> make_trainer(std::string plugin, Json options, std::string core_hash) {
  return std::make_unique<NetTrainer>(std::move(plugin), std::move(options), std::move(core_hash));
}

}  // namespace ptah::nets
