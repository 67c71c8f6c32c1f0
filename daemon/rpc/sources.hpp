/// The files of a circuit, as a client sends them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ptah/netlist/source_bundle.hpp"
#include "rpc/fields.hpp"

namespace ptah::rpc {

/// A cell of a GDS file that a subcircuit is bound to.
struct SourceCell {
  std::string file;
  std::optional<std::string> cell;

  template <class V>
  void describe(V& v) {
    v.required("file", file, "Which of `files` is the GDSII file: its bytes in base64.");
    v.optional("cell", cell,
               "Which of its cells; otherwise the one called as the subcircuit, or its only top.");
  }
};

/// A netlist, what it includes and what goes with it, gathered by the client (docs/inputs.md): for
/// them nothing is opened. The store keeps those of a job once; its spec names them by their hash.
struct Sources {
  std::optional<std::string> hash, netlist, pairs, testbench, measures;
  SourceBundle::Files files;
  std::map<std::string, std::string> links;
  std::vector<std::string> left_out;
  std::optional<std::map<std::string, SourceCell>> cells;

  template <class V>
  void describe(V& v) {
    v.optional("hash", hash,
               "In place of the others: sources that the store has, as the spec of a job names "
               "them.");
    v.optional("netlist", netlist, "Which of `files` is the netlist.");
    v.optional("pairs", pairs, "Which lists its matched devices.");
    v.optional("testbench", testbench, "Which is its testbench; without one, no score.");
    v.optional("measures", measures,
               "Which lists its measures (docs/measures.md); testbenches that they name lie beside "
               "it.");
    v.optional("files", files,
               "Texts by name: a path below the folder that the bundle stands for, without `.` and "
               "`..`.",
               at_most(std::size_t{1} << 20));
    v.optional("links", links,
               "Names by path as an include line writes it, where that is absolute or has a "
               "variable.");
    v.optional("left_out", left_out,
               "Paths as include lines write them that are not followed, because the technology "
               "brings the models.");
    v.optional("cells", cells,
               "Subcircuits or models by name that are placed and routed as their cells are.");
  }

  Status check(const std::string& path) const {
    if (hash) return check_hash(path);
    if (!netlist) {
      return wrong("Say which of the files is the netlist.", field_path(path, "netlist"));
    }
    for (const std::size_t count : {files.size(), links.size(), left_out.size()}) {
      if (count <= SourceBundle::kMaxFiles) continue;
      return wrong("A bundle has at most " + std::to_string(SourceBundle::kMaxFiles) + " files.",
                   field_path(path, "files"), ErrorCode::kLimit);
    }
    for (const auto& [name, text] : files) {
      if (is_bundle_name(name)) continue;
      return wrong("\"" + name.substr(0, kShownName) +
                       "\" is no name of a file in a bundle: that is a relative path without `.` "
                       "and `..`.",
                   field_path(path, "files"));
    }
    PTAH_TRY(has(*netlist, field_path(path, "netlist")));
    if (pairs) {
      PTAH_TRY(has(*pairs, field_path(path, "pairs")));
    }
    if (testbench) {
      PTAH_TRY(has(*testbench, field_path(path, "testbench")));
    }
    if (measures) {
      PTAH_TRY(has(*measures, field_path(path, "measures")));
    }
    for (const auto& [written, name] : links) {
      PTAH_TRY(has(name, field_path(path, "links")));
    }
    if (!cells) return ok();
    if (cells->size() > kMostCells) {
      return wrong("At most " + std::to_string(kMostCells) + " cells can be bound.",
                   field_path(path, "cells"), ErrorCode::kLimit);
    }
    for (const auto& [name, cell] : *cells) {
      PTAH_TRY(has(cell.file, field_path(path, "cells")));
    }
    return ok();
  }

 private:
  static constexpr std::size_t kShownName = 200;
  static constexpr std::size_t kMostCells = 64;
  static constexpr std::size_t kHashDigits = 64;

  static Error wrong(std::string message, const std::string& field,
                     ErrorCode code = ErrorCode::kInvalidArgument) {
    return make_error(code, std::move(message), field);
  }
  Status has(const std::string& name, const std::string& field) const {
    if (files.contains(name)) return ok();
    return wrong(
        "There is no \"" + name.substr(0, kShownName) + "\" among the files of the bundle.", field,
        ErrorCode::kNotFound);
  }
  Status check_hash(const std::string& path) const {
    if (netlist || pairs || testbench || measures || !files.empty() || !links.empty() ||
        !left_out.empty() || cells) {
      return wrong("`hash` stands in place of all other fields of \"" + path + "\".",
                   field_path(path, "hash"));
    }
    if (hash->size() == kHashDigits &&
        hash->find_first_not_of("0123456789abcdef") == std::string::npos) {
      return ok();
    }
    return wrong("A hash is 64 lower-case hexadecimal digits.", field_path(path, "hash"));
  }
};

}  // namespace ptah::rpc
