/// Whose task is next: fair between principals, then between the jobs of one. No clock, no threads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ptah {

class FairShare {
 public:
  struct Job {
    std::string_view principal;
    std::int64_t running = 0;  ///< Tasks of it.
    bool waiting = false;      ///< Whether one more could start.
    std::uint64_t turn = 0;    ///< Its last one, or 0.
  };
  struct Turn {
    std::size_t job = 0;     ///< Its index.
    std::uint64_t turn = 0;  ///< Which is its last one now.
  };
  /// How many tasks of a principal may run; 0: any number.
  using Limit = std::function<std::int64_t(std::string_view principal)>;

  /// Which of `jobs`, which are in order of creation, starts a task; nothing where none may. It is
  /// one of the principal that has the fewest running, of those the one whose last turn is the
  /// longest ago; and of its jobs it is chosen in the same way. Of equals it is the oldest.
  std::optional<Turn> next(std::span<const Job> jobs, const Limit& limit);

 private:
  std::map<std::string, std::uint64_t, std::less<>> turns_;  ///< Of principals that have jobs.
  std::uint64_t turn_ = 0;
};

}  // namespace ptah
