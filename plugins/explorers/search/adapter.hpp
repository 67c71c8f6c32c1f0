/// A strategy as an explorer: what its plugin exports.
#pragma once

#include "ptah/plugin/plugin.hpp"
#include "strategy.hpp"

namespace ptah::search {

/// `S` has a constructor of Options and `static OptionSchema options()`. A fresh one explores each
/// time.
template <class S>
class StrategyExplorer final : public Explorer {
 public:
  explicit StrategyExplorer(const Options& options) : options_(options) { S checked(options_); }
  static OptionSchema options() { return S::options(); }
  Status explore(DesignSpace& space, JobContext& job) override {
    S strategy(options_);
    return search::explore(space, job, strategy);
  }

 private:
  Options options_;
};

}  // namespace ptah::search
