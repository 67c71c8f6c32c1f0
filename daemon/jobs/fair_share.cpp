#include "jobs/fair_share.hpp"

#include <tuple>

namespace ptah {

std::optional<FairShare::Turn> FairShare::next(std::span<const Job> jobs, const Limit& limit) {
  struct Share {
    std::int64_t running = 0;
    std::optional<std::size_t> job;  ///< The next of those that wait.
  };
  std::map<std::string_view, Share> shares;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Share& share = shares[jobs[i].principal];
    share.running += jobs[i].running;
    const auto rank = [&](std::size_t job) {
      return std::tuple(jobs[job].running, jobs[job].turn);
    };
    if (jobs[i].waiting && (!share.job || rank(i) < rank(*share.job))) share.job = i;
  }
  std::erase_if(turns_, [&](const auto& turn) { return !shares.contains(turn.first); });
  const auto last_turn = [&](std::string_view principal) {
    const auto found = turns_.find(principal);
    return found == turns_.end() ? 0 : found->second;
  };
  std::optional<std::size_t> best;
  std::tuple<std::int64_t, std::uint64_t> least;
  for (const auto& [principal, share] : shares) {
    if (!share.job) continue;
    const std::int64_t most = limit ? limit(principal) : 0;
    if (most > 0 && share.running >= most) continue;
    const std::tuple rank(share.running, last_turn(principal));
    // Of two that have had no turn the one with the older job.
    if (best && (rank > least || (rank == least && *share.job > *best))) continue;
    best = share.job;
    least = rank;
  }
  if (!best) return std::nullopt;
  turns_.insert_or_assign(std::string(jobs[*best].principal), ++turn_);
  return Turn{*best, turn_};
}

}  // namespace ptah
