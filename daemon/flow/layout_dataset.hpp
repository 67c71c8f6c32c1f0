/// The layouts of finished runs, as a trainer reads them.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "flow/circuit_input.hpp"
#include "flow/stage_runner.hpp"
#include "ptah/stages/learning.hpp"
#include "rpc/model_types.hpp"

namespace ptah {

class LayoutDataset final : public Dataset {
 public:
  /// `task`, `host` and `job` outlive it. Fails where a run's inputs are gone or its technology is
  /// another than the first one's.
  static Result<std::unique_ptr<LayoutDataset>> open(const rpc::TrainTask& task, PluginHost& host,
                                                     FlowJob& job);

  const Technology& technology() const override { return technology_; }
  std::size_t size() const override { return task_.set.layouts.size(); }
  double label(std::size_t index) const override { return task_.set.layouts.at(index).label; }
  std::size_t design(std::size_t index) const override { return design_of_.at(index); }
  std::size_t designs() const override { return designs_.size(); }
  /// By the assignment: layouts of one chain come out of one another.
  Split split(std::size_t index) const override;
  Result<Example> read(std::size_t index) override;

 private:
  /// Runs of one circuit, drawn by one generator.
  struct Source {
    LoadedCircuit loaded;
    FingerSpace assignments;
    Bound<DeviceGenerator> generator;
  };
  struct DesignKey {
    Source* source = nullptr;
    std::int64_t assignment = 0;
  };
  /// Designs in memory: the last that were used.
  static constexpr std::size_t kMostInMemory = 64;

  LayoutDataset(const rpc::TrainTask& task, FlowJob& job, Technology technology)
      : task_(task), job_(job), technology_(std::move(technology)) {}
  Result<std::shared_ptr<const Design>> load(std::size_t number);

  const rpc::TrainTask& task_;
  FlowJob& job_;
  Technology technology_;
  std::map<std::string, std::unique_ptr<Source>> sources_;  ///< By what they are made of.
  std::vector<DesignKey> designs_;
  std::vector<std::size_t> design_of_;  ///< By layout.
  std::deque<std::pair<std::size_t, std::shared_ptr<const Design>>> in_memory_;
};

}  // namespace ptah
