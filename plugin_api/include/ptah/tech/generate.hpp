/// What outside tools need, generated from the technology's one YAML.
#pragma once

#include <string>

#include "ptah/tech/technology.hpp"

namespace ptah {

/// A Magic technology file (magic 8.3.105 and newer): planes, contacts, GDS in and out,
/// connectivity, DRC style drc(full), extraction with parasitics. Fails (kUnsupported) naming the
/// layer or rule of such a process that the technology lacks.
Result<std::string> magic_tech(const Technology& technology);
/// A Netgen setup that compares every device without parallel merging, sizes within 5 nm, with
/// property errors as errors.
std::string netgen_setup(const Technology& technology);
/// KLayout layer properties (.lyp).
std::string klayout_layer_properties(const Technology& technology);
/// A KLayout DRC deck of every rule of the technology but the antenna rules (0.28 and newer; its
/// head says how to run it).
/// Distances have square corners, as Magic's. A report that lacks its last category,
/// "ptah.complete", is no verdict. Fails (kUnsupported) where a rule names a derived layer that it
/// can not be asked of.
Result<std::string> klayout_drc(const Technology& technology);

}  // namespace ptah
