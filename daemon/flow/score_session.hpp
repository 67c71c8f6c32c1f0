/// What scoring keeps from one request to the next: parsed circuits, technologies, stages with what
/// they remember of the last layout, and the schematic's waveform. One a worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/circuit_input.hpp"
#include "flow/flow_config.hpp"
#include "flow/layout_assessment.hpp"
#include "ptah/netlist/fingers.hpp"

namespace ptah {

/// A circuit whose finger counts may be free, in a technology.
struct ParsedCircuit {
  std::string key;
  CircuitInput input;
  std::shared_ptr<const Technology> technology;
  LoadedCircuit loaded;
};

/// One finger assignment of a circuit, under one flow.
struct ScoreSession {
  std::string key;
  std::shared_ptr<const ParsedCircuit> parsed;
  FlowConfig flow;
  FingerAssignment fingers;  ///< Of every MOS device that the netlist leaves free.
  Circuit circuit;
  Measuring measuring;
  std::optional<std::vector<Measure>> schematic_measures;  ///< Once made.
  std::optional<LayoutAssessment> assessment;
  // Bound and made when first needed; see `prepare_tiles`.
  Bound<DeviceGenerator> generator;
  Bound<Router> router;
  Tiles tiles;
  std::vector<Rect> device_boxes;  ///< One a tile: see drawn_box.

  /// Tiles as the flow's generator draws them; with `route`, the router, too.
  Status prepare_tiles(PluginHost& host, FlowJob& job, StageSeconds& seconds, bool route);
  const Technology& technology() const noexcept { return *parsed->technology; }
  const std::optional<Testbench>& testbench() const noexcept { return parsed->loaded.testbench; }
};

class ScoreSessions {
 public:
  /// Files are read each time (a designer edits them); what they say is parsed once.
  Result<std::shared_ptr<const ParsedCircuit>> parse(const rpc::CircuitSource& source,
                                                     const std::string& tech);
  /// With its stages bound. `judges`: those of the sign-off, too.
  Result<ScoreSession*> open(PluginHost& host, std::shared_ptr<const ParsedCircuit> parsed,
                             const FlowConfig& flow, const FingerAssignment& fingers, bool judges);
  /// Forgets a session whose stages failed.
  void drop(const ScoreSession* session);
  /// A flow by name or path.
  Result<FlowConfig> flow(const std::string& name);

 private:
  template <typename T>
  struct Kept {
    std::string key;
    T value;
  };
  /// Most recent first; a worker keeps few, because each holds a technology and its engines'
  /// memory.
  std::vector<std::shared_ptr<const ParsedCircuit>> parsed_;
  std::vector<std::unique_ptr<ScoreSession>> sessions_;
  std::vector<Kept<std::shared_ptr<const Technology>>> technologies_;
  std::vector<Kept<FlowConfig>> flows_;
};

}  // namespace ptah
