/// Ptah's own device models: small BSIM4 parameter sets, MIM capacitor and resistor laws, diodes,
/// written in YAML (configs/technologies/ptah130_models.yaml; format: docs/technology.md).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/sim/models.hpp"

namespace ptah {

class CompactModels {
 public:
  /// Fails with name:line, the field and what it may be.
  static Result<CompactModels> parse(std::string_view yaml, std::string_view name);

  /// Is `model` (lower case) one of these?
  bool has(std::string_view model) const;
  /// See `spice_models`.
  Result<std::string> deck(const ModelRequest& request) const;

 private:
  using Parameters = std::map<std::string, std::string>;
  /// One range of sizes, um: min <= size < max.
  struct Bin {
    double lmin = 0, lmax = 0, wmin = 0, wmax = 0;
    Parameters parameters;
  };
  struct Mosfet {
    std::string type;  ///< "nmos" or "pmos"
    Parameters parameters;
    std::vector<Bin> bins;
  };
  /// A shift a corner makes to one polarity.
  struct Shift {
    double vth_v = 0;     ///< Added to |vth0|.
    double mobility = 1;  ///< Factor of u0.
  };
  struct Capacitor {
    std::string farad, ohm;  ///< Expressions of w and l in um.
  };
  struct Resistor {
    int terminals = 3;
    double width_um = 0;  ///< Default of w; 0 where it must be given.
    std::string ohm;      ///< Expression of w and l in um.
    std::string farad;    ///< To the substrate, both halves together; may be empty.
    double sheet_ohm = 0,
           width_offset_um = 0;  ///< Where `ohm` is empty: a .model r of weff = w - offset.
    double tc1 = 0, tc2 = 0;
  };

  friend struct CompactModelReader;
  std::map<std::string, Mosfet> mosfets_;
  std::map<std::string, Capacitor> capacitors_;
  std::map<std::string, Resistor> resistors_;
  std::map<std::string, Parameters> diodes_;  ///< Of a level 3 model, by um^2 and um.
  std::map<std::string, std::map<std::string, Shift>> corners_;  ///< corner -> type -> shift
};

}  // namespace ptah
