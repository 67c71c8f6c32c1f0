/// The technology: one YAML file is the single source of layers, rules, devices, connectivity and
/// parasitic coefficients. Everything an outside tool needs is generated from it (generate.hpp).
/// Format: docs/technology.md. Lengths are nm here and um in the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/geom/geometry.hpp"
#include "ptah/netlist/circuit.hpp"

namespace ptah {

struct GdsLayer {
  std::int16_t layer = -1;
  std::int16_t datatype = 0;
  friend constexpr auto operator<=>(const GdsLayer&, const GdsLayer&) = default;
};

enum class LayerType {
  kWell,      ///< nwell, deep nwell
  kDiffusion, ///< diff, tap
  kPoly,
  kImplant,   ///< nsdm, psdm, npc, lvtn, hvtp, rpm, urpm
  kConductor, ///< li1, met1..met5
  kCut,       ///< licon1, mcon, via..via4
  kPlate,     ///< capm, cap2m
  kMarker,    ///< poly.res, li1.res, prBoundary, ...
};

struct Layer {
  std::string name;  ///< As in the process's documents: "nwell", "li1", "met1", "via".
  LayerType type = LayerType::kMarker;
  GdsLayer drawing;
  GdsLayer label;  ///< layer -1 where the layer has none
  GdsLayer pin;    ///< text and shape here make a port; layer -1 where the layer has none
  Dbu height = 0;     ///< Bottom above the substrate, conductors and poly.
  Dbu thickness = 0;
};

/// A distance that must hold on all sides, and one that must hold on two opposite sides.
struct Enclosure {
  Dbu all = 0;
  Dbu one_direction = 0;
};

/// A cut and the two conductors it joins.
struct Via {
  LayerId cut = 0;
  LayerId lower = 0;
  LayerId upper = 0;
  Dbu size = 0;    ///< Side of the exact square.
  Dbu spacing = 0;
  Enclosure lower_enclosure;
  Enclosure upper_enclosure;
};

/// What the router may use, lowest first.
struct RoutingLayer {
  LayerId layer = 0;
  bool horizontal = true;  ///< Preferred direction.
  Dbu min_width = 0;
  Dbu spacing = 0;
  Dbu wide_width = 0;      ///< Shapes wider than this ...
  Dbu wide_spacing = 0;    ///< ... keep this distance.
  DbuArea min_area = 0;
  DbuArea min_hole_area = 0;
  double sheet_ohm = 0;    ///< Ohm per square.
};

/// A device of the technology, and what a schematic may call it.
struct DeviceModel {
  std::string name;                  ///< "sky130_fd_pr__nfet_01v8"
  std::vector<std::string> aliases;  ///< "nfet", "nch", "resistor", ...
  DeviceKind kind = DeviceKind::kNmos;
  std::size_t terminals = 4;
  std::string generator_class;       ///< "mos", "mim", "poly_resistor", "metal_resistor"
  std::vector<LayerId> markers;      ///< Extra layers that make this flavour: lvtn, hvtp, rpm.
  Dbu min_width = 0, max_width = 0;  ///< One finger / one body.
  Dbu min_length = 0, max_length = 0;
  double sheet_ohm = 0;              ///< Resistors.
  double contact_ohm = 0;            ///< Resistors: both heads together, for a body of unit width.
  double width_offset_um = 0;        ///< Resistors: drawn minus effective width.
  Dbu default_width = 0;             ///< Resistors given by value only.
};

/// An installed PDK that stands behind a technology: its own tech file and models are used instead of
/// generated ones.
struct Pdk {
  std::filesystem::path root;           ///< "$PDK_ROOT/sky130A"
  std::filesystem::path magic_tech;     ///< Directory of its Magic tech files.
  std::filesystem::path model_library;  ///< sky130.lib.spice
};

class Technology {
 public:
  /// "ptah130" (embedded), "sky130A" (the same layers and rules on the real tech file and models of
  /// $PDK_ROOT/sky130A; fails with what is missing), or the path of a YAML file.
  static Result<Technology> resolve(std::string_view name_or_path);
  /// Parses and checks; an error names file:line, the field and what it may be.
  static Result<Technology> load(const std::filesystem::path& file);
  static Result<Technology> parse(std::string_view yaml, std::string_view name);
  /// The embedded default, "ptah130".
  static const Technology& ptah130();

  const std::string& name() const noexcept { return name_; }
  const std::optional<Pdk>& pdk() const noexcept { return pdk_; }
  Dbu grid() const noexcept { return grid_; }
  const std::vector<Layer>& layers() const noexcept { return layers_; }
  const Layer& layer(LayerId id) const { return layers_.at(id); }
  /// For names written in the program; an unknown one is a bug and throws std::out_of_range.
  LayerId layer(std::string_view layer_name) const;
  std::optional<LayerId> find_layer(std::string_view layer_name) const noexcept;
  std::optional<LayerId> find_gds(GdsLayer gds) const noexcept;  ///< By drawing purpose.

  /// A rule by the process's own id ("difftap.3", "licon.11", "m1.2", "capm.11"). nm, or nm^2 for
  /// areas. An unknown id is a bug and throws std::out_of_range.
  std::int64_t rule(std::string_view id) const;

  /// Pairwise minimum spacing of shapes of two layers (0: none). Symmetric; same layer included.
  Dbu spacing(LayerId a, LayerId b) const noexcept;
  Dbu min_width(LayerId id) const noexcept;
  Enclosure enclosure(LayerId outer, LayerId inner) const noexcept;

  const std::vector<RoutingLayer>& routing_layers() const noexcept { return routing_; }
  const std::vector<Via>& vias() const noexcept { return vias_; }
  /// The cut between two adjacent conductors; nullptr when they do not meet.
  const Via* via_between(LayerId lower, LayerId upper) const noexcept;

  const std::vector<DeviceModel>& devices() const noexcept { return devices_; }
  /// By name or alias, case-insensitively; nullptr when unknown.
  const DeviceModel* find_device(std::string_view name_or_alias) const noexcept;

 private:
  friend struct TechnologyReader;
  std::string name_;
  std::optional<Pdk> pdk_;
  Dbu grid_ = 5;
  std::vector<Layer> layers_;
  std::vector<RoutingLayer> routing_;
  std::vector<Via> vias_;
  std::vector<DeviceModel> devices_;
};

}  // namespace ptah
