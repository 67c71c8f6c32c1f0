#include "ladder.hpp"

#include <algorithm>
#include <chrono>

namespace ptah::nets {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kHalvings = 3;

Json to_json(const Fidelity& fidelity) {
  return {{"layouts", fidelity.layouts}, {"epochs", fidelity.epochs}, {"grid", fidelity.grid}};
}

bool better(const Judged& a, const Judged& b) {
  return a.score != b.score ? a.score > b.score : a.outcome.loss < b.outcome.loss;
}

class Searcher {
 public:
  Searcher(const SearchOptions& options, std::uint64_t seed, const Evaluate& evaluate,
           const SearchWatch& watch)
      : options_(options),
        rng_(seed),
        evaluate_(evaluate),
        watch_(watch),
        propagation_(options.alpha),
        first_entropy_(propagation_.edge_entropy()) {}

  Result<Found> run() {
    PTAH_TRY(options_.method == Method::kHalving ? halve() : draw());
    std::size_t rung = 1;
    for (const Rung& next : options_.rungs) {
      PTAH_TRY(climb(best(rung - 1, next.candidates), next.fidelity, rung));
      ++rung;
    }
    const std::vector<Architecture> winner = best(rung - 1, 1);
    if (winner.empty()) {
      return make_error(ErrorCode::kInvalidArgument, "A search needs at least one candidate.",
                        "search");
    }
    return Found{winner.front(), history_, first_entropy_, propagation_.edge_entropy()};
  }

  Status restore(const Json& state) {
    try {
      PTAH_TRY(propagation_.restore(state.at("propagation")));
      used_ = state.at("seconds").get<double>();
      for (const Json& entry : state.at("history")) {
        Judged judged;
        PTAH_TRY(judged.trial.architecture, architecture_from_json(entry.at("architecture")));
        const Json& fidelity = entry.at("fidelity");
        judged.trial.fidelity = {fidelity.at("layouts").get<std::size_t>(),
                                 fidelity.at("epochs").get<int>(), fidelity.at("grid").get<int>()};
        judged.trial.stream = history_.size();
        judged.outcome = {entry.at("eta").get<double>(), entry.at("loss").get<double>()};
        judged.score = entry.at("score").get<double>();
        judged.rung = entry.at("rung").get<std::size_t>();
        history_.push_back(std::move(judged));
      }
      return ok();
    } catch (const Json::exception&) {
      return make_error(ErrorCode::kParse, "This is no state of a search.", "checkpoint");
    }
  }

 private:
  double seconds() const {
    return used_ + std::chrono::duration<double>(Clock::now() - started_).count();
  }
  std::size_t judged_at(std::size_t rung) const {
    return static_cast<std::size_t>(std::count_if(
        history_.begin(), history_.end(), [&](const Judged& one) { return one.rung == rung; }));
  }

  /// Candidates in rounds; a round is drawn from the weights that the one before left.
  Status draw() {
    while (history_.size() < options_.candidates && judged_at(1) == 0) {
      if (options_.seconds > 0 && !history_.empty() && seconds() > options_.seconds) break;
      std::vector<Architecture> round;
      const std::size_t count = std::min(std::max<std::size_t>(1, options_.side_by_side),
                                         options_.candidates - history_.size());
      for (std::size_t i = 0; i < count; ++i) round.push_back(candidate(history_.size() + i));
      PTAH_TRY(judge(round, options_.proxy, 0));
    }
    return ok();
  }

  Architecture candidate(std::size_t index) const {
    Architecture architecture = options_.common;
    Rng stream = rng_.fork(index);
    architecture.dags = propagation_.draw(stream);
    return architecture;
  }

  /// Each halving is a stretch of the history, as long as what was left before it.
  Status halve() {
    std::vector<Architecture> left;
    for (std::size_t i = 0; i < options_.candidates; ++i) left.push_back(candidate(i));
    std::size_t from = 0;
    for (int halving = 0; halving <= kHalvings; ++halving) {
      Fidelity fidelity = options_.proxy;
      fidelity.epochs = std::max(1, fidelity.epochs >> (kHalvings - halving));
      const std::size_t judged = judged_at(0);
      // One that a checkpoint knows to be over is passed, in part or whole.
      const std::size_t known = std::min(left.size(), judged - std::min(judged, from));
      const bool over = judged_at(1) > 0 || (options_.seconds > 0 && seconds() > options_.seconds);
      if (halving > 0 && known == 0 && over) break;
      PTAH_TRY(
          in_rounds({left.begin() + static_cast<std::ptrdiff_t>(known), left.end()}, fidelity, 0));
      last_ = {from, from + left.size()};
      from += left.size();
      left = best_of(last_.first, last_.second, (left.size() + 1) / 2);
    }
    return ok();
  }

  Status climb(const std::vector<Architecture>& chosen, const Fidelity& fidelity,
               std::size_t rung) {
    const std::size_t known = std::min(chosen.size(), judged_at(rung));
    return in_rounds({chosen.begin() + static_cast<std::ptrdiff_t>(known), chosen.end()}, fidelity,
                     rung);
  }

  Status in_rounds(const std::vector<Architecture>& all, const Fidelity& fidelity,
                   std::size_t rung) {
    const std::size_t step = std::max<std::size_t>(1, options_.side_by_side);
    for (std::size_t i = 0; i < all.size(); i += step) {
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(i);
      const auto to = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), i + step));
      PTAH_TRY(judge({from, to}, fidelity, rung));
    }
    return ok();
  }

  Status judge(const std::vector<Architecture>& round, const Fidelity& fidelity, std::size_t rung) {
    std::vector<Trial> trials;
    for (const Architecture& architecture : round)
      trials.push_back({architecture, fidelity, history_.size() + trials.size()});
    PTAH_TRY(const std::vector<Outcome> outcomes, evaluate_(trials));
    for (std::size_t i = 0; i < trials.size(); ++i) {
      const double cost =
          options_.cost_per_ms * size_of(trials[i].architecture, kWholeGrid).milliseconds;
      const Judged judged{trials[i], outcomes[i], outcomes[i].eta - cost, rung};
      if (rung == 0 && options_.method == Method::kGraphPropagation)
        propagation_.learn(judged.trial.architecture.dags, judged.score);
      history_.push_back(judged);
      report(judged);
    }
    return watch_.checkpoint ? watch_.checkpoint(state()) : ok();
  }

  void report(const Judged& judged) {
    if (!watch_.metric) return;
    const auto step = static_cast<std::int64_t>(history_.size()) - 1;
    const Size size = size_of(judged.trial.architecture, kWholeGrid);
    watch_.metric("eta", step, judged.outcome.eta);
    watch_.metric("rung", step, static_cast<double>(judged.rung));
    watch_.metric("last_loss", step, judged.outcome.loss);
    watch_.metric("estimated_ms", step, size.milliseconds);
    watch_.metric("parameters", step, static_cast<double>(size.parameters));
    watch_.metric("edge_entropy", step, propagation_.edge_entropy());
    watch_.metric("operation_entropy", step, propagation_.operation_entropy());
  }

  Json state() const {
    return {{"propagation", propagation_.save()},
            {"seconds", options_.seconds > 0 ? seconds() : 0.0},
            {"history", nets::to_json(history_)}};
  }

  /// The best different ones of those judged on a rung; of halvings, in the last.
  std::vector<Architecture> best(std::size_t rung, std::size_t count) const {
    if (rung == 0 && options_.method == Method::kHalving)
      return best_of(last_.first, last_.second, count);
    std::size_t from = 0;
    while (from < history_.size() && history_[from].rung != rung) ++from;
    return best_of(from, from + judged_at(rung), count);
  }

  std::vector<Architecture> best_of(std::size_t from, std::size_t to, std::size_t count) const {
    std::vector<Judged> order(history_.begin() + static_cast<std::ptrdiff_t>(from),
                              history_.begin() + static_cast<std::ptrdiff_t>(to));
    std::stable_sort(order.begin(), order.end(), better);
    std::vector<Architecture> chosen;
    for (const Judged& one : order) {
      if (chosen.size() == count) break;
      if (std::find(chosen.begin(), chosen.end(), one.trial.architecture) == chosen.end())
        chosen.push_back(one.trial.architecture);
    }
    return chosen;
  }

  /// Costs are of whole pictures, at whatever fidelity a candidate is judged.
  static constexpr int kWholeGrid = 64;

  SearchOptions options_;
  Rng rng_;
  const Evaluate& evaluate_;
  const SearchWatch& watch_;
  Propagation propagation_;
  double first_entropy_;
  std::vector<Judged> history_;
  std::pair<std::size_t, std::size_t> last_{0, 0};  ///< Of the last halving in the history.
  double used_ = 0;
  Clock::time_point started_ = Clock::now();
};

}  // namespace

Result<Found> search(const SearchOptions& options, std::uint64_t seed, const Evaluate& evaluate,
                     const SearchWatch& watch, const std::optional<Json>& state) {
  Searcher searcher(options, seed, evaluate, watch);
  if (state) {
    PTAH_TRY(searcher.restore(*state));
  }
  return searcher.run();
}

Json to_json(const std::vector<Judged>& history) {
  Json list = Json::array();
  for (const Judged& one : history) {
    list.push_back({{"architecture", to_json(one.trial.architecture)},
                    {"fidelity", to_json(one.trial.fidelity)},
                    {"eta", one.outcome.eta},
                    {"loss", one.outcome.loss},
                    {"score", one.score},
                    {"rung", one.rung}});
  }
  return list;
}

}  // namespace ptah::nets
