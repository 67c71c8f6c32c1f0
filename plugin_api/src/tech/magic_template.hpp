/// Text of a Magic technology file with the technology's numbers filled in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/tech/technology.hpp"

namespace ptah::tech {

/// Replaces in `text`
///   {a - 2*b + 60}  by the value of rules a and b in nm (nm^2 for areas): sums of terms
///   {why a}         by "<text of rule a> < %d (a)"; Magic prints %d in um
///   {why! a}        by "<text of rule a> (a)", where Magic has no distance to print
/// An unknown rule is a bug of the caller and throws std::out_of_range.
std::string fill(std::string_view text, const Technology& technology);

/// quoting::magic_sentence of a text that the technology's reader has let through; anything else is
/// a bug and throws.
std::string sentence(std::string_view text, std::string_view tail);

/// One conductor of the stack and its names in Magic.
struct MagicConductor {
  LayerId layer;
  std::string type;      ///< "m1"
  std::string plane;     ///< "metal1"
  std::string all;       ///< alias with the resistor: "allm1"
  std::string resistor;  ///< "rm1"
  std::string gds;       ///< name of the GDS layer in the file: "MET1"
};
/// One cut between two conductors of that stack.
struct MagicVia {
  const Via* via;
  std::string type;  ///< "v1"
  const MagicConductor* lower;
  const MagicConductor* upper;
};
struct MagicStack {
  std::vector<MagicConductor> metals;  ///< From met1 up.
  std::vector<MagicVia> vias;          ///< Between metals.
};
MagicStack magic_stack(const Technology& technology);

/// The layer of that name; an unknown one is a bug and throws.
inline const Layer& named(const Technology& technology, std::string_view name) {
  return technology.layer(technology.layer(name));
}

/// "li1.res" -> "LI1_RES": names of GDS layers inside the file.
std::string gds_name(const Layer& layer);

// Sections of the file, each with its closing "end" (cif_output and drc_layers share theirs).
std::string magic_layers(const Technology& technology, const MagicStack& stack);
std::string magic_cif_output(const Technology& technology, const MagicStack& stack);
std::string magic_cif_input(const Technology& technology, const MagicStack& stack);
/// The boolean layers that rules of magic_drc look at: a second style of the cifoutput section.
std::string magic_drc_layers(const Technology& technology, const MagicStack& stack);
std::string magic_drc(const Technology& technology, const MagicStack& stack);
std::string magic_extract(const Technology& technology, const MagicStack& stack);

}  // namespace ptah::tech
