/// Rip-up and re-route: brings the wires of all nets to an agreement.
#pragma once

#include <vector>

#include "check.hpp"
#include "maze_router.hpp"
#include "search.hpp"

namespace ptah::maze {

class Negotiation {
 public:
  /// Grid and search have been prepared for the scene.
  Negotiation(const Scene& scene, Grid& grid, Search& search, const MazeOptions& options,
              std::vector<bool> supplies);

  /// Takes over a net's wires as they are.
  void keep(NetId net, NetWires wires);
  /// Routes all nets that were not kept and have at least two pins. Kept nets are only touched when
  /// the others cannot agree without them.
  Status run(JobContext& job, MazeStats& stats);

  const std::vector<NetWires>& nets() const noexcept { return nets_; }

 private:
  Status wire(NetId net, int conflict_price, JobContext& job, MazeStats& stats);
  void finish_net(NetId net);
  /// Conflicts between nets, and what finishing left undone.
  std::vector<WiringViolation> disagreements() const;
  void remember(const WiringViolation& violation);
  Error failure(const WiringViolation& violation, int rounds) const;

  const Scene& scene_;
  Grid& grid_;
  const MazeOptions& options_;
  std::vector<bool> supplies_;
  Search& search_;
  Corridors corridors_;
  std::vector<NetWires> nets_;
  std::vector<std::int64_t> narrowed_;
  std::vector<std::vector<WiringViolation>> unfinished_;  ///< By net.
  std::vector<std::vector<bool>> proven_;  ///< By net and layer: needed no finishing.
  std::vector<int> failures_;              ///< By net: rounds that ended with a defect of its own.
  std::vector<std::uint8_t> kept_;
};

}  // namespace ptah::maze
