/// The technology: one YAML file is the single source of layers, rules, devices, connectivity and
/// parasitic coefficients. Everything an outside tool needs is generated from it (generate.hpp).
/// Format: docs/technology.md. Lengths are nm here and um in the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
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
  kWell,       ///< nwell, deep nwell
  kDiffusion,  ///< diff, tap
  kPoly,
  kImplant,    ///< nsdm, psdm, npc, lvtn, hvtp, rpm, urpm
  kConductor,  ///< li1, met1..met5
  kCut,        ///< licon1, mcon, via..via4
  kPlate,      ///< capm, cap2m
  kMarker,     ///< poly.res, li1.res, prBoundary, ...
};

struct Layer {
  std::string name;  ///< As in the process's documents: "nwell", "li1", "met1", "via".
  LayerType type = LayerType::kMarker;
  GdsLayer drawing;
  GdsLayer label;  ///< layer -1 where the layer has none
  GdsLayer pin;    ///< text and shape here make a port; layer -1 where the layer has none
  Dbu height = 0;  ///< Bottom above the substrate, conductors and poly.
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
  Dbu size = 0;  ///< Side of the exact square.
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
  Dbu wide_width = 0;    ///< Shapes wider than this ...
  Dbu wide_spacing = 0;  ///< ... keep this distance.
  DbuArea min_area = 0;
  DbuArea min_hole_area = 0;
  double sheet_ohm = 0;  ///< Ohm per square.
};

/// A device of the technology, and what a schematic may call it.
struct DeviceModel {
  std::string name;                  ///< "sky130_fd_pr__nfet_01v8"
  std::vector<std::string> aliases;  ///< "nfet", "nch", "resistor", ...
  DeviceKind kind = DeviceKind::kNmos;
  std::size_t terminals = 4;
  /// "mos", "mim", "varactor", "poly_resistor", "metal_resistor", "diode"
  std::string generator_class;
  std::vector<LayerId> markers;      ///< Extra layers that make this flavour: lvtn, hvtp, rpm.
  Dbu min_width = 0, max_width = 0;  ///< One finger / one body.
  Dbu min_length = 0, max_length = 0;
  double sheet_ohm = 0;        ///< Resistors.
  double contact_ohm = 0;      ///< Resistors: both heads together, for a body of unit width.
  double width_offset_um = 0;  ///< Resistors, capacitors: drawn minus effective width (side).
  /// Capacitors, sides w and l minus `width_offset_um`: area * w * l + edge * 2 * (w + l). 0: the
  /// technology does not say, and capacitors need sizes.
  double area_cap_af_um2 = 0;
  double edge_cap_af_um = 0;
  Dbu default_width = 0;   ///< Resistors given by value only.
  std::string magic_type;  ///< The tile type Magic draws it with; may be empty.

  /// Resistors, drawn sizes in nm: sheet * length / (width - offset) + contact / width.
  double resistance(Dbu width, Dbu length) const noexcept;
  /// Resistors: the length on `grid` whose resistance at `width` is nearest to `ohm`.
  Dbu length_for(double ohm, Dbu width, Dbu grid) const noexcept;
};

/// What a rule says. `value` of a Rule is in the unit named here.
enum class RuleKind {
  kWidth,                  ///< nm: `layers[0]` is at least that wide
  kSpacing,                ///< nm between `layers[0]` and `layers[1]`
  kWideSpacing,            ///< nm, where one shape is wider than `wider_than`
  kBottomPlateSpacing,     ///< nm between MIM bottom plates: `layers` = plate, metal
  kPlateToMetalSpacing,    ///< nm from a MIM plate to unrelated metal: `layers` = plate, metal
  kEnclosure,              ///< nm that `layers[0]` reaches past `layers[1]` on all sides
  kEnclosureOneDirection,  ///< nm, on two opposite sides
  kExtension,              ///< nm that `layers[0]` reaches past `layers[1]` where it crosses it
  kMaxExtension,           ///< nm, at most
  kOverlap,                ///< nm that the two overlap at least
  kChannelWidth,           ///< nm, transistors
  kChannelLength,          ///< nm, transistors
  kArea,                   ///< nm^2
  kHoleArea,               ///< nm^2 of a hole in `layers[0]`
  kCutSize,                ///< nm, side of the exact square
  kAllowedWidth,           ///< nm; several rules list the widths that exist
  kAllowedLength,          ///< nm
  kMaxDistance,            ///< nm from any point of `layers[0]` to the next `layers[1]`
  kHolds,                  ///< every `layers[0]` holds a `layers[1]`; no value
  kRectangular,            ///< no value
  kExclusive,              ///< `layers` do not overlap; no value
  kAntenna,                ///< ratio to the gate area
};
std::string_view to_string(RuleKind kind) noexcept;

struct Rule {
  std::string id;  ///< "difftap.3"; several rules may share an id and then share its value.
  RuleKind kind = RuleKind::kWidth;
  std::vector<std::string> layers;  ///< One or two names of layers or derived layers.
  std::int64_t value = 0;
  Dbu wider_than = 0;  ///< kWideSpacing
  std::string when;    ///< A condition in words, such as "abutting"; empty: always.
  std::string text;    ///< A sentence for people.
};

/// Shapes that rules speak of and nobody draws: where all of `all` lie and none of `none`.
struct DerivedLayer {
  std::string name;
  std::vector<LayerId> all;
  std::vector<LayerId> none;
  std::optional<LayerId> drawn;  ///< The drawn layer whose shapes these are.
};

struct Corners {
  double typical = 0, low = 0, high = 0;
};

/// C per length = k / (spacing + offset), up to halo.
struct SidewallLaw {
  double k_af = 0;  ///< aF
  double offset_um = 0;
  double halo_um = 0;
  double magic_k_af = 0;  ///< For Magic's older formula, offset 0.
};

/// The foundry's model of a wire between two equal neighbours over field: what one side has.
struct LineTable {
  struct Point {
    double spacing_um = 0;
    double coupling_af_um = 0;  ///< To the neighbour.
    double fringe_af_um = 0;    ///< To the substrate.
  };
  double width_um = 0;        ///< Of all three wires.
  std::vector<Point> points;  ///< By spacing, at least two.
};

/// Keys are layer or derived-layer names; "sub" stands for well, field and diffusion.
struct Parasitics {
  using Table = std::map<std::string, std::map<std::string, double>, std::less<>>;
  std::map<std::string, Corners, std::less<>> sheet_ohm;
  std::map<std::string, Corners, std::less<>> contact_ohm;  ///< One cut.
  Table area_af_um2;                                        ///< [upper][lower]
  Table fringe_down_af_um;  ///< [upper][lower]: from the upper's edge
  Table fringe_up_af_um;    ///< [lower][upper]: from the lower's edge
  std::map<std::string, SidewallLaw, std::less<>> sidewall;
  double magic_halo_um = 2;
  std::map<std::string, LineTable, std::less<>> lines;  ///< Optional.
};

/// An installed PDK that stands behind a technology: its own tech file and models are used instead
/// of generated ones.
struct Pdk {
  std::filesystem::path root;           ///< "$PDK_ROOT/sky130A"
  std::filesystem::path magic_tech;     ///< Directory of its Magic tech files.
  std::filesystem::path model_library;  ///< sky130.lib.spice
};

class Technology {
 public:
  /// "ptah130" (embedded), "sky130A" (the same layers and rules on the real tech file and models of
  /// $PDK_ROOT/sky130A; fails with what is missing), the absolute path of such a folder, or the
  /// path of a YAML file.
  static Result<Technology> resolve(std::string_view name_or_path);
  /// Parses and checks; an error names file:line, the field and what it may be.
  static Result<Technology> load(const std::filesystem::path& file);
  static Result<Technology> parse(std::string_view yaml, std::string_view name);
  /// The embedded default, "ptah130".
  static const Technology& ptah130();
  /// Every problem of a technology file, in file order, at most 100; empty: `parse` succeeds.
  static std::vector<Error> lint(std::string_view yaml, std::string_view name);

  /// What these contents are known by: copies share it, no other technology has it. Who keeps what
  /// a technology says from one call to the next keeps this beside it, and compares: at the address
  /// of a technology that is gone another one may lie, and names are given twice.
  using Identity = std::shared_ptr<const void>;
  const Identity& identity() const noexcept { return identity_; }

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
  const std::vector<Rule>& rules() const noexcept { return rules_; }
  const std::vector<DerivedLayer>& derived_layers() const noexcept { return derived_; }

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
  /// The same technology with further devices, whose names are none of its own.
  Technology with_devices(const std::vector<DeviceModel>& more) const;

  const Parasitics& parasitics() const noexcept { return parasitics_; }
  /// The YAML of the compact transistor models (key `models`); empty when the file has none.
  const std::string& models_text() const noexcept { return models_text_; }

 private:
  friend struct TechnologyReader;
  static Identity new_identity() { return std::make_shared<const char>(); }

  Identity identity_ = new_identity();
  std::string name_;
  std::optional<Pdk> pdk_;
  Dbu grid_ = 5;
  std::vector<Layer> layers_;
  std::vector<RoutingLayer> routing_;
  std::vector<Via> vias_;
  std::vector<DeviceModel> devices_;
  std::vector<Rule> rules_;
  std::vector<DerivedLayer> derived_;
  Parasitics parasitics_;
  std::string models_text_;
  std::map<std::string, std::size_t, std::less<>> rule_index_;
  std::map<std::string, LayerId, std::less<>> layer_index_;
  std::map<GdsLayer, LayerId> gds_index_;
  std::map<std::string, std::size_t, std::less<>> device_index_;  ///< Lower-case names and aliases.
  std::vector<Dbu> spacing_;                                      ///< Square matrices over layers.
  std::vector<Enclosure> enclosure_;
  std::vector<Dbu> width_;
};

}  // namespace ptah
