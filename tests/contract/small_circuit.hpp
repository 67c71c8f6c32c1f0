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

/// Tiles of two sizes with a bar of met1 a pin and nothing else: for stages that look at outlines
/// and pins only.
Tiles blank_tiles(const Circuit& circuit);

/// Tiles in one row, slots a micrometre wider than tiles on each side.
Placement one_row(const Tiles& tiles);

/// A layout file with one device in it, below `folder`.
LayoutFile single_device_file(const std::filesystem::path& folder);

/// A divider of two resistors, and a testbench that sweeps it.
ExtractedNetlist divider();
Testbench divider_testbench();

}  // namespace ptah::contract
