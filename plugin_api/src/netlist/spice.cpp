#include "ptah/netlist/spice.hpp"

#include "netlist/deck.hpp"
#include "netlist/flatten.hpp"
#include "netlist/substrate.hpp"
#include "netlist/text.hpp"
#include "ptah/core/quoting.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/layout/block.hpp"

namespace ptah {
namespace {

/// Every error of a netlist passes here. One in a file that the netlist includes does not quote it:
/// the netlist may be a stranger's, and the file anything that lies in the designer's folder (which
/// may be the home folder). Messages end up in logs, records and other people's terminals.
Error told(Error error, const spice::Deck& deck) {
  const std::string file = error.where.substr(0, error.where.rfind(':'));
  if (deck.included.count(file) == 0 && deck.included.count(error.where) == 0) return error;
  return quoting::without_text(std::move(error));
}

/// Magic names the well of a varactor, and its models what lies below.
void name_substrates(SpiceCircuit& read) {
  const NetId substrate = substrate_net(read.circuit);
  for (Device& device : read.circuit.devices) {
    if (!names_its_well(device) || device.nets[terminal::kSubstrate] == substrate) continue;
    const auto name = [&](NetId net) {
      return read.circuit.nets.at(static_cast<std::size_t>(net)).name;
    };
    read.notes.push_back({device.name, "its third terminal, the well, is taken as the substrate",
                          name(device.nets[terminal::kSubstrate]), name(substrate)});
    device.nets[terminal::kSubstrate] = substrate;
  }
}

/// A designer should know what such a bulk costs.
void note_wells(SpiceCircuit& read) {
  for (const Device& device : read.circuit.devices) {
    if (!device.isolated) continue;
    const NetId bulk = device.nets.at(*substrate_terminal(device));
    read.notes.push_back(
        {device.name,
         (is_diode(device.kind) ? "its anode, net " : "its bulk, net ") +
             text::quoted(read.circuit.nets.at(static_cast<std::size_t>(bulk)).name) +
             ", is not the substrate: it gets a deep n-well of its own, tied to it.",
         "", ""});
  }
}

}  // namespace

std::string Note::text() const {
  std::string sentence = device.empty() ? what : device + ": " + what;
  if (is_change()) sentence += (from.empty() ? "" : ": " + from) + " -> " + to;
  return sentence;
}

Result<SpiceCircuit> read_spice(std::string_view text, std::string_view name,
                                const Technology& technology, const SpiceOptions& options,
                                const std::filesystem::path& base) {
  spice::Deck deck;
  if (Status read = spice::read_deck(text, name, options, base, deck); !read) {
    return told(read.error(), deck);
  }
  auto circuit = spice::flatten(deck, technology, options);
  if (!circuit) return told(circuit.error(), deck);
  for (const auto& [key, block] : circuit.value().blocks) {
    if (block->not_simulated) block->not_simulated = told(*block->not_simulated, deck);
  }
  name_substrates(circuit.value());
  mark_isolated(circuit.value().circuit);
  note_wells(circuit.value());
  return circuit;
}

Result<SpiceCircuit> read_spice_file(const std::filesystem::path& file,
                                     const Technology& technology, const SpiceOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return make_error(ErrorCode::kNotFound, "There is no netlist file " + file.string() + ".",
                      file.string());
  }
  PTAH_TRY(const std::string text, read_text_file(file, options.max_file_bytes));
  const std::filesystem::path base =
      file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  return read_spice(text, file.filename().string(), technology, options, base);
}

Result<std::map<std::string, std::string>> read_parameters(std::string_view text,
                                                           std::string_view name) {
  spice::Deck deck;
  PTAH_TRY(spice::read_parameter_deck(text, name, deck));
  std::map<std::string, std::string> parameters;
  for (auto& [key, parameter] : deck.globals) parameters.emplace(key, std::move(parameter.text));
  return parameters;
}

}  // namespace ptah
