/// Resistances of the wires, cuts and contacts of a layout: per net a network whose nodes are
/// device terminals, ports, cuts and branch points.
///
/// A rectangle carries current along its longer axis; what is attached to it splits it into
/// segments of `sheet * length / width`. A neighbour at its side is attached at the middle of the
/// common edge and reaches the axis by half the width, or by Hall's formula where a wire turns.
/// Cuts that join the same two rectangles are one resistor at their centre. Diffusion, wells, the
/// substrate and heads of precision resistors are one node each: their resistance belongs to the
/// device models.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ptah/tech/technology.hpp"
#include "recognition/connectivity.hpp"
#include "recognition/disjoint_sets.hpp"
#include "recognition/rect_join.hpp"

namespace ptah::native {

/// Typical values, ohm.
struct ResistanceLaw {
  std::vector<double> sheet;               ///< Per square, by LayerId; 0: one node.
  std::vector<double> cut;                 ///< One cut of the standard size, by LayerId of the cut.
  std::vector<DbuArea> cut_area;           ///< Of the standard size, by LayerId of the cut.
  double on_n = 0, on_p = 0, on_poly = 0;  ///< One local contact, by what it lands on.
};
ResistanceLaw resistance_law(const Technology& technology);

/// Squares of the corner in which a wire of width `a` turns into one of width `b` (P. M. Hall,
/// "Resistance calculations for thin film patterns", Thin Solid Films 1, 1968): 0.559 for equals.
double corner_squares(double a, double b);

struct ResistorNetwork {
  struct Node {
    NetIndex net = kNone;
    Point at;
    double area_um2 = 0;  ///< Of the wire that is nearest to it.
    friend bool operator==(const Node&, const Node&) = default;
  };
  struct Resistor {
    std::int32_t a = 0, b = 0;  ///< a < b
    double ohm = 0;
    friend bool operator==(const Resistor&, const Resistor&) = default;
  };
  /// By net; the first of a net is its port's, where it has one.
  std::vector<Node> nodes;
  std::vector<std::size_t> first;   ///< Nodes of net i: first[i] .. first[i + 1] - 1, at least one.
  std::vector<Resistor> resistors;  ///< By (a, b); one for each pair.
  std::vector<std::int32_t>
      wells;  ///< By net: the node of its wells and taps, or of the substrate.
  /// Node of each device's terminals: terminals[device][terminal].
  std::vector<std::vector<std::int32_t>> terminals;
};

/// Keeps memory from one layout to the next; results depend on the arguments alone.
class NetworkBuilder {
 public:
  /// `entries`, by net, take the place of the labels of ports where they have one.
  void find(const Connectivity& connectivity, const Technology& technology,
            const ResistanceLaw& law, ResistorNetwork& into,
            std::span<const std::optional<FoundLabel>> entries = {});

 private:
  using Raw = std::int32_t;  ///< A node before zero ohms and stubs are taken out.

  struct Wire {
    Rect rect;
    NetIndex net = kNone;
    LayerId layer = 0;
    bool horizontal = false;  ///< Current flows along x.
    bool one_node = false;
    double sheet = 0;
    std::uint8_t ends[2] = {0, 0};  ///< Neighbours at its low, high end.
    Dbu from() const noexcept { return horizontal ? rect.x0 : rect.y0; }
    Dbu to() const noexcept { return horizontal ? rect.x1 : rect.y1; }
    Dbu across() const noexcept { return horizontal ? rect.height() : rect.width(); }
  };
  struct Attachment {
    std::int32_t wire;
    Dbu at;
    Raw node;
  };
  struct Edge {
    Raw a, b;
    double ohm;
  };
  /// What lies where: answered for all queries of a layer at once.
  struct Query {
    Rect rect;
    NetIndex net;
    std::int32_t wire;  ///< The answer; kNone: nothing there.
  };
  struct CutGroup {
    std::int32_t lower, upper;  ///< Wires; a lower one of kNone is the net's well.
    LayerId cut;
    bool p_type;
    NetIndex net;
    DbuArea area;
    double x, y;  ///< Moments.
  };

  void collect_wires(const Connectivity& connectivity, const Technology& technology,
                     const ResistanceLaw& law);
  void mark_heads(const Connectivity& connectivity, const Technology& technology);
  void join_neighbours(const ResistanceLaw& law);
  void join_cuts(const Connectivity& connectivity, const Technology& technology,
                 const ResistanceLaw& law);
  void attach_terminals(const Connectivity& connectivity, const Technology& technology);
  void attach_ports(const Connectivity& connectivity,
                    std::span<const std::optional<FoundLabel>> entries);
  void cut_wires();
  void mend_torn_nets(std::size_t nets);
  void reduce();
  void finish(const Connectivity& connectivity, ResistorNetwork& into);

  void answer(LayerId layer, std::vector<Query>& queries) const;
  Raw new_node(NetIndex net, Point at);
  Raw well(NetIndex net);
  Raw attach(std::int32_t wire, Point at, Dbu along);
  Raw attach(std::int32_t wire, Point at);

  std::vector<Wire> wires_;  ///< By layer, then (y0, x0).
  std::vector<std::size_t> layer_start_;
  std::vector<Rect> rects_;  ///< Of `wires_`.
  std::vector<Attachment> attachments_;
  std::vector<ResistorNetwork::Node> raw_;
  std::vector<bool> wanted_;  ///< By raw node: a terminal, port or cut.
  std::vector<Edge> edges_;
  std::vector<Raw> well_, port_, one_node_;  ///< By net, net, wire; kNone: none.
  std::vector<std::vector<Raw>> terminals_;
  DisjointSets sets_;
};

}  // namespace ptah::native
