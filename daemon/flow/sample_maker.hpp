/// One sampled layout after another of a design: placed with random net weights, routed, checked,
/// extracted, measured.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/circuit_input.hpp"
#include "flow/flow_config.hpp"
#include "flow/layout_assessment.hpp"
#include "rpc/dataset_types.hpp"
#include "samples/sample_file.hpp"

namespace ptah {

/// The measures that become labels, in the order of `asked`; without it those of testbenches that
/// have operating points alone, where there is none those that operating points give, and where
/// there is none of these, all. Fails with what there is.
Result<std::vector<MeasureSpec>> chosen_labels(
    const LoadedCircuit& loaded, const std::optional<std::vector<std::string>>& asked);

class SampleMaker {
 public:
  /// All outlive the maker.
  static Result<std::unique_ptr<SampleMaker>> create(const rpc::SampleTask& task,
                                                     const std::filesystem::path& scratch,
                                                     PluginHost& host, TaskSink& sink);
  SampleMaker(const SampleMaker&) = delete;

  const Circuit& circuit() const noexcept { return circuit_; }
  const std::vector<MeasureSpec>& labels() const noexcept { return labels_; }
  const StageSeconds& seconds() const noexcept { return seconds_; }

  /// What the rows of the dataset share (docs/datasets.md), with the measures of the schematic.
  /// Fails where the schematic has none.
  Result<Json> about();
  /// The layout with this number. An Error only where nothing can be made at all.
  Result<Sample> make(std::int64_t number);
  /// The same without an attempt to make it.
  Sample left_out(std::int64_t number, const std::string& reason) const;

 private:
  SampleMaker(const rpc::SampleTask& task, const std::filesystem::path& scratch, TaskSink& sink,
              Technology technology, LoadedCircuit loaded, Circuit circuit)
      : task_(task),
        scratch_(scratch),
        sink_(sink),
        technology_(std::move(technology)),
        loaded_(std::move(loaded)),
        circuit_(std::move(circuit)) {}
  Status bind(PluginHost& host);
  Status make_tiles();
  /// What is drawn for a layout.
  Sample draw(std::int64_t number) const;
  /// Goes through the stages; the reason where one refuses.
  Result<std::string> work(Sample& sample, FlowJob& job);
  Result<std::string> measure(const ExtractedNetlist& netlist, Sample& sample, FlowJob& job);

  const rpc::SampleTask& task_;
  const std::filesystem::path& scratch_;
  TaskSink& sink_;
  Technology technology_;
  LoadedCircuit loaded_;
  Circuit circuit_;  ///< With its fingers.
  FlowConfig flow_;
  std::vector<MeasureSpec> labels_;
  Measuring measuring_;
  bool needs_own_ = false;  ///< A label is of the circuit's own testbench.
  Bound<DeviceGenerator> generator_;
  Bound<Placer> placer_;
  Bound<Router> router_;
  std::optional<LayoutAssessment> assessment_;
  Tiles tiles_;
  StageSeconds seconds_;
};

}  // namespace ptah
