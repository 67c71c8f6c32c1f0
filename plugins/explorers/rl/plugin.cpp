#include "ptah/plugin/plugin.hpp"

#include "adapters.hpp"
#include "options.hpp"

namespace {

class RlExplorer final : public ptah::nets::ExplorerAdapter {
 public:
  explicit RlExplorer(const ptah::Options& options) : ExplorerAdapter("rl", options) {}
  static ptah::OptionSchema options() { return ptah::rl::options(); }

  bool learns() const noexcept override { return true; }
  ptah::Status explore(ptah::DesignSpace& space, ptah::JobContext& job) override {
    if (!space.budget()) {
      return ptah::make_error(ptah::ErrorCode::kUnsupported,
                              "rl explores; start it with `ptah explore`.", "explorer rl");
    }
    return ExplorerAdapter::explore(space, job);
  }
};

}  // namespace

PTAH_PLUGIN(ptah::Explorer, RlExplorer, "rl", "1.0.0",
            "Learns which finger counts (REINFORCE) and which moves (PPO) make layouts better.")
