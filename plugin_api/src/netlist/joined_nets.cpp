#include "netlist/joined_nets.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "ptah/core/letter_case.hpp"

namespace ptah::spice {
namespace {

/// Of nets by name, whatever the case.
class Groups {
 public:
  explicit Groups(const Subcircuit& subcircuit) {
    for (const std::string& port : subcircuit.ports) ports_[lower_case(port)] = port;
  }

  /// False: both hold ports.
  bool join(const std::string& a, const std::string& b) {
    const std::string one = root(a), other = root(b);
    if (one == other) return true;
    if (is_port(one) && is_port(other)) return false;
    const auto rank = [&](const std::string& net) {
      return std::tuple(!is_port(net), net.size(), net);
    };
    (rank(one) < rank(other) ? parents_[other] : parents_[one]) =
        rank(one) < rank(other) ? one : other;
    return true;
  }

  /// The name that the net has from now on.
  std::string name(const std::string& net) {
    const std::string found = root(net);
    const auto port = ports_.find(found);
    if (port != ports_.end()) return port->second;
    return found == lower_case(net) ? net : spelling_.at(found);
  }
  std::string port_of(const std::string& net) { return ports_.at(root(net)); }

 private:
  bool is_port(const std::string& net) const { return ports_.count(net) > 0; }

  std::string root(const std::string& net) {
    std::string at = lower_case(net);
    spelling_.emplace(at, net);
    for (auto up = parents_.find(at); up != parents_.end(); up = parents_.find(at)) at = up->second;
    return at;
  }

  std::map<std::string, std::string> ports_;     ///< As written.
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
      return std::min<std::size_t>(words, 4);
    default:
      return std::min<std::size_t>(words, 2);
  }
}

}  // namespace

std::optional<JoinedNets> join_nets(const std::vector<JoinedNets>& joined, Subcircuit& subcircuit) {
  Groups groups(subcircuit);
  for (const JoinedNets& pair : joined) {
    if (!groups.join(pair.a, pair.b))
      return JoinedNets{groups.port_of(pair.a), groups.port_of(pair.b), pair.place};
  }
  if (joined.empty()) return std::nullopt;
  for (Element& element : subcircuit.elements) {
    for (std::size_t i = 0; i < nets_of(element); ++i)
      element.words[i] = groups.name(element.words[i]);
  }
  return std::nullopt;
}

std::string net_of_part(std::string_view name) {
  std::string net = lower_case(name);
  const std::size_t dot = net.rfind('.');
  if (dot == std::string::npos || dot == 0 || dot + 2 >= net.size()) return net;
  const bool part = net[dot + 1] == 't' || net[dot + 1] == 'n';
  if (!part || net.find_first_not_of("0123456789", dot + 2) != std::string::npos) return net;
  return net.substr(0, dot);
}

}  // namespace ptah::spice
