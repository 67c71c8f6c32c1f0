# Sources of ptah_sdk in this folder.
target_sources(ptah_sdk PRIVATE
  src/sim/analysis.cpp
  src/sim/bench_cards.cpp
  src/sim/compact_models.cpp
  src/sim/deck.cpp
  src/sim/measure_specs.cpp
  src/sim/measures.cpp
  src/sim/model_library.cpp
  src/sim/raw_file.cpp
  src/sim/schematic_netlist.cpp
  src/sim/sim_text.cpp
  src/sim/specs.cpp
  src/sim/testbench.cpp
  src/sim/waveform.cpp)
