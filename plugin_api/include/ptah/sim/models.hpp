/// Device models for a deck: only what its circuit needs, from the PDK behind the technology or
/// from Ptah's own compact models.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

/// One model as a deck uses it. Sizes in micrometres; 0: not known, all sizes are needed.
struct ModelUse {
  std::string model;  ///< Lower case.
  double width_um = 0;
  double length_um = 0;
  friend auto operator<=>(const ModelUse&, const ModelUse&) = default;
};

struct ModelRequest {
  std::vector<ModelUse> uses;  ///< Any order, repetitions allowed.
  std::string corner = "tt";
};

/// Lines that define every requested model, with sizes in bare micrometres (`.option scale`), for
/// both kinds of technology behind the same names and terminals:
///   X d g s b sky130_fd_pr__nfet_01v8 w=1.05 l=0.15 ad= as= pd= ps=
///   X top bottom sky130_fd_pr__cap_mim_m3_1 w= l=
///   X a b sub sky130_fd_pr__res_xhigh_po_0p35 l=     X a b sky130_fd_pr__res_generic_po w= l=
///   R a b sky130_fd_pr__res_generic_l1 w= l=
///   D anode cathode sky130_fd_pr__diode_pw2nd_05v5 w= l=     1e6 for 1 um
/// Fails naming the model, size or corner that does not exist. Names that are no models of the
/// technology (a testbench's own subcircuits) are passed over.
Result<std::string> spice_models(const Technology& technology, const ModelRequest& request);

/// Of a library as open_pdks installs it: the section `request.corner` with its includes, but only
/// the subcircuits in use and in them only the bins whose sizes are in use. ngspice then starts in
/// milliseconds instead of seconds, with the same results. Kept in `cache` (no cache when empty);
/// entries carry the size and time of every file they come from, and appear whole by a rename, so
/// that any number of processes may share it.
Result<std::string> trimmed_model_library(const std::filesystem::path& library,
                                          const ModelRequest& request,
                                          const std::filesystem::path& cache);

/// "$XDG_CACHE_HOME/ptah/models", else below $HOME/.cache; empty when neither can be used.
std::filesystem::path model_cache_directory();

}  // namespace ptah
