#include "netlist/joined_nets.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "ptah/core/letter_case.hpp"

namespace ptah::spice {
namespace {

/// Disjoint sets of nets by name, whatever the case.
class Groups {
 public:
  Groups(const Subcircuit& subcircuit, const std::set<std::string>& globals) {
    for (const std::string& net : globals) fixed_[net] = net;
    // SPICE's ground is global without being said so.
    for (const char* ground : {"0", "gnd"}) fixed_.emplace(ground, ground);
    for (const std::string& port : subcircuit.ports) fixed_[lower_case(port)] = port;
  }

  /// False: both hold a net that others know by its name.
  bool join(const std::string& a, const std::string& b) {
    const std::string one = root(a), other = root(b);
    if (one == other) return true;
    if (is_fixed(one) && is_fixed(other)) return false;
    const auto rank = [&](const std::string& net) {
      return std::tuple(!is_fixed(net), net.size(), net);
    };
    (rank(one) < rank(other) ? parents_[other] : parents_[one]) =
        rank(one) < rank(other) ? one : other;
    return true;
  }

  /// The name that the net has from now on.
  std::string name(const std::string& net) {
    const std::string found = root(net);
    if (found == lower_case(net)) return net;
    const auto fixed = fixed_.find(found);
    return fixed != fixed_.end() ? fixed->second : spelling_.at(found);
  }
  std::string fixed_in(const std::string& net) { return fixed_.at(root(net)); }

 private:
  bool is_fixed(const std::string& net) const { return fixed_.count(net) > 0; }

  std::string root(const std::string& net) {
    std::string at = lower_case(net);
    spelling_.emplace(at, net);
    const std::string from = at;
    for (auto up = parents_.find(at); up != parents_.end(); up = parents_.find(at)) at = up->second;
    // The next time it is one step, however long the chain was.
    for (auto up = parents_.find(from); up != parents_.end() && up->second != at;)
      up = parents_.find(std::exchange(up->second, at));
    return at;
  }

  std::map<std::string, std::string> fixed_;     ///< Ports and global nets, as written.
  std::map<std::string, std::string> parents_;   ///< Of nets that have another name now.
  std::map<std::string, std::string> spelling_;  ///< As first written.
};

/// How many of an element's words are nets.
std::size_t nets_of(const Element& element) {
  const std::size_t words = element.words.size();
  switch (element.letter()) {
    case 'x':
      return words == 0 ? 0 : words - 1;
    case 'm':
    case 'e':
    case 'g':
      return std::min<std::size_t>(words, 4);
    default:
      return std::min<std::size_t>(words, 2);
  }
}

}  // namespace

std::optional<JoinedNets> join_nets(Subcircuit& subcircuit, const std::set<std::string>& globals) {
  if (subcircuit.joined.empty()) return std::nullopt;
  Groups groups(subcircuit, globals);
  for (const JoinedNets& pair : subcircuit.joined) {
    if (!groups.join(pair.a, pair.b))
      return JoinedNets{groups.fixed_in(pair.a), groups.fixed_in(pair.b), pair.place};
  }
  for (Element& element : subcircuit.elements) {
    for (std::size_t i = 0; i < nets_of(element); ++i)
      element.words[i] = groups.name(element.words[i]);
  }
  subcircuit.joined.clear();
  return std::nullopt;
}

bool is_part_of_net(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 2 >= name.size()) return false;
  const char kind = name[dot + 1];
  return (kind == 't' || kind == 'n') &&
         name.find_first_not_of("0123456789", dot + 2) == std::string_view::npos;
}

}  // namespace ptah::spice
