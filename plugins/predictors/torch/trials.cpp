#include "trials.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <thread>

#include "quality.hpp"
#include "threads.hpp"

namespace ptah::nets {
namespace {

using predictors::Calibration;

constexpr std::uint64_t kTrials = 0x5eed0000;
constexpr std::chrono::milliseconds kPoll{20};
constexpr std::chrono::milliseconds kBetweenSigns{500};

double eta_of(const std::string& name, const predictors::Judgement& judged) {
  if (name == "auroc") return judged.auroc;
  if (name == "loss") return 1 - judged.loss;
  return judged.accuracy;
}

}  // namespace

Result<const Pictures*> Trials::pictures_of(int grid) {
  auto found = pictures_.find(grid);
  if (found == pictures_.end()) {
    PTAH_TRY(auto pictures, Pictures::create(data_, grid));
    found = pictures_.emplace(grid, std::move(pictures)).first;
  }
  return &found->second;
}

Result<std::vector<Outcome>> Trials::judge(const std::vector<Trial>& trials, JobContext& job,
                                           const std::function<void(double)>& trained) {
  std::vector<const Pictures*> pictures;
  for (const Trial& trial : trials) {
    PTAH_TRY(pictures.emplace_back(), pictures_of(trial.fidelity.grid));
  }
  std::vector<Outcome> outcomes(trials.size());
  std::vector<std::exception_ptr> failures(trials.size());
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> running{trials.size()};
  std::atomic<std::int64_t> done{0}, all{0};  // Steps, of those that run.
  const predictors::Classes bad = predictors::bad_of(data_, data_.validation);
  const auto run = [&](std::size_t i) {
    try {
      set_threads(1);
      FitOptions options = fit_;
      options.epochs = trials[i].fidelity.epochs;
      options.grid = trials[i].fidelity.grid;
      if (trials[i].fidelity.layouts > 0) options.layouts = trials[i].fidelity.layouts;
      Fit fit(data_, *pictures[i], trials[i].architecture, options,
              Rng(seed_).fork(kTrials + trials[i].stream).next());
      all += fit.steps();
      while (!fit.finished() && !stop && std::isfinite(fit.step())) ++done;
      const bool diverged = !std::isfinite(fit.epoch_loss());
      predictors::Judgement judged;
      if (!stop && !diverged) {
        const auto odds = odds_of(fit.network(), *pictures[i], data_.validation);
        const bool worst = options.target == predictors::Target::kWorst;
        judged = predictors::judge(
            odds, bad, worst ? Calibration{} : predictors::calibrate(odds, bad, options.target));
      }
      // One that diverges is as bad as can be, and no reason to stop.
      outcomes[i] = diverged ? Outcome{0, 1e9} : Outcome{eta_of(eta_, judged), fit.epoch_loss()};
    } catch (...) {
      failures[i] = std::current_exception();
    }
    --running;
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < trials.size(); ++i) threads.emplace_back(run, i);
  auto told = std::chrono::steady_clock::now();
  while (running > 0) {
    if (job.cancelled()) stop = true;
    // A candidate can take longer than a silent worker is given.
    if (const auto now = std::chrono::steady_clock::now(); trained && now - told >= kBetweenSigns) {
      trained(static_cast<double>(done) / static_cast<double>(std::max<std::int64_t>(1, all)));
      told = now;
    }
    std::this_thread::sleep_for(kPoll);
  }
  for (std::thread& thread : threads) thread.join();
  if (job.cancelled() || stop) return cancelled_error();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  return outcomes;
}

}  // namespace ptah::nets
