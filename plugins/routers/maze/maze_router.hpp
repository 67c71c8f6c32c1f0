/// The maze router: Dijkstra for corridors, A* for wires, and nets that disagree are ripped up and
/// routed again at rising prices until none do (L. McMurchie, C. Ebeling: PathFinder, FPGA 1995).
/// Deviations: only nets in conflict are routed again; each net is finished (gaps closed, areas
/// patched) as soon as it is routed, so that its patches take part in the negotiation.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "ptah/core/error.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/layout/layout.hpp"
#include "ptah/plugin/options.hpp"

namespace ptah::maze {

struct MazeOptions {
  Dbu supply_width = 500;  ///< Of supply wires where it fits; multiple of 10 nm.
  Dbu margin = 2000;       ///< Around the placement, open to wires.
  int max_rounds = 80;     ///< Of rip-up and re-route.
  std::string bottom_layer = "met1";
  std::string top_layer = "met4";

  static OptionSchema schema();
  static MazeOptions from(const Options& options);
};

struct MazeStats {
  int nets_routed = 0;  ///< Nets wired in this call (each counted once).
  int nets_kept = 0;    ///< Nets taken over from the previous layout.
  int rounds = 0;       ///< Of negotiation.
  int rip_ups = 0;
  std::int64_t searches = 0;
  std::int64_t expansions = 0;
  std::int64_t narrowed_nm = 0;  ///< Supply wiring at minimum width.
  double setup_s = 0, global_s = 0, detail_s = 0, check_s = 0;
};

/// For the seconds of MazeStats.
inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// An instance keeps its maps from one call to the next and only repaints what has changed (large
/// maps until another instance of the process needs some); results depend on the arguments of a
/// call alone.
class MazeRouter {
 public:
  explicit MazeRouter(MazeOptions options);
  ~MazeRouter();
  MazeRouter(MazeRouter&&) noexcept;
  MazeRouter& operator=(MazeRouter&&) noexcept;

  /// Fails with kInfeasible naming net, layer and place when no legal wiring is found; kCancelled.
  Result<Layout> route(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                       const Technology& technology, JobContext& job, MazeStats* stats = nullptr);
  /// Keeps the wires of every net that has no terminal on a moved tile and that no moved tile's
  /// metal comes too close to; others only give way when there is no other solution.
  Result<Layout> reroute(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                         const Layout& previous, const Technology& technology, JobContext& job,
                         MazeStats* stats = nullptr);

 private:
  struct Workspace;
  class Kept;
  Result<Layout> run(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                     const Layout* previous, const Technology& technology, JobContext& job,
                     MazeStats& stats);

  MazeOptions options_;
  std::unique_ptr<Kept> kept_;
};

/// Nets that carry the supplies: ports or bulk nets with a supply's name, and nets that bulks of
/// MOS devices are tied to. By net.
std::vector<bool> supply_nets(const Circuit& circuit);

}  // namespace ptah::maze
