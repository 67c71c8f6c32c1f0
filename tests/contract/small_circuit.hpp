/// A five-transistor amplifier built in memory, and what the stages need around it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ptah/stages/stages.hpp"

namespace ptah::contract {

/// Two matched pairs and a tail, two fingers each, with models of ptah130.
Circuit small_amplifier();
/// No devices, no nets.
Circuit empty_circuit();

/// Tiles without shapes, of a few different sizes: for stages that only look at outlines.
Tiles blank_tiles(const Circuit& circuit);

/// Tiles in one row, slots a micrometre wider than tiles on each side.
Placement one_row(const Tiles& tiles);

/// A layout file with one device in it, below `folder`.
LayoutFile single_device_file(const std::filesystem::path& folder);

/// A divider of two resistors, and a testbench that sweeps it.
ExtractedNetlist divider();
Testbench divider_testbench();

}  // namespace ptah::contract
