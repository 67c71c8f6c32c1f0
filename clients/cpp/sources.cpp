// The gatherer of a netlist's files. clients/python/ptah/inputs.py does the same; both pass
// tests/clients/source_cases.json.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <set>
#include <utility>

#include "inputs.hpp"
#include "ptah/core/base64.hpp"
#include "ptah/core/quoting.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/netlist/source_bundle.hpp"
#include "ptah/sim/measures.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

/// Of all files together as JSON: a request is one line of 1 MiB.
constexpr std::size_t kMaxBytes = 900u << 10;
/// Folders in which open processes keep their models and cells.
constexpr std::array<std::string_view, 2> kProcessFolders{"libs.tech", "libs.ref"};
constexpr std::string_view kProcessRoot = "PDK_ROOT";

fs::path normal(const fs::path& path) {
  return fs::absolute(path).lexically_normal();
}

std::string place(const fs::path& file, int line) {
  return file.string() + ":" + std::to_string(line);
}

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

/// A text that is no UTF-8 is taken for Latin-1, in which every byte is a character.
std::string as_utf8(std::string text) {
  const Json json(text);
  if (json.dump(-1, ' ', false, Json::error_handler_t::ignore) ==
      json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    return text;
  }
  std::string converted;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) converted += static_cast<char>(0xC0 | (byte >> 6));
    converted += static_cast<char>(byte >= 0x80 ? 0x80 | (byte & 0x3F) : byte);
  }
  return converted;
}

/// A path with its variables replaced.
struct Expanded {
  std::string path;
  std::string unset;  ///< The first variable that has no value.
  std::set<std::string> used;
};

Expanded expand(const std::string& written) {
  constexpr std::string_view kName =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  Expanded out;
  for (std::size_t i = 0; i < written.size();) {
    const bool braced = written.compare(i, 2, "${") == 0;
    const std::size_t begin = i + (braced ? 2 : 1);
    std::size_t end = std::min(written.find_first_not_of(kName, begin), written.size());
    if (written[i] != '$' || end <= begin ||
        (braced && (end == written.size() || written[end] != '}'))) {
      out.path += written[i++];
      continue;
    }
    const std::string name = written.substr(begin, end - begin);
    const std::string value = environment(name);
    if (value.empty() && out.unset.empty()) out.unset = name;
    out.used.insert(name);
    out.path += value;
    i = end + (braced ? 1 : 0);
  }
  return out;
}

bool in_process_folder(const fs::path& path) {
  return std::any_of(path.begin(), path.end(), [](const fs::path& part) {
    return std::find(kProcessFolders.begin(), kProcessFolders.end(), part.string()) !=
           kProcessFolders.end();
  });
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [end, ignored] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

class Gatherer {
 public:
  /// Reads a file that the request names.
  Result<fs::path> add(const std::string& named) {
    if (named == "-") return add_standard_input();
    const fs::path file = normal(named);
    if (!is_file(file)) return make_error(ErrorCode::kNotFound, "There is no such file.", named);
    PTAH_TRY(read(file, named));
    return file;
  }

  /// Reads what a netlist, or a section of it, includes.
  Status follow(const fs::path& file, const std::string& section = {}) {
    const Section key(file, section);
    if (!seen_.insert(key).second) return ok();
    PTAH_TRY(const auto includes, list_includes(texts_.at(file), file.string(), section));
    open_.push_back(key);
    for (const IncludeLine& include : includes) {
      PTAH_TRY(follow_line(file, include));
    }
    open_.pop_back();
    return ok();
  }

  /// The testbenches beside measures.yaml that its measures name. What is wrong with them is said
  /// by who reads the measures.
  Status add_benches(const fs::path& measures) {
    const auto specs = read_measures(texts_.at(measures), measures.string());
    if (!specs) return ok();
    for (const MeasureSpec& spec : specs.value().measures) {
      const fs::path beside = measures.parent_path() / spec.testbench;
      if (spec.testbench.empty() || !is_file(beside)) continue;
      PTAH_TRY(read(beside, measures.string()));
    }
    return ok();
  }

  /// Reads a file that is no text; it travels in base64.
  Result<fs::path> add_binary(const std::string& named) {
    const fs::path file = normal(named);
    if (!is_file(file)) return make_error(ErrorCode::kNotFound, "There is no such file.", named);
    if (texts_.contains(file)) return file;
    PTAH_TRY(check_room(file, named));
    PTAH_TRY(const std::string bytes, read_text_file(file, kMaxBytes));
    std::string text = encode_base64(bytes);
    bytes_ += text.size() + 2;
    if (bytes_ > kMaxBytes) return too_large(file);
    texts_[file] = std::move(text);
    return file;
  }

  std::string name_of(const fs::path& file) const {
    return file.lexically_relative(root()).generic_string();
  }

  /// `files`, `links` and `left_out` of the request.
  Json sources() const {
    Json files = Json::object();
    for (const auto& [file, text] : texts_) files[name_of(file)] = text;
    Json sources{{"files", std::move(files)}};
    for (const auto& [written, file] : links_) sources["links"][written] = name_of(file);
    if (!left_out_.empty()) sources["left_out"] = left_out_;
    return sources;
  }

 private:
  using Section = std::pair<fs::path, std::string>;

  static bool is_file(const fs::path& file) {
    std::error_code ignored;
    return fs::is_regular_file(file, ignored);
  }

  Status follow_line(const fs::path& file, const IncludeLine& include) {
    const std::string where = place(file, include.line);
    const std::string shown = quoting::for_message(include.wanted);
    const bool library = !include.section.empty();
    const Expanded expanded = expand(include.wanted);
    const fs::path wanted = normal(file.parent_path() / expanded.path);
    const bool missing = !expanded.unset.empty() || !is_file(wanted);
    if (is_of_process(expanded, wanted) || (library && missing)) {
      left_out_.insert(include.wanted);
      return ok();
    }
    if (!expanded.unset.empty()) {
      return make_error(ErrorCode::kNotFound,
                        "The variable " + expanded.unset + " of the path " + shown + " is not set.",
                        where, "set it in the environment, or write the path out");
    }
    if (missing) {
      return make_error(ErrorCode::kNotFound,
                        "There is no file " + shown + ", which is included here.", where,
                        "it was looked for as " + wanted.string());
    }
    const Section key(wanted, include.section);
    if (std::find(open_.begin(), open_.end(), key) != open_.end()) {
      return make_error(ErrorCode::kParse, "The file " + shown + " includes itself.", where);
    }
    if (open_.size() > static_cast<std::size_t>(SourceBundle::kMaxDepth)) {
      return make_error(ErrorCode::kLimit, "Includes are nested too deeply.", where);
    }
    PTAH_TRY(read(wanted, where));
    if (include.wanted.front() == '/' || !expanded.used.empty()) links_[include.wanted] = wanted;
    return follow(wanted, include.section);
  }

  /// Whether a file belongs to the process, whose models the technology brings.
  static bool is_of_process(const Expanded& expanded, const fs::path& wanted) {
    if (expanded.used.contains(std::string(kProcessRoot)) || in_process_folder(wanted)) return true;
    const std::string root = environment(std::string(kProcessRoot));
    return !root.empty() && is_below(wanted, normal(root + "/.").parent_path());
  }

  /// `where` asked for it.
  Status read(const fs::path& file, const std::string& where) {
    if (texts_.contains(file)) return ok();
    PTAH_TRY(check_room(file, where));
    PTAH_TRY(std::string text, read_text_file(file, kMaxBytes));
    return take(file, std::move(text));
  }

  /// Whether one more file can be sent.
  Status check_room(const fs::path& file, const std::string& where) const {
    if (as_utf8(file.string()) != file.string()) {
      return make_error(ErrorCode::kParse, "A file's name here is no UTF-8.", where);
    }
    if (texts_.size() == SourceBundle::kMaxFiles) {
      return make_error(
          ErrorCode::kLimit,
          "A request has at most " + std::to_string(SourceBundle::kMaxFiles) + " files.", where);
    }
    std::error_code ignored;
    if (fs::file_size(file, ignored) > kMaxBytes) return too_large(file);
    return ok();
  }

  Result<fs::path> add_standard_input() {
    const fs::path file = normal("stdin");
    std::string text;
    for (char block[4096]; std::cin.read(block, sizeof block), std::cin.gcount() > 0;) {
      text.append(block, static_cast<std::size_t>(std::cin.gcount()));
      if (text.size() > kMaxBytes) return too_large(file);
    }
    PTAH_TRY(take(file, std::move(text)));
    return file;
  }

  Status take(const fs::path& file, std::string text) {
    if (text.find('\0') != std::string::npos) {
      return make_error(ErrorCode::kParse, "This is no text file.", file.string());
    }
    text = as_utf8(std::move(text));
    bytes_ += Json(text).dump(-1, ' ', true).size();
    if (bytes_ > kMaxBytes) return too_large(file);
    texts_[file] = std::move(text);
    return ok();
  }

  static Error too_large(const fs::path& file) {
    return make_error(ErrorCode::kLimit,
                      "With this file those of the request have more than " +
                          std::to_string(kMaxBytes >> 10) + " KiB.",
                      file.string(),
                      "leave out what the layout does not need: the technology brings the models");
  }

  /// The deepest folder that all files have in common.
  fs::path root() const {
    fs::path common = texts_.begin()->first.parent_path();
    for (const auto& [file, text] : texts_) {
      while (!is_below(file, common)) common = common.parent_path();
    }
    return common;
  }

  std::map<fs::path, std::string> texts_;
  std::map<std::string, fs::path> links_;  ///< By path as written.
  std::set<std::string> left_out_;
  std::set<Section> seen_;
  std::vector<Section> open_;  ///< The file that is read now, and those that led there.
  std::size_t bytes_ = 0;
};

/// "FILE" or "FILE:CELL"; a colon may belong to the file's name.
std::pair<std::string, std::string> file_and_cell(const std::string& text) {
  std::error_code ignored;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || fs::is_regular_file(text, ignored)) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

Status gather_sources(Json& spec) {
  const auto path_in = [&](const char* field) -> std::optional<std::string> {
    const auto found = spec.find(field);
    if (found == spec.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
  };
  const auto netlist = path_in("netlist");
  const bool gathers = netlist && !netlist->starts_with("sha256:") && !spec.contains("sources");
  if (!gathers && spec.contains("cells")) {
    return make_error(ErrorCode::kInvalidArgument,
                      "Cells are bound to subcircuits of a netlist of your own.", "cells",
                      "name the netlist's file beside them");
  }
  if (!gathers) return ok();
  Gatherer gatherer;
  std::map<std::string, fs::path> given;
  for (const char* field : {"netlist", "pairs", "testbench", "measures"}) {
    const auto named = path_in(field);
    if (!named) continue;
    PTAH_TRY(given[field], gatherer.add(*named));
  }
  PTAH_TRY(gatherer.follow(given.at("netlist")));
  if (given.contains("measures")) {
    PTAH_TRY(gatherer.add_benches(given.at("measures")));
  }
  std::map<std::string, std::pair<fs::path, std::string>> cells;
  if (const auto bound = spec.find("cells"); bound != spec.end()) {
    for (const auto& [name, text] : bound->items()) {
      if (!text.is_string()) {
        return make_error(ErrorCode::kInvalidArgument, "A cell is named by its file.",
                          "cells." + name, "FILE.gds or FILE.gds:CELL");
      }
      const auto [file, cell] = file_and_cell(text.get<std::string>());
      PTAH_TRY(const fs::path path, gatherer.add_binary(file));
      cells[name] = {path, cell};
    }
    spec.erase("cells");
  }
  Json sources = gatherer.sources();
  for (const auto& [name, cell] : cells) {
    sources["cells"][name] = {{"file", gatherer.name_of(cell.first)}};
    if (!cell.second.empty()) sources["cells"][name]["cell"] = cell.second;
  }
  for (const auto& [field, file] : given) {
    sources[field] = gatherer.name_of(file);
    spec.erase(field);
  }
  spec["sources"] = std::move(sources);
  return ok();
}

}  // namespace ptah
