#include "diagnosis.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "align.hpp"
#include "ptah/core/letter_case.hpp"
#include "short_place.hpp"

namespace ptah::native::lvs {
namespace {

constexpr std::size_t kMostFindings = 50;
constexpr std::size_t kMostOddities = 20;
/// Rectangles of two pieces of a net that are compared for the place where they come nearest.
constexpr std::size_t kMostGapPairs = 1'000'000;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string at(const Rect& place) {
  const Point p = place.center();
  return " at (" + number(to_um(p.x)) + ", " + number(to_um(p.y)) + ") um";
}

std::string short_model(const DeviceModel& model) {
  const std::size_t prefix = model.name.find("__");
  return prefix == std::string::npos ? model.name : model.name.substr(prefix + 2);
}

/// A terminal of the layout where the schematic expects net `want`.
struct Link {
  std::int32_t want;     ///< Net of the schematic.
  std::int32_t is;       ///< Net of the layout.
  std::int32_t device;   ///< Schematic device.
  std::size_t terminal;  ///< Of the schematic's device.
  std::int32_t found;    ///< Layout device.
  std::size_t place;     ///< Its terminal.
};

class Diagnosis {
 public:
  explicit Diagnosis(const Case& given)
      : layout_(given.layout),
        circuit_(given.circuit),
        technology_(given.technology),
        problem_(given.problem) {}

  std::vector<Violation> run() {
    bundles_ = {make_bundles(problem_.layout, technology_, false),
                make_bundles(problem_.schematic, technology_, false)};
    ports();
    const Match topology = match(problem_, bundles_, false);
    left_.assign(bundles_.layout.size(), {});
    for (std::size_t l = 0; l < left_.size(); ++l) left_[l] = bundles_.layout[l].members;
    missing_.assign(bundles_.schematic.size(), {});
    for (std::size_t s = 0; s < missing_.size(); ++s) missing_[s] = bundles_.schematic[s].members;
    if (topology.same) {
      nets_ = topology.nets;
      for (std::size_t s = 0; s < topology.bundles.size(); ++s)
        pair(s, static_cast<std::size_t>(topology.bundles[s]));
    } else {
      const Alignment alignment = align(problem_, bundles_);
      nets_ = alignment.nets;
      for (std::size_t s = 0; s < alignment.bundles.size(); ++s) {
        if (alignment.bundles[s] >= 0) pair(s, static_cast<std::size_t>(alignment.bundles[s]));
      }
      pair_the_rest();
      homes();
      shorts();
      opens();
      terminals();
    }
    devices();
    sizes_differ();
    if (findings_.empty()) {
      add("lvs.topology",
          topology.gave_up ? "too many equal devices to tell apart: the comparison gave up"
                           : "the same devices are connected differently between inner nets",
          {}, {});
    }
    const std::size_t oddities = std::min(layout_.oddities.size(), kMostOddities);
    for (std::size_t i = 0; i < oddities; ++i) {
      findings_.push_back({"lvs.drawing", layout_.oddities[i].text, {}, layout_.oddities[i].place});
    }
    return std::move(findings_);
  }

 private:
  void add(std::string rule, std::string text, LayerId layer, const Rect& place) {
    if (findings_.size() >= kMostFindings) return;
    findings_.push_back({std::move(rule), std::move(text),
                         place.empty() ? std::string() : technology_.layer(layer).name, place});
  }

  const std::string& schematic_name(std::int32_t net) const {
    const std::int32_t origin = problem_.schematic.nets[static_cast<std::size_t>(net)].origin;
    return circuit_.nets[static_cast<std::size_t>(origin)].name;
  }
  const FoundNet& found_net(std::int32_t net) const {
    return layout_
        .nets[static_cast<std::size_t>(problem_.layout.nets[static_cast<std::size_t>(net)].origin)];
  }
  const Instance& of_layout(std::int32_t instance) const {
    return problem_.layout.instances[static_cast<std::size_t>(instance)];
  }
  const Instance& of_schematic(std::int32_t instance) const {
    return problem_.schematic.instances[static_cast<std::size_t>(instance)];
  }
  const FoundDevice& drawn(std::int32_t instance) const {
    return layout_.devices[static_cast<std::size_t>(of_layout(instance).origin)];
  }
  const std::string& device_name(std::int32_t instance) const {
    return circuit_.devices[static_cast<std::size_t>(of_schematic(instance).origin)].name;
  }
  const DeviceModel& model(std::int32_t type) const {
    return technology_.devices()[static_cast<std::size_t>(type)];
  }

  // --- ports

  void ports() {
    std::vector<std::vector<std::int32_t>> carriers(circuit_.ports.size());
    for (std::size_t l = 0; l < problem_.layout.nets.size(); ++l) {
      for (const std::int32_t port : problem_.layout.nets[l].ports)
        carriers[static_cast<std::size_t>(port)].push_back(static_cast<std::int32_t>(l));
    }
    for (std::size_t p = 0; p < carriers.size(); ++p) {
      if (!carriers[p].empty()) continue;
      add("lvs.port",
          "the layout has no port " +
              circuit_.nets[static_cast<std::size_t>(circuit_.ports[p])].name,
          {}, {});
    }
    for (const std::string& name : problem_.extra_ports) {
      Rect place;
      for (const FoundNet& net : layout_.nets) {
        if (std::find(net.labels.begin(), net.labels.end(), name) != net.labels.end())
          place = net.box;
      }
      findings_.push_back(
          {"lvs.port", "the layout has a port " + name + " that the schematic lacks", {}, place});
    }
  }

  // --- which finger is which

  /// As many members as both have, equal sizes first.
  void pair(std::size_t s, std::size_t l) {
    auto &wanted = missing_[s], &present = left_[l];
    std::vector<std::pair<std::int32_t, std::int32_t>> pairs;
    for (const bool equal : {true, false}) {
      for (auto w = wanted.begin(); w != wanted.end();) {
        const auto p = std::find_if(present.begin(), present.end(), [&](std::int32_t other) {
          return !equal || same_size(of_schematic(*w), of_layout(other));
        });
        if (p == present.end()) {
          ++w;
          continue;
        }
        pairs.emplace_back(*w, *p);
        present.erase(p);
        w = wanted.erase(w);
      }
    }
    const auto order = terminal_order(bundles_.schematic[s], bundles_.layout[l], nets_);
    for (const auto& [w, p] : pairs) {
      pairs_.emplace_back(w, p);
      const Instance &want = of_schematic(w), &is = of_layout(p);
      // Bundles hold exchangeable terminals sorted; instances as they came.
      for (std::int32_t t = 0; t < want.terminals; ++t) {
        const std::size_t ti = static_cast<std::size_t>(t);
        const std::size_t own = original(want, bundles_.schematic[s], ti);
        const std::size_t other = original(is, bundles_.layout[l], order[ti]);
        links_.push_back({want.nets[own], is.nets[other], want.origin, own, is.origin, other});
      }
    }
  }

  /// The instance's terminal that is terminal `t` of its bundle.
  static std::size_t original(const Instance& instance, const Bundle& bundle, std::size_t t) {
    if (instance.nets[t] == bundle.nets[t]) return t;
    const std::size_t other = bundle.kind == DeviceKind::kResistor ? 1 : 2;
    return t == 0 ? other : 0;
  }

  std::int32_t agreement(const Bundle& s, const Bundle& l) const {
    const auto order = terminal_order(s, l, nets_);
    std::int32_t count = 0;
    for (std::size_t t = 0; t < static_cast<std::size_t>(s.terminals); ++t)
      count += nets_[static_cast<std::size_t>(s.nets[t])] == l.nets[order[t]];
    return count;
  }

  /// What one side has left over with what the other has: first of the same model, as long as half
  /// of the terminals agree.
  void pair_the_rest() {
    struct Candidate {
      std::int32_t agreement;
      std::size_t s, l;
    };
    std::vector<Candidate> candidates;
    for (std::size_t s = 0; s < missing_.size(); ++s) {
      if (missing_[s].empty()) continue;
      for (std::size_t l = 0; l < left_.size(); ++l) {
        const Bundle &want = bundles_.schematic[s], &is = bundles_.layout[l];
        if (left_[l].empty() || want.type != is.type) continue;
        const std::int32_t count = agreement(want, is);
        if (2 * count >= want.terminals) candidates.push_back({count, s, l});
      }
    }
    std::stable_sort(
        candidates.begin(), candidates.end(),
        [](const Candidate& a, const Candidate& b) { return a.agreement > b.agreement; });
    for (const Candidate& c : candidates) pair(c.s, c.l);
  }

  // --- nets

  void homes() {
    std::map<std::pair<std::int32_t, std::int32_t>, int> counts;
    for (const Link& link : links_) ++counts[{link.want, link.is}];
    home_.assign(problem_.schematic.nets.size(), -1);
    owner_.assign(problem_.layout.nets.size(), -1);
    std::vector<int> best(home_.size(), 0), most(owner_.size(), 0);
    for (const auto& [key, count] : counts) {
      const auto s = static_cast<std::size_t>(key.first), l = static_cast<std::size_t>(key.second);
      if (count > best[s]) {
        best[s] = count;
        home_[s] = key.second;
      }
      if (count > most[l]) {
        most[l] = count;
        owner_[l] = key.first;
      }
    }
    // A label says whose net it is, however its terminals were paired.
    for (std::size_t s = 0; s < home_.size(); ++s) {
      if (!problem_.schematic.nets[s].ports.empty() && nets_[s] >= 0) home_[s] = nets_[s];
    }
    for (std::size_t l = 0; l < owner_.size(); ++l) {
      const auto& ports = problem_.layout.nets[l].ports;
      if (ports.size() != 1) continue;
      for (std::size_t s = 0; s < home_.size(); ++s) {
        if (problem_.schematic.nets[s].ports == ports) owner_[l] = static_cast<std::int32_t>(s);
      }
    }
  }

  std::vector<Seed> seeds(std::int32_t s, std::int32_t l) const {
    std::vector<Seed> list;
    const std::string name = lower_case(schematic_name(s));
    for (const FoundLabel& label : found_net(l).label_places) {
      if (lower_case(label.text) == name)
        list.push_back({label.layer, {label.at.x, label.at.y, label.at.x, label.at.y}});
    }
    for (const Link& link : links_) {
      if (link.want != s || link.is != l) continue;
      const FoundDevice& device = layout_.devices[static_cast<std::size_t>(link.found)];
      const DeviceKind kind = model(static_cast<std::int32_t>(device.model)).kind;
      if (terminal_class(kind, link.place) == 2) continue;  // a bulk has no shape of its own
      // With both exchangeable ends on this net nobody knows which is which.
      const Device& wanted = circuit_.devices[static_cast<std::size_t>(link.device)];
      bool ambiguous = false;
      for (std::size_t t = 0; t < device.terminals.size(); ++t) {
        ambiguous = ambiguous || (t != link.place &&
                                  terminal_class(kind, t) == terminal_class(kind, link.place) &&
                                  device.terminals[t].net == device.terminals[link.place].net &&
                                  wanted.nets[t] != wanted.nets[link.place]);
      }
      if (ambiguous) continue;
      list.push_back({device.terminals[link.place].layer, device.terminals[link.place].place});
    }
    return list;
  }

  void shorts() {
    std::vector<std::set<std::int32_t>> tenants(problem_.layout.nets.size());
    for (std::size_t s = 0; s < home_.size(); ++s) {
      if (home_[s] >= 0)
        tenants[static_cast<std::size_t>(home_[s])].insert(static_cast<std::int32_t>(s));
      for (std::size_t l = 0; l < tenants.size(); ++l) {
        const auto& ports = problem_.layout.nets[l].ports;
        if (ports.size() < 2) continue;
        for (const std::int32_t port : problem_.schematic.nets[s].ports) {
          if (std::find(ports.begin(), ports.end(), port) != ports.end())
            tenants[l].insert(static_cast<std::int32_t>(s));
        }
      }
    }
    for (std::size_t l = 0; l < tenants.size(); ++l) {
      const auto net = static_cast<std::int32_t>(l);
      // A net whose few terminals were paired by guess, while its own label names another.
      std::erase_if(tenants[l], [&](std::int32_t s) {
        const auto& ports = problem_.schematic.nets[static_cast<std::size_t>(s)].ports;
        if (ports.empty()) return false;
        const auto& here = problem_.layout.nets[l].ports;
        if (std::find(here.begin(), here.end(), ports.front()) != here.end()) return false;
        return std::any_of(
            problem_.layout.nets.begin(), problem_.layout.nets.end(), [&](const NetNode& n) {
              return std::find(n.ports.begin(), n.ports.end(), ports.front()) != n.ports.end();
            });
      });
      if (tenants[l].size() < 2) continue;
      const std::vector<std::int32_t> list(tenants[l].begin(), tenants[l].end());
      for (std::size_t k = 1; k < list.size(); ++k) {
        shorted_.insert(list[k]);
        shorted_.insert(list[0]);
        std::string text =
            "short between " + schematic_name(list[0]) + " and " + schematic_name(list[k]);
        const auto bridge = find_bridge(layout_, technology_, problem_.layout.nets[l].origin,
                                        seeds(list[0], net), seeds(list[k], net));
        if (bridge) {
          add("lvs.short",
              text + at(bridge->place) + " on " + technology_.layer(bridge->layer).name,
              bridge->layer, bridge->place);
        } else {
          findings_.push_back(
              {"lvs.short", text + " on net " + found_net(net).name, {}, found_net(net).box});
        }
      }
    }
  }

  struct Gap {
    double distance = -1;
    LayerId layer = 0;
    Rect place;
  };
  Gap gap(NetIndex a, NetIndex b) const {
    Gap best;
    for (std::size_t l = 0; l < layout_.conductors.size(); ++l) {
      std::vector<Rect> of_a, of_b;
      for (const NetRect& rect : layout_.conductors[l]) {
        if (rect.net == a) of_a.push_back(rect.rect);
        if (rect.net == b) of_b.push_back(rect.rect);
      }
      if (of_a.size() * of_b.size() > kMostGapPairs) continue;
      for (const Rect& p : of_a) {
        for (const Rect& q : of_b) {
          const Dbu dx = std::max({p.x0 - q.x1, q.x0 - p.x1, 0});
          const Dbu dy = std::max({p.y0 - q.y1, q.y0 - p.y1, 0});
          const double distance = std::hypot(static_cast<double>(dx), static_cast<double>(dy));
          if (best.distance >= 0 && distance >= best.distance) continue;
          const auto between = [](Dbu a0, Dbu a1, Dbu b0, Dbu b1) {
            const Dbu low = std::max(a0, b0), high = std::min(a1, b1);
            return std::pair(std::min(low, high), std::max(low, high));
          };
          const auto [x0, x1] = between(p.x0, p.x1, q.x0, q.x1);
          const auto [y0, y1] = between(p.y0, p.y1, q.y0, q.y1);
          best = {distance, static_cast<LayerId>(l), {x0, y0, x1, y1}};
        }
      }
    }
    return best;
  }

  void opens() {
    for (std::size_t s = 0; s < home_.size(); ++s) {
      std::vector<std::int32_t> pieces;
      for (std::size_t l = 0; l < owner_.size(); ++l) {
        if (owner_[l] == static_cast<std::int32_t>(s))
          pieces.push_back(static_cast<std::int32_t>(l));
      }
      if (pieces.size() < 2) continue;
      std::stable_sort(pieces.begin(), pieces.end(), [&](std::int32_t a, std::int32_t b) {
        return problem_.layout.nets[static_cast<std::size_t>(a)].degree >
               problem_.layout.nets[static_cast<std::size_t>(b)].degree;
      });
      std::string text = "net " + schematic_name(static_cast<std::int32_t>(s)) + " is in " +
                         std::to_string(pieces.size()) + " pieces";
      const NetIndex main = problem_.layout.nets[static_cast<std::size_t>(pieces[0])].origin;
      const NetIndex lost = problem_.layout.nets[static_cast<std::size_t>(pieces[1])].origin;
      const Gap nearest = gap(main, lost);
      for (const std::int32_t piece : pieces) opened_.insert(piece);
      if (nearest.distance >= 0) {
        add("lvs.open",
            text + ": the gap is " + number(nearest.distance / 1000) + " um" + at(nearest.place) +
                " on " + technology_.layer(nearest.layer).name,
            nearest.layer, nearest.place);
      } else {
        const Rect& box = layout_.nets[static_cast<std::size_t>(lost)].box;
        findings_.push_back(
            {"lvs.open", text + (box.empty() ? std::string() : ": one" + at(box)), {}, box});
      }
    }
  }

  // --- terminals

  std::string terminal(const Link& link) const {
    const Device& device = circuit_.devices[static_cast<std::size_t>(link.device)];
    if (device.kind == DeviceKind::kBlock) return device.name;  // one pin of it
    const auto names = terminal_names(device);
    static const std::map<std::string_view, std::string> kWords = {
        {"D", "drain"},       {"G", "gate"},        {"S", "source"},
        {"B", "bulk"},        {"TOP", "top plate"}, {"BOTTOM", "bottom plate"},
        {"SUB", "substrate"}, {"ANODE", "anode"},   {"CATHODE", "cathode"}};
    const auto word = kWords.find(names[link.terminal]);
    const bool end = device.kind == DeviceKind::kResistor && link.terminal < 2;
    return device.name + " " +
           (end || word == kWords.end() ? "end " + std::string(names[link.terminal])
                                        : word->second);
  }
  bool is_bulk(const Link& link) const {
    const Device& device = circuit_.devices[static_cast<std::size_t>(link.device)];
    return bulk_terminal(device.kind, device.nets.size()) == link.terminal;
  }
  const FoundTerminal& place(const Link& link) const {
    return layout_.devices[static_cast<std::size_t>(link.found)].terminals[link.place];
  }
  std::string layout_name(std::int32_t net) const {
    const std::int32_t owner = owner_[static_cast<std::size_t>(net)];
    return owner >= 0 ? schematic_name(owner) : found_net(net).name;
  }

  void terminals() {
    // One line for all fingers of a device.
    std::vector<Link> wrong;
    std::set<std::tuple<std::int32_t, std::size_t, std::int32_t, std::int32_t>> seen;
    for (const Link& link : links_) {
      const auto s = static_cast<std::size_t>(link.want);
      if (owner_[static_cast<std::size_t>(link.is)] == link.want || home_[s] == link.is) continue;
      if (seen.insert({link.device, link.terminal, link.want, link.is}).second)
        wrong.push_back(link);
    }
    std::vector<bool> told(wrong.size(), false);
    for (std::size_t i = 0; i < wrong.size(); ++i) {
      if (told[i]) continue;
      const Link& link = wrong[i];
      const std::int32_t other = owner_[static_cast<std::size_t>(link.is)];
      // The terminal that has in exchange what this one should have; the same device first.
      std::size_t partner = wrong.size();
      for (std::size_t k = i + 1; k < wrong.size(); ++k) {
        if (told[k] || wrong[k].want != other ||
            owner_[static_cast<std::size_t>(wrong[k].is)] != link.want)
          continue;
        if (partner == wrong.size() ||
            (wrong[k].device == link.device && wrong[partner].device != link.device))
          partner = k;
      }
      const FoundTerminal& where = place(link);
      if (partner < wrong.size()) {
        told[partner] = true;
        add("lvs.terminal",
            terminal(link) + " and " + terminal(wrong[partner]) + " are exchanged" +
                at(where.place) + ": nets " + schematic_name(link.want) + " and " +
                schematic_name(other),
            where.layer, where.place);
        continue;
      }
      add(is_bulk(link) ? "lvs.bulk" : "lvs.terminal",
          terminal(link) + " is on net " + layout_name(link.is) + at(where.place) +
              ", in the schematic on " + schematic_name(link.want),
          where.layer, where.place);
    }
  }

  // --- devices and sizes

  std::string sizes(const Instance& instance) const {
    if (instance.ohm > 0) return number(instance.ohm) + " ohm";
    return number(to_um(instance.width)) + " x " + number(to_um(instance.length)) + " um";
  }

  void devices() {
    struct Left {
      std::int32_t instance;
      const Bundle* bundle;
    };
    std::vector<Left> gone, more;
    for (std::size_t s = 0; s < missing_.size(); ++s) {
      for (const std::int32_t i : missing_[s]) gone.push_back({i, &bundles_.schematic[s]});
    }
    for (std::size_t l = 0; l < left_.size(); ++l) {
      for (const std::int32_t i : left_[l]) more.push_back({i, &bundles_.layout[l]});
    }
    // Of another model where it should be, by its nets.
    std::map<std::pair<std::int32_t, std::int32_t>,
             std::vector<std::pair<std::size_t, std::size_t>>>
        exchanged;
    std::vector<bool> used(more.size(), false), told(gone.size(), false);
    for (std::size_t g = 0; g < gone.size(); ++g) {
      for (std::size_t m = 0; m < more.size() && !told[g]; ++m) {
        if (used[m] || gone[g].bundle->terminals != more[m].bundle->terminals ||
            gone[g].bundle->type == more[m].bundle->type)
          continue;
        const std::int32_t count = agreement(*gone[g].bundle, *more[m].bundle);
        if (count + 1 < gone[g].bundle->terminals || count == 0) continue;
        used[m] = told[g] = true;
        exchanged[{of_schematic(gone[g].instance).origin, more[m].bundle->type}].emplace_back(g, m);
      }
    }
    for (const auto& [key, list] : exchanged) {
      const FoundDevice& device = drawn(more[list.front().second].instance);
      add("lvs.device",
          device_name(gone[list.front().first].instance) + " is a " +
              short_model(model(key.second)) + " in the layout" + at(device.body) +
              ", in the schematic a " + short_model(model(gone[list.front().first].bundle->type)),
          device.terminals.front().layer, device.body);
    }
    std::map<std::int32_t, int> fewer;  // by schematic device
    for (std::size_t g = 0; g < gone.size(); ++g) {
      if (!told[g]) ++fewer[of_schematic(gone[g].instance).origin];
    }
    for (const auto& [origin, count] : fewer) {
      const Device& device = circuit_.devices[static_cast<std::size_t>(origin)];
      const int all = device.is_mos() ? device.total_fingers() : device.multiplier;
      const DeviceModel* kind = technology_.find_device(device.model);
      const std::string what =
          device.name + " (" + (kind != nullptr ? short_model(*kind) : device.model) + ")";
      if (all == count) {
        add("lvs.device", what + " is missing in the layout", {}, {});
      } else {
        add("lvs.device",
            what + " has " + std::to_string(all - count) + " of " + std::to_string(all) +
                (device.is_mos() ? " fingers" : " copies") + " in the layout",
            {}, {});
      }
    }
    for (std::size_t m = 0; m < more.size(); ++m) {
      if (used[m]) continue;
      const FoundDevice& device = drawn(more[m].instance);
      std::string nets;
      for (const FoundTerminal& t : device.terminals) {
        nets += (nets.empty() ? "" : " ") + layout_.nets[static_cast<std::size_t>(t.net)].name;
      }
      add("lvs.device",
          "the layout has one " + short_model(model(more[m].bundle->type)) + " (" +
              sizes(of_layout(more[m].instance)) + ") too many" + at(device.body) + " on nets " +
              nets,
          device.terminals.front().layer, device.body);
    }
  }

  void sizes_differ() {
    struct Difference {
      int count = 0;
      std::int32_t schematic = 0, layout = 0;
    };
    std::map<std::tuple<std::int32_t, Dbu, Dbu, double>, Difference> found;
    for (const auto& [s, l] : pairs_) {
      const Instance &want = of_schematic(s), &is = of_layout(l);
      if (same_size(want, is)) continue;
      Difference& d = found[{want.origin, is.width, is.length, is.ohm}];
      if (d.count++ == 0) {
        d.schematic = s;
        d.layout = l;
      }
    }
    for (const auto& [key, d] : found) {
      const Instance &want = of_schematic(d.schematic), &is = of_layout(d.layout);
      std::string text = device_name(d.schematic) + ": ";
      if (want.ohm > 0) {
        text += number(is.ohm) + " ohm against " + number(want.ohm) + " ohm";
      } else {
        if (is.width != want.width)
          text += "W " + number(to_um(is.width)) + " against " + number(to_um(want.width));
        if (is.length != want.length)
          text += std::string(is.width != want.width ? ", " : "") + "L " +
                  number(to_um(is.length)) + " against " + number(to_um(want.length));
        text += " um";
      }
      const Device& device = circuit_.devices[static_cast<std::size_t>(want.origin)];
      const int all = device.is_mos() ? device.total_fingers() : device.multiplier;
      if (all > 1)
        text += " (" + std::to_string(d.count) + " of " + std::to_string(all) +
                (device.is_mos() ? " fingers)" : " copies)");
      const FoundDevice& body = drawn(d.layout);
      add("lvs.size", text + " in the schematic," + at(body.body), body.terminals.front().layer,
          body.body);
    }
  }

  const Connectivity& layout_;
  const Circuit& circuit_;
  const Technology& technology_;
  const Problem& problem_;
  Bundles bundles_;
  std::vector<std::int32_t> nets_;                            ///< Schematic net -> layout net
  std::vector<std::vector<std::int32_t>> missing_, left_;     ///< Members that found no partner.
  std::vector<std::pair<std::int32_t, std::int32_t>> pairs_;  ///< Schematic, layout instances.
  std::vector<Link> links_;
  std::vector<std::int32_t> home_;   ///< Schematic net -> layout net that has most of it.
  std::vector<std::int32_t> owner_;  ///< Layout net -> schematic net it has most of.
  std::set<std::int32_t> shorted_, opened_;
  std::vector<Violation> findings_;
};

}  // namespace

std::vector<Violation> diagnose(const Case& given) {
  return Diagnosis(given).run();
}

}  // namespace ptah::native::lvs
