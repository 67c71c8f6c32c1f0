#include "ptah/plugin/plugin.hpp"

#include "maze_router.hpp"

namespace {

class MazeRouterStage final : public ptah::Router {
 public:
  explicit MazeRouterStage(const ptah::Options& options)
      : router_(ptah::maze::MazeOptions::from(options)) {}
  static ptah::OptionSchema options() { return ptah::maze::MazeOptions::schema(); }

  ptah::Result<ptah::Layout> route(const ptah::Circuit& circuit, const ptah::Tiles& tiles,
                                   const ptah::Placement& placement,
                                   const ptah::Technology& technology,
                                   ptah::JobContext& job) override {
    return router_.route(circuit, tiles, placement, technology, job);
  }
  ptah::Result<ptah::Layout> reroute(const ptah::Circuit& circuit, const ptah::Tiles& tiles,
                                     const ptah::Placement& placement, const ptah::Layout& previous,
                                     const ptah::Technology& technology,
                                     ptah::JobContext& job) override {
    return router_.reroute(circuit, tiles, placement, previous, technology, job);
  }

 private:
  ptah::maze::MazeRouter router_;
};

}  // namespace

PTAH_PLUGIN(ptah::Router, MazeRouterStage, "maze", "1.0.0",
            "Dijkstra global routing and A* detailed routing with rip-up and re-route.")
