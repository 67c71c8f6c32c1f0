#include "flow/score_copies.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "flow/score_graph.hpp"
#include "flow/score_nets.hpp"
#include "recognition/disjoint_sets.hpp"

namespace ptah {
namespace {

using namespace score_graph;

/// Places that an error names.
constexpr std::size_t kNamedPlaces = 3;
constexpr int kMaxDepth = 64;
constexpr std::size_t kManyInstances = 1'000'000;

/// Items that hang together by nets that are not cut.
struct Piece {
  std::vector<int> items;
  std::set<int> ports;  ///< Cut nets that are no rails.
};
using Pieces = std::map<Colour, std::vector<Piece>>;

/// By what they look like. Items on cut nets alone are no piece: they could be anybody's fingers.
Pieces pieces_of(const Graph& graph, const std::vector<bool>& rail, const std::vector<bool>& port,
                 std::size_t rounds) {
  const auto cut = [&](int net) {
    return rail[static_cast<std::size_t>(net)] || port[static_cast<std::size_t>(net)];
  };
  native::DisjointSets joined(graph.items.size());
  Colours colours = initial(graph);
  for (std::size_t round = 0; round < rounds; ++round) {
    refine_once(graph, colours);
    for (std::size_t n = 0; n < colours.nets.size(); ++n) {
      if (cut(static_cast<int>(n))) colours.nets[n] = 0;
    }
  }
  std::vector<bool> inner(graph.items.size(), false);
  for (std::size_t n = 0; n < graph.uses.size(); ++n) {
    if (cut(static_cast<int>(n))) continue;
    for (const auto& [item, end_role] : graph.uses[n]) {
      joined.unite(graph.uses[n].front().first, item);
      inner[static_cast<std::size_t>(item)] = true;
    }
  }
  std::map<int, Piece> by_root;
  for (std::size_t i = 0; i < graph.items.size(); ++i) {
    if (!inner[i]) continue;
    Piece& piece = by_root[joined.find(static_cast<int>(i))];
    piece.items.push_back(static_cast<int>(i));
    for (const auto& [end_role, net] : graph.items[i].ends) {
      if (port[static_cast<std::size_t>(net)] && !rail[static_cast<std::size_t>(net)]) {
        piece.ports.insert(net);
      }
    }
  }
  Pieces pieces;
  for (auto& [root, piece] : by_root) {
    std::vector<Colour> look;
    for (const int item : piece.items)
      look.push_back(colours.items[static_cast<std::size_t>(item)]);
    std::sort(look.begin(), look.end());
    Colour whole = 0;
    for (const Colour colour : look) whole = mix(whole, colour);
    pieces[whole].push_back(std::move(piece));
  }
  return pieces;
}

/// Without those that hang on the same ports as one before.
void drop_halves(std::vector<Piece>& pieces) {
  std::set<std::set<int>> seen;
  std::erase_if(pieces, [&](const Piece& piece) {
    return !piece.ports.empty() && !seen.insert(piece.ports).second;
  });
}

/// The cells below the top that are the circuit, each with how often it is there.
class CandidateCells {
 public:
  CandidateCells(const gds::Library& library, const Circuit& circuit, const Technology& technology)
      : library_(library), circuit_(circuit), technology_(technology) {
    for (const gds::Cell& cell : library.cells) cells_.emplace(cell.name, &cell);
  }

  std::map<std::string, std::size_t> below(const std::string& top) {
    std::map<std::string, std::size_t> found;
    const auto cell = cells_.find(top);
    if (cell != cells_.end()) visit(*cell->second, 1, kMaxDepth, found);
    return found;
  }

 private:
  void visit(const gds::Cell& cell, std::size_t times, int depth,
             std::map<std::string, std::size_t>& found) {
    std::map<std::string, std::size_t> children;
    for (const gds::Reference& reference : cell.references) {
      children[reference.cell] += static_cast<std::size_t>(std::max(reference.columns, 1)) *
                                  static_cast<std::size_t>(std::max(reference.rows, 1));
    }
    for (const auto& [name, count] : children) {
      const auto child = cells_.find(name);
      if (child == cells_.end() || depth == 0) continue;
      const std::size_t instances = std::min(times * count, kManyInstances);
      if (is_circuit(name)) {
        found[name] = std::min(found[name] + instances, kManyInstances);
      } else if (holds_circuit(name, depth - 1)) {
        visit(*child->second, instances, depth - 1, found);
      }
    }
  }

  /// Each cell is looked at once, however often it is there.
  bool is_circuit(const std::string& name) {
    const auto [known, fresh] = is_circuit_.emplace(name, false);
    if (!fresh) return known->second;
    const auto flat = gds::flatten(library_, name, technology_);
    if (flat.has_error()) return false;
    const FoundParts found =
        parts_of(native::find_connectivity(flat.value(), technology_), technology_);
    if (found.parts.size() < circuit_.devices.size()) return false;
    known->second = correspond(found, circuit_, technology_).exact;
    return known->second;
  }
  bool holds_circuit(const std::string& name, int depth) {
    const auto [known, fresh] = holds_circuit_.emplace(name, false);
    if (!fresh) return known->second;
    bool holds = false;
    for (const gds::Reference& reference : cells_.at(name)->references) {
      if (depth == 0 || !cells_.contains(reference.cell)) continue;
      holds = holds || is_circuit(reference.cell) || holds_circuit(reference.cell, depth - 1);
    }
    return holds_circuit_[name] = holds;
  }

  const gds::Library& library_;
  const Circuit& circuit_;
  const Technology& technology_;
  std::map<std::string, const gds::Cell*> cells_;
  std::map<std::string, bool> is_circuit_, holds_circuit_;
};

}  // namespace

std::vector<std::vector<int>> copies_of(const FoundParts& found, const Circuit& circuit,
                                        const Technology& technology) {
  const Graph have = graph_of(found, technology), wanted = graph_of(circuit, technology);
  std::vector<bool> wanted_rail(circuit.nets.size(), false),
      wanted_port(circuit.nets.size(), false);
  std::vector<bool> rail(found.nets.size(), false), port(found.nets.size(), false);
  for (const Device& device : circuit.devices) {
    if (const auto bulk = bulk_terminal(device.kind, device.nets.size()))
      wanted_rail[static_cast<std::size_t>(device.nets[*bulk])] = true;
  }
  for (const FoundPart& part : found.parts) {
    const DeviceModel* model = technology.find_device(part.model);
    const auto bulk = model != nullptr ? bulk_terminal(model->kind, part.nets.size())
                      : part.nets.size() < 3
                          ? std::nullopt
                          : std::optional<std::size_t>(part.nets.size() == 4 ? 3 : 2);
    if (bulk && part.nets[*bulk] >= 0) rail[static_cast<std::size_t>(part.nets[*bulk])] = true;
  }
  std::vector<NetId> named(found.nets.size(), kNoNet);
  for (std::size_t n = 0; n < named.size(); ++n) {
    const NetId net = found.nets[n].empty() ? kNoNet : circuit.find_net(found.nets[n]);
    if (net == kNoNet || !circuit.is_port(net)) continue;
    named[n] = net;
    rail[n] = rail[n] || wanted_rail[static_cast<std::size_t>(net)];
  }
  for (const bool cut_ports : {false, true}) {
    for (const NetId net : circuit.ports) wanted_port[static_cast<std::size_t>(net)] = cut_ports;
    for (std::size_t n = 0; n < named.size(); ++n) port[n] = cut_ports && named[n] != kNoNet;
    const std::size_t rounds = wanted.uses.size() + 1;  // as far as one can see in a copy
    const Pieces needed = pieces_of(wanted, wanted_rail, wanted_port, rounds);
    Pieces present = pieces_of(have, rail, port, rounds);
    std::size_t copies = needed.empty() ? 0 : found.parts.size();
    std::vector<Piece>* largest = nullptr;
    std::size_t of_each = 1;
    for (const auto& [look, pieces] : needed) {
      std::vector<Piece>& same = present[look];
      drop_halves(same);
      copies = std::min(copies, same.size() / pieces.size());
      if (same.empty()) break;
      if (largest == nullptr || largest->front().items.size() < same.front().items.size()) {
        largest = &same;
        of_each = pieces.size();
      }
    }
    if (copies < 2) continue;
    std::vector<std::vector<int>> parts(copies);
    for (std::size_t copy = 0; copy < copies; ++copy) {
      for (const int item : (*largest)[copy * of_each].items) {
        const auto& members = have.items[static_cast<std::size_t>(item)].members;
        parts[copy].insert(parts[copy].end(), members.begin(), members.end());
      }
    }
    return parts;
  }
  return {};
}

Status refuse_copies(const ScoreLayout& layout, const native::Connectivity& connectivity,
                     const FoundParts& found, const Circuit& circuit,
                     const Technology& technology) {
  const auto copies = copies_of(found, circuit, technology);
  // Where a circuit has no net of its own, a device of it that is not wired yet is another one.
  const bool telling = circuit.ports.size() < circuit.nets.size();
  const auto cells = telling ? CandidateCells(layout.library, circuit, technology).below(layout.top)
                             : std::map<std::string, std::size_t>{};
  std::size_t instances = 0;
  std::string names;
  for (const auto& [name, count] : cells) {
    instances = std::min(instances + count, kManyInstances);
    names += (names.empty() ? "" : " or ") + name;
  }
  const std::size_t count = std::max(copies.size(), instances);
  if (count < 2) return ok();
  std::string message =
      "The cell " + layout.top + " holds " + std::to_string(count) + " copies of " + circuit.name;
  for (std::size_t copy = 0; copy < std::min(copies.size(), kNamedPlaces); ++copy) {
    Rect box;
    for (const int part : copies[copy]) {
      box = box.united(connectivity.devices[static_cast<std::size_t>(part)].body);
    }
    const bool last = copy + 1 == copies.size();
    message += copy == 0 ? ", at (" : last ? " and (" : ", (";
    message += Json(to_um(box.x0)).dump() + ", " + Json(to_um(box.y0)).dump() + ")";
  }
  if (!copies.empty()) message += copies.size() > kNamedPlaces ? ", ... um" : " um";
  if (copies.empty() && cells.size() == 1) message += ", instances of the cell " + names;
  return make_error(ErrorCode::kInvalidArgument, message + ".", layout.name,
                    cells.empty()
                        ? "Score one of them: give it a cell of its own, and name that with `top`."
                        : "Score one of them: open the cell " + names + ", or name it with `top`.");
}

}  // namespace ptah
