/// The state that the steps of find_connectivity share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ptah/geom/region.hpp"
#include "recognition/connectivity.hpp"
#include "recognition/disjoint_sets.hpp"
#include "recognition/rect_join.hpp"

namespace ptah::native {

/// Layers that device recognition knows by the names of the process's documents, as the
/// technology's rules do. One that a technology lacks has no shapes.
struct NamedLayers {
  explicit NamedLayers(const Technology& technology);
  std::optional<LayerId> nwell, dnwell, pwell, diff, tap, poly, nsdm, psdm, npc, hvi;
};

/// Type of diffusion, from its implants.
enum class Doping : std::uint8_t { kUndoped, kN, kP };

/// A conductor that holds resistor bodies.
struct Bodies {
  LayerId layer = 0;
  Region drawn;   ///< Under the `.res` marker.
  Region shorts;  ///< Under the `.short` marker alone.
};

struct Builder {
  Builder(const gds::Flat& flat, const Technology& technology);

  const gds::Flat& flat;
  const Technology& technology;
  NamedLayers names;

  std::vector<std::vector<Rect>> drawn;  ///< By layer, as drawn.
  std::vector<Region> wires;             ///< By layer: conductors, plates, wells. Canonical.
  std::vector<std::int32_t> first_node;  ///< Node of wires[layer][i]: first_node[layer] + i.
  static constexpr std::int32_t kSubstrateNode = 0;
  DisjointSets shapes;                          ///< Connected within their own layer.
  DisjointSets nodes;                           ///< Connected.
  std::vector<Doping> diff_doping, tap_doping;  ///< Of wires[diff], wires[tap].
  Region gates;                                 ///< poly over diff
  Region plates;                                ///< poly over n-tap in n-well
  std::vector<Bodies> bodies;

  std::vector<Contact> contacts;  ///< `net` is a node until the end; so in `devices`.
  std::vector<FoundDevice> devices;
  std::vector<Oddity> oddities;

  std::int32_t node(LayerId layer, std::int32_t rect) const { return first_node[layer] + rect; }
  const Rect& wire(LayerId layer, std::int32_t rect) const {
    return wires[layer][static_cast<std::size_t>(rect)];
  }
  std::span<const Rect> shapes_of(std::optional<LayerId> layer) const {
    return layer ? std::span<const Rect>(drawn[*layer]) : std::span<const Rect>();
  }
  /// The layer's canonical region; computed once, for layers that are not wires.
  const Region& region(std::optional<LayerId> layer);
  void odd(std::string text, const Rect& place) { oddities.push_back({std::move(text), place}); }

 private:
  std::vector<std::optional<Region>> regions_;
};

// The steps, in their order.
/// Wires of every layer without gates and resistor bodies, joined within their layers.
void make_conductors(Builder& builder);
/// Wells, taps, substrate.
void join_wells(Builder& builder);
/// Cuts join what they meet.
void join_cuts(Builder& builder);
void find_transistors(Builder& builder);
void find_capacitors(Builder& builder);
void find_diodes(Builder& builder);
void find_varactors(Builder& builder);
void find_resistors(Builder& builder);

/// For each of `places`, sorted by y0: the node of the well it is in, kSubstrateNode outside.
std::vector<std::int32_t> bulks_of(const Builder& builder, std::span<const Rect> places);

/// Connected groups of a canonical region: for each rectangle the number of its group, in order of
/// the group's first rectangle.
std::vector<std::int32_t> groups_of(std::span<const Rect> region, std::size_t& count);

}  // namespace ptah::native
