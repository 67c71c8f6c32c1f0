/// A SPICE netlist as written: subcircuits with their elements and parameters, nothing evaluated.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ptah/netlist/spice.hpp"

namespace ptah::spice {

/// Of one reading; more say nothing new.
constexpr std::size_t kMaxNotes = 1000;

/// A line of one of the deck's files; line 0: no line, `files` says all.
struct Place {
  int file = 0;
  int line = 0;
};

/// A parameter as written: an expression still.
struct Parameter {
  std::string text;
  Place place;
};

/// By lower-case name.
using Parameters = std::map<std::string, Parameter>;

/// Two nets that are one in a layout.
struct JoinedNets {
  std::string a, b;
  Place place;
};

/// One element line: its first word, the words without "=", and name=value pairs.
struct Element {
  std::string name;
  std::vector<std::string> words;
  Parameters parameters;
  Place place;

  char letter() const;  ///< Lower case.
};

struct Subcircuit {
  std::string name;
  std::vector<std::string> ports;
  Parameters defaults;  ///< On the `.subckt` line.
  Parameters locals;    ///< `.param` in the body.
  std::vector<Element> elements;
  std::vector<JoinedNets> joined;  ///< While it is read; then its elements have one name for them.
  Place place;
  bool commented = false;  ///< xschem's "**.subckt".
};

struct Deck {
  std::vector<std::string> files;
  std::set<std::string> included;  ///< Those of `files` that nobody but another file named.
  std::vector<Subcircuit> subcircuits;
  std::map<std::string, std::size_t> by_name;  ///< Lower-case name -> index.
  Parameters globals;
  Parameters given;  ///< By the user: they win over `globals`, and over the top's own.
  std::set<std::string> global_nets;  ///< Lower case.
  std::vector<std::string> global_spelling;
  double scale = 0;                    ///< `.option scale=`; 0: none.
  std::map<int, WidthMeaning> widths;  ///< Of those of `files` that say it.
  std::set<int> templates;             ///< Those of `files` that leave finger counts free.
  std::vector<Note> notes;

  std::string where(Place place) const {
    const std::string& file = files.at(static_cast<std::size_t>(place.file));
    return place.line == 0 ? file : file + ":" + std::to_string(place.line);
  }
};

/// Reads a netlist into a deck; its file is the first of `deck.files`. After an error, `deck.files`
/// and `deck.included` are those that were read.
Status read_deck(std::string_view source, std::string_view name, const SpiceOptions& options,
                 const std::filesystem::path& base, Deck& deck);

/// Reads a file of parameters alone into `deck.globals`.
Status read_parameter_deck(std::string_view source, std::string_view name, Deck& deck);

}  // namespace ptah::spice
