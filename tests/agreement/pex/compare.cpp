#include "compare.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "ptah/core/letter_case.hpp"

namespace ptah::agreement {
namespace {

/// "m1_n90_1533#": plane, x, y (n: negative) in units of 5 nm. False where `name` is none.
bool read_place(const std::string& name, std::string& plane, Point& at) {
  const std::size_t first = name.find('_'), second = name.find('_', first + 1);
  if (first == std::string::npos || second == std::string::npos || name.back() != '#') return false;
  plane = name.substr(0, first);
  const auto number = [&](std::string text, Dbu& value) {
    const bool negative = !text.empty() && text.front() == 'n';
    if (negative) text.erase(0, 1);
    if (text.empty() || text.size() > 8 ||
        !std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); })) {
      return false;
    }
    value = 5 * std::stoi(text) * (negative ? -1 : 1);
    return true;
  };
  return number(name.substr(first + 1, second - first - 1), at.x) &&
         number(name.substr(second + 1, name.size() - second - 2), at.y);
}

/// Layers of Magic's plane of that name, as Ptah's technologies call planes.
std::vector<std::string> layers_of(const std::string& plane) {
  if (plane == "a") return {"diff", "tap", "poly"};
  if (plane == "w") return {"nwell"};
  if (plane == "li") return {"li1"};
  if (plane.size() == 2 && plane[0] == 'm') return {"met" + plane.substr(1)};
  return {};
}

using Matrix = std::map<std::pair<std::string, std::string>, double>;

void add(Matrix& matrix, std::string a, std::string b, double farad) {
  if (b < a) std::swap(a, b);
  matrix[{a, b}] += farad * 1e15;
}

}  // namespace

double Pair::error() const {
  return theirs == 0 ? (ours == 0 ? 0 : 1) : std::abs(ours - theirs) / theirs;
}

double quantile(std::vector<double> values, double p) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto at = static_cast<std::size_t>(p * static_cast<double>(values.size() - 1) + 0.5);
  return values[std::min(at, values.size() - 1)];
}

Comparison compare(const ExtractedNetlist& ours, const ExtractedNetlist& theirs,
                   const native::Connectivity& connectivity, const Technology& technology) {
  Comparison result;
  std::map<std::string, std::string> known;  // lower case -> ours
  for (const native::FoundNet& net : connectivity.nets) known[lower_case(net.name)] = net.name;
  for (const std::string& port : ours.ports) known[lower_case(port)] = port;
  known["vsubs"] = connectivity.nets[static_cast<std::size_t>(connectivity.substrate)].name;
  const auto our_name = [&](const std::string& theirs_name) -> std::string {
    if (const auto found = known.find(lower_case(theirs_name)); found != known.end()) {
      return found->second;
    }
    std::string plane;
    Point at;
    if (read_place(theirs_name, plane, at)) {
      for (const std::string& name : layers_of(plane)) {
        const auto layer = technology.find_layer(name);
        if (!layer) continue;
        // The name is the lower left corner of a tile.
        for (const native::NetRect& r : connectivity.conductors[*layer]) {
          if (r.rect.contains(Point{at.x + 1, at.y + 1})) {
            return connectivity.nets[static_cast<std::size_t>(r.net)].name;
          }
        }
      }
      for (const native::FoundDevice& device : connectivity.devices) {
        if (!device.body.contains(Point{at.x + 1, at.y + 1})) continue;
        if (technology.devices()[device.model].terminals == 3) {
          // Magic's heads reach 60 nm into the drawn body.
          const auto far = [&](const native::FoundTerminal& t) {
            const Point c = t.place.center();
            return std::abs(c.x - at.x) + std::abs(c.y - at.y);
          };
          const auto& head = far(device.terminals[0]) < far(device.terminals[1])
                                 ? device.terminals[0]
                                 : device.terminals[1];
          return connectivity.nets[static_cast<std::size_t>(head.net)].name;
        }
        { return "body_" + std::to_string(device.body.x0) + "_" + std::to_string(device.body.y0); }
      }
    }
    result.unmatched.push_back(theirs_name);
    return theirs_name;
  };
  std::map<std::string, std::string> renamed;
  const auto named = [&](const std::string& name) {
    const auto [at, fresh] = renamed.try_emplace(name);
    if (fresh) at->second = our_name(name);
    return at->second;
  };
  Matrix a, b;
  std::map<std::string, std::pair<double, double>> totals;
  const auto fill = [&](const ExtractedNetlist& netlist, bool mine, Matrix& into) {
    for (const ExtractedCapacitor& c : netlist.capacitors) {
      const std::string x = mine ? c.a : named(c.a), y = mine ? c.b : named(c.b);
      add(into, x, y, c.farad);
      for (const std::string& net : {x, y}) {
        (mine ? totals[net].first : totals[net].second) += c.farad * 1e15;
      }
    }
  };
  fill(ours, true, a);
  fill(theirs, false, b);
  for (const auto& [net, value] : totals) {
    result.totals.push_back({net, value.first, value.second});
  }
  std::set<std::pair<std::string, std::string>> keys;
  for (const auto& [key, value] : a) keys.insert(key);
  for (const auto& [key, value] : b) keys.insert(key);
  for (const auto& key : keys) {
    const Pair pair{key.first + " - " + key.second, a.count(key) ? a[key] : 0,
                    b.count(key) ? b[key] : 0};
    if (std::max(pair.ours, pair.theirs) > 0.1) result.couplings.push_back(pair);
  }
  return result;
}

}  // namespace ptah::agreement
