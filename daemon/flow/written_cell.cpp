#include "flow/written_cell.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "ptah/core/letter_case.hpp"

namespace ptah {
namespace {

bool is_spice_ground(const std::string& lower_name) {
  return lower_name == "0" || lower_name == "gnd";
}

class BenchFitter {
 public:
  BenchFitter(Testbench& bench, const SpiceCircuit& cell) : bench_(bench), cell_(cell) {
    for (const NetId port : cell.circuit.ports) {
      const std::string& net = cell.circuit.nets[static_cast<std::size_t>(port)].name;
      const auto written = cell.written.find(net);
      ports_[lower_case(written == cell.written.end() ? net : written->second)] = net;
      is_port_.insert(lower_case(net));
    }
    for (const IdealSource& source : cell.sources) {
      for (const std::string& net : source.nets) of_sources_.insert(lower_case(net));
    }
  }

  Status fit(const std::string& name) {
    const std::vector<std::string> before = bench_.dut_ports;
    std::vector<std::string> after;
    for (const std::string& port : before) {
      const std::string net = net_of(port);
      if (is_port_.contains(lower_case(net))) {
        after.push_back(net);
      } else if (!of_sources_.contains(lower_case(net)) &&
                 !cell_.open_ports.contains(lower_case(port))) {
        return make_error(ErrorCode::kInvalidArgument,
                          "The circuit " + cell_.circuit.name + " has no port \"" + port +
                              "\", which the testbench connects.",
                          name, "the ports of both must have the same names");
      }
    }
    for (const std::string& net : further_ports(before)) after.push_back(net);
    bench_.dut_ports = after;
    if (after.size() == before.size() && cell_.sources.empty()) return ok();
    std::vector<std::string> cards;
    for (const std::string& card : bench_.cards) add_card(card, before, cards);
    bench_.cards = std::move(cards);
    return ok();
  }

 private:
  std::string net_of(const std::string& port) const {
    const auto found = ports_.find(lower_case(port));
    return found == ports_.end() ? port : found->second;
  }

  /// Ports of the layout that the cell does not have: `.global` nets and inner nets of sources.
  std::vector<std::string> further_ports(const std::vector<std::string>& before) const {
    std::vector<std::string> further;
    const auto add = [&](const std::string& net) {
      const std::string key = lower_case(net);
      const auto same = [&](const std::string& other) { return lower_case(net_of(other)) == key; };
      if (!is_port_.contains(key) || is_spice_ground(key) ||
          std::any_of(before.begin(), before.end(), same) ||
          std::any_of(further.begin(), further.end(), same)) {
        return;
      }
      further.push_back(net);
    };
    for (const std::string& net : cell_.globals) add(net);
    for (const IdealSource& source : cell_.sources) {
      for (const std::string& net : source.nets) add(net);
    }
    return further;
  }

  /// A card as it is, or an instance of the cell with its sources behind it.
  void add_card(const std::string& card, const std::vector<std::string>& before,
                std::vector<std::string>& cards) const {
    std::istringstream stream(card);
    std::vector<std::string> words, parameters;
    for (std::string word; stream >> word;) {
      (word.find('=') == std::string::npos && parameters.empty() ? words : parameters)
          .push_back(word);
    }
    if (words.size() != before.size() + 2 || lower_case(card.front()) != 'x' ||
        !same_but_for_case(words.back(), bench_.dut)) {
      cards.push_back(card);
      return;
    }
    std::map<std::string, std::string> nodes;
    for (std::size_t i = 0; i < before.size(); ++i)
      nodes[lower_case(net_of(before[i]))] = words[i + 1];
    for (const std::string& net : cell_.globals) {
      if (is_spice_ground(lower_case(net))) continue;
      const auto written = cell_.written.find(net);
      nodes.emplace(lower_case(net), written == cell_.written.end() ? net : written->second);
    }
    const auto node = [&](const std::string& net) {
      const std::string key = lower_case(net);
      if (const auto found = nodes.find(key); found != nodes.end()) return found->second;
      return is_spice_ground(key) ? std::string("0") : words.front() + "_" + net;
    };
    std::string instance = words.front();
    for (const std::string& port : bench_.dut_ports) instance += " " + node(port);
    instance += " " + words.back();
    for (const std::string& parameter : parameters) instance += " " + parameter;
    cards.push_back(std::move(instance));
    for (const IdealSource& source : cell_.sources) {
      std::string line(1, source.letter);
      line += "_" + words.front() + "_" + source.name;
      for (const std::string& net : source.nets) line += " " + node(net);
      cards.push_back(line + " " + source.value);
    }
  }

  Testbench& bench_;
  const SpiceCircuit& cell_;
  std::map<std::string, std::string> ports_;    ///< Net by the port's name as written, lower case.
  std::set<std::string> is_port_, of_sources_;  ///< Nets, lower case.
};

}  // namespace

Status fit_to_layout(Testbench& bench, const SpiceCircuit& cell, const std::string& name) {
  return BenchFitter(bench, cell).fit(name);
}

}  // namespace ptah
