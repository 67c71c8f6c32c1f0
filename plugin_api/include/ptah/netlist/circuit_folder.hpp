/// A circuit as it is kept on disk: a folder with `circuit.yaml` and the files it names.
///
///   name: miller_ota
///   title: Miller OTA
///   description: Two-stage OTA with RC Miller compensation.
///   netlist: miller_ota.sp
///   pairs: pairs.json            # optional
///   channels: channels.json      # optional: which part of the circuit each device is in
///   testbench: testbench.spice   # optional
///   measures: measures.yaml      # optional: what to compute (ptah/sim/measures.hpp)
///   benches: [open_loop.spice]   # optional: further testbenches that measures name
///   fingers: [2, 4, 6]           # optional: the counts free groups choose from
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"

namespace ptah {

struct CircuitFolder {
  std::string name;
  std::string title;
  std::string description;
  std::string netlist;                         ///< Text.
  std::string netlist_name;                    ///< For messages: "miller_ota.sp".
  std::string pairs;                           ///< Text; empty: none.
  std::string channels;                        ///< Text; empty: none.
  std::string testbench;                       ///< Text; empty: none.
  std::string measures;                        ///< Text; empty: none.
  std::map<std::string, std::string> benches;  ///< File name -> text.
  std::vector<int> allowed_fingers;
};

/// Reads the folder's files; parses none but circuit.yaml. Fails with file:line, the field and what
/// it may be; files it names lie in the folder itself.
Result<CircuitFolder> read_circuit_folder(const std::filesystem::path& folder);

}  // namespace ptah
