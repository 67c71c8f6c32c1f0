#include "native_pex.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "device_list.hpp"
#include "node_names.hpp"
#include "owners.hpp"
#include "ptah/core/letter_case.hpp"
#include "reduction.hpp"
#include "supply_entry.hpp"

namespace ptah::native {
namespace {

/// Ports in the circuit's order and spelling, then the layout's further ones; `names` adopts the
/// spelling. Fails with the port that the layout lacks.
Result<std::vector<std::string>> find_ports(const Connectivity& connectivity,
                                            const Circuit& circuit, NetNames& names) {
  std::vector<std::string> lower;
  for (const FoundNet& net : connectivity.nets) {
    lower.push_back(net.port ? lower_case(net.name) : std::string());
  }
  std::vector<std::string> ports;
  std::vector<bool> taken(lower.size(), false);
  for (const NetId port : circuit.ports) {
    const std::string& name = circuit.nets.at(static_cast<std::size_t>(port)).name;
    const auto found = std::find(lower.begin(), lower.end(), lower_case(name));
    if (found == lower.end()) {
      return make_error(ErrorCode::kInvalidArgument, "The layout has no port " + name + ".",
                        circuit.name,
                        "Put its label on a shape of the pin purpose in the top cell.");
    }
    const auto at = static_cast<std::size_t>(found - lower.begin());
    taken[at] = true;
    names.nets[at] = name;
    ports.push_back(name);
  }
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (!lower[i].empty() && !taken[i]) ports.push_back(names.nets[i]);
  }
  return ports;
}

/// Capacitances are found bin by bin, and empty bins cost, too: two shapes at the ends of a wafer
/// would take all memory.
Status check_size(const Planes& planes, const std::string& top) {
  constexpr std::int64_t kMostBins = 1 << 22;  // 67 mm^2
  Rect box;
  for (const Plate& plate : planes.plates) box = box.united(plate.rect);
  if (PlateBins::count(box) <= kMostBins) return ok();
  return make_error(ErrorCode::kLimit,
                    "The layout is too large to extract: the box around its shapes is " +
                        std::to_string(box.width() / 1000) + " by " +
                        std::to_string(box.height() / 1000) + " um.",
                    top, "Extract its parts, at most 67 mm^2 each; look for stray shapes.");
}

/// Magic's netlists hold two digits of a femtofarad, and no capacitor that is not positive.
double magic_farad(double af) {
  const double hundredths = std::nearbyint(af / 10);
  return hundredths <= 0 ? 0 : hundredths * 1e-17;
}

}  // namespace

Status PexEngine::read_laws(const Technology& technology) {
  if (technology_ == technology.identity()) return ok();
  technology_ = nullptr;
  laws_.stack = conductor_stack(technology);
  laws_.magic = magic_law(technology, laws_.stack);
  laws_.resistance = resistance_law(technology);
  if (options_.calibration == Calibration::kFoundry) {
    PTAH_TRY(laws_.lines, LineLaw::of(technology, laws_.stack));
  }
  technology_ = technology.identity();
  return ok();
}

Result<ExtractedNetlist> PexEngine::extract(const gds::Flat& flat, const Circuit& circuit,
                                            const Technology& technology, const std::string& top) {
  return extract(flat, find_connectivity(flat, technology), circuit, technology, top);
}

Result<ExtractedNetlist> PexEngine::extract(const gds::Flat& flat, const Connectivity& connectivity,
                                            const Circuit& circuit, const Technology& technology,
                                            const std::string& top) {
  PTAH_TRY(read_laws(technology));
  find_planes(flat, connectivity, technology, laws_.stack, planes_,
              options_.calibration == Calibration::kMagic);
  PTAH_TRY(check_size(planes_, top));
  NetNames names;
  for (const FoundNet& net : connectivity.nets) names.nets.push_back(net.name);
  for (const std::size_t body : planes_.bodies) {
    const Rect& r = connectivity.devices[body].body;
    names.nets.push_back("body_" + std::to_string(r.x0) + "_" + std::to_string(r.y0));
  }
  ExtractedNetlist netlist;
  netlist.name = circuit.name.empty() ? top : circuit.name;
  PTAH_TRY(netlist.ports, find_ports(connectivity, circuit, names));
  if (options_.resistance != Resistance::kIgnored) {
    std::vector<std::optional<FoundLabel>> entries;
    if (options_.supply_entry == SupplyEntry::kEdge) {
      entries = edge_entries(connectivity, circuit, technology);
    }
    builder_.find(connectivity, technology, laws_.resistance, network_, entries);
  }
  find_capacitances(flat, connectivity, technology);
  if (options_.resistance == Resistance::kReduced) {
    put_reduced(connectivity, circuit, technology, std::move(names), netlist);
  } else {
    put_network(connectivity, circuit, technology, names, netlist);
  }
  std::sort(netlist.capacitors.begin(), netlist.capacitors.end(),
            [](const ExtractedCapacitor& a, const ExtractedCapacitor& b) {
              return std::tie(a.a, a.b, a.farad) < std::tie(b.a, b.b, b.farad);
            });
  return netlist;
}

void PexEngine::find_capacitances(const gds::Flat& flat, const Connectivity& connectivity,
                                  const Technology& technology) {
  const Laws& law = laws_;
  if (options_.calibration == Calibration::kMagic) {
    capacitance_.magic(planes_, law.magic, connectivity.substrate, found_);
    windows_.adjust(flat, connectivity, planes_, technology, law.stack, law.magic, found_.ground);
  } else {
    capacitance_.foundry(planes_, law.magic, law.lines, connectivity.substrate, found_);
  }
}

double PexEngine::farad(double af) const {
  return options_.calibration == Calibration::kMagic ? magic_farad(af) : af * 1e-18;
}

void PexEngine::put_network(const Connectivity& connectivity, const Circuit& circuit,
                            const Technology& technology, const NetNames& names,
                            ExtractedNetlist& netlist) const {
  const bool network = options_.resistance == Resistance::kNetwork;
  const Nodes nodes(names, network_, network);
  std::vector<std::vector<std::string>> ends;
  if (network) ends = nodes.of_terminals(network_);
  netlist.devices = device_list(connectivity, names, circuit, technology, options_.merge_fingers,
                                network ? &ends : nullptr);
  netlist.resistors = nodes.resistors(network_);
  for (const Capacitances::Coupling& c : found_.couplings) {
    nodes.share(c.a, c.b, farad(c.af), netlist.capacitors);
  }
  for (std::size_t i = 0; i < found_.ground.size(); ++i) {
    if (static_cast<NetIndex>(i) == connectivity.substrate) continue;
    nodes.ground(static_cast<NetIndex>(i), connectivity.substrate, farad(found_.ground[i]),
                 netlist.capacitors);
  }
}

void PexEngine::put_reduced(const Connectivity& connectivity, const Circuit& circuit,
                            const Technology& technology, NetNames names,
                            ExtractedNetlist& netlist) const {
  const Owners owners = find_owners(connectivity, circuit, technology);
  // Names by the schematic: a layout names inner nets by their places.
  for (std::size_t i = 0; i < owners.nets.size(); ++i) {
    if (owners.nets[i] == kNoNet || connectivity.nets[i].port) continue;
    names.nets[i] = circuit.nets[static_cast<std::size_t>(owners.nets[i])].name;
  }
  for (std::size_t i = 0; i < planes_.bodies.size(); ++i) {
    const auto owner = static_cast<std::size_t>(owners.of[planes_.bodies[i]]);
    names.nets[connectivity.nets.size() + i] =
        "body:" + owners.names[owner] + ":" + std::to_string(i);
  }
  const KeptNodes kept = keep_nodes(connectivity, circuit, technology, owners, network_, names);
  const Reduction reduction = reduce(network_, kept);
  const ReducedNodes nodes(kept, reduction);
  const auto ends = nodes.of_terminals();
  netlist.devices =
      device_list(connectivity, names, circuit, technology, options_.merge_fingers, &ends, true);
  netlist.resistors = nodes.resistors();
  std::map<std::pair<NetIndex, NetIndex>, double> couplings;
  for (const Capacitances::Coupling& c : found_.couplings) {
    couplings[{c.a, c.b}] = farad(c.af);
  }
  nodes.couplings(names, connectivity.substrate, couplings, netlist.capacitors);
  for (std::size_t i = 0; i < found_.ground.size(); ++i) {
    if (static_cast<NetIndex>(i) == connectivity.substrate) continue;
    nodes.ground(names, static_cast<NetIndex>(i), connectivity.substrate,
                 std::max(0.0, farad(found_.ground[i])), netlist.capacitors);
  }
}

}  // namespace ptah::native
