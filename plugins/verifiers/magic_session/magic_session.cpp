#include "magic_session.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "extracted_spice.hpp"
#include "off_grid.hpp"
#include "ptah/core/quoting.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/tech/generate.hpp"

namespace ptah::magic {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxGdsBytes = 512u << 20;
constexpr std::size_t kMaxNetlistBytes = 256u << 20;
constexpr std::size_t kMaxPlaces = 1000;
/// Finished sessions kept in a job's scratch folder: every judge of the present layout asks within
/// one evaluation, so older ones only take space.
constexpr std::size_t kKeptSessions = 4;
constexpr std::string_view kFlatCell = "ptah_flattened_top";
constexpr std::string_view kFinished = "finished.txt";
/// A circuit's layout without the devices of its fixed blocks.
constexpr const char* kBoxedCell = "ptah_boxed_top";
constexpr const char* kBoxedFile = "boxed.gds";

std::uint64_t fnv1a(std::string_view text, std::uint64_t hash = 14695981039346656037ull) {
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ull;
  }
  return hash;
}

std::string hex(std::uint64_t value) {
  char text[17];
  const auto end = std::to_chars(text, text + sizeof text, value, 16).ptr;
  return std::string(text, end);
}

/// GDSII allows letters, digits, _ ? $; real files add . and -. Magic makes file names and netlists
/// of them.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 256 && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '_' || c == '?' || c == '$' || c == '.' || c == '-';
         });
}

/// Whether `top` or a cell below it has a shape that the technology calls more than a marker.
bool draws(const gds::Library& library, const std::string& top, const Technology& technology) {
  std::set<std::string> seen{top};
  std::vector<std::string> left{top};
  while (!left.empty()) {
    const gds::Cell* cell = library.find(left.back());
    left.pop_back();
    if (cell == nullptr) continue;
    for (const gds::Polygon& polygon : cell->polygons) {
      const auto layer = technology.find_gds(polygon.layer);
      if (layer && technology.layer(*layer).type != LayerType::kMarker) return true;
    }
    for (const gds::Reference& reference : cell->references) {
      if (seen.insert(reference.cell).second) left.push_back(reference.cell);
    }
  }
  return false;
}

Result<std::string> top_of(const gds::Library& library, const LayoutFile& layout,
                           const Technology& technology) {
  for (const gds::Cell& cell : library.cells) {
    if (!is_plain_name(cell.name) || cell.name == kFlatCell || cell.name == kBoxedCell) {
      return make_error(
          ErrorCode::kUnsupported,
          "The cell name \"" + cell.name.substr(0, 60) + "\" can not be handed to Magic.",
          layout.gds.string(),
          "Use letters, digits, underscore, dot, dash, $ and ? in cell names.");
    }
  }
  // An empty cell would be clean.
  const auto drawn = [&](const std::string& top) -> Result<std::string> {
    if (draws(library, top, technology)) return top;
    return make_error(
        ErrorCode::kInvalidArgument,
        "Cell \"" + top + "\" holds nothing on a layer of technology " + technology.name() + ".",
        layout.gds.string(), "Check the GDS layer numbers and the cell's name.");
  };
  if (!layout.top.empty()) {
    if (library.find(layout.top) != nullptr) return drawn(layout.top);
    return make_error(ErrorCode::kNotFound, "The layout has no cell \"" + layout.top + "\".",
                      layout.gds.string());
  }
  const std::vector<std::string> tops = library.tops();
  if (tops.size() == 1) return drawn(tops.front());
  return make_error(ErrorCode::kInvalidArgument,
                    tops.empty() ? "The layout has no cells."
                                 : "The layout has " + std::to_string(tops.size()) + " top cells.",
                    layout.gds.string(), tops.empty() ? "" : "Name the one to check.");
}

/// Magic would make ports of the labels and pin shapes of cells below the top one: `top` gets the
/// labels that are the layout's, all others go, and pin shapes become the metal that they are.
/// Whether there were any.
bool drop_inner_ports(gds::Library& library, const std::string& top, const Technology& technology) {
  std::map<GdsLayer, GdsLayer> metal;  // by pin purpose
  for (const Layer& layer : technology.layers()) {
    if (layer.pin.layer >= 0 && layer.drawing.layer >= 0) metal.emplace(layer.pin, layer.drawing);
  }
  const auto flat = gds::flatten(library, top, technology);
  bool changed = false;
  for (gds::Cell& cell : library.cells) {
    if (cell.name == top) continue;
    changed = changed || !cell.texts.empty();
    cell.texts.clear();
    for (gds::Polygon& polygon : cell.polygons) {
      const auto pin = metal.find(polygon.layer);
      if (pin == metal.end()) continue;
      polygon.layer = pin->second;
      changed = true;
    }
  }
  for (gds::Cell& cell : library.cells) {
    if (!changed || !flat || cell.name != top) continue;
    cell.texts.clear();
    for (const gds::Flat::Label& label : flat.value().labels) {
      const Layer& layer = technology.layer(label.layer);
      const GdsLayer text = label.is_pin             ? layer.pin
                            : layer.label.layer >= 0 ? layer.label
                                                     : layer.drawing;
      cell.texts.push_back({text, label.at, label.text});
    }
  }
  return changed;
}

gds::Library boxed_library(const gds::Flat& flat, const Technology& technology) {
  gds::Cell cell;
  cell.name = kBoxedCell;
  for (const Shape& shape : flat.shapes) {
    const GdsLayer layer = technology.layer(shape.layer).drawing;
    const Rect& r = shape.rect;
    if (layer.layer >= 0)
      cell.polygons.push_back({layer, {{r.x0, r.y0}, {r.x1, r.y0}, {r.x1, r.y1}, {r.x0, r.y1}}});
  }
  for (const gds::Flat::Label& label : flat.labels) {
    const Layer& layer = technology.layer(label.layer);
    const GdsLayer text = label.is_pin             ? layer.pin
                          : layer.label.layer >= 0 ? layer.label
                                                   : layer.drawing;
    cell.texts.push_back({text, label.at, label.text});
  }
  gds::Library library;
  library.cells.push_back(std::move(cell));
  return library;
}

/// "PTAH PIN 3 NET" for each pin; after `scalegrid 1 2` internal units are 5 nm. Where contacts
/// cover all of a pin, its metal alone selects nothing: then all kinds of it are asked for.
std::string pin_script(const std::vector<native::BoxPin>& pins, const Technology& technology) {
  // Where a pin lies in a cell that was turned over within its outline.
  std::string text =
      "box 0i 0i 1000i 1000i\n"
      "set unit [expr {1000.0 / [lindex [box values] 2]}]\n"
      "select top cell\n"
      "set outline [box values]\n"
      "proc pin_box {x0 y0 x1 y1} {\n"
      "  global turned unit outline\n"
      "  foreach name {l b r t} value $outline { set $name [expr {round($value * $unit)}] }\n"
      "  if {$turned(sideways)} { lassign [list [expr {$l + $r - $x1}] [expr {$l + $r - $x0}]] x0 "
      "x1 }\n"
      "  if {$turned(upsidedown)} { lassign [list [expr {$b + $t - $y1}] [expr {$b + $t - $y0}]] "
      "y0 y1 }\n"
      "  box ${x0}i ${y0}i ${x1}i ${y1}i\n"
      "}\n";
  for (std::size_t i = 0; i < pins.size(); ++i) {
    text += "select clear\npin_box";
    const Rect& r = pins[i].place;
    for (const Dbu value : {r.x0, r.y0, r.x1, r.y1})
      text += " " + std::to_string(value / technology.grid());
    const std::string& layer = technology.layer(pins[i].layer).name;
    const std::string kinds =
        layer.starts_with("met") ? "allm" + layer.substr(3) : "all" + layer.substr(0, 2);
    text += "\nselect area " + layer + "\nset net [lindex [getnode] 0]\n" +
            "if {$net eq {}} {catch {select area " + kinds +
            "\nset net [lindex [getnode] 0]}}\nputs \"PTAH PIN " + std::to_string(i) + " $net\"\n";
  }
  return text;
}

void drop_old_sessions(const fs::path& parent, const fs::path& keep) {
  std::error_code ignored;
  std::vector<std::pair<fs::file_time_type, fs::path>> finished;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (!entry.path().filename().string().starts_with("magic-") || entry.path() == keep) continue;
    finished.emplace_back(entry.last_write_time(ignored), entry.path());
  }
  std::sort(finished.rbegin(), finished.rend());
  for (std::size_t i = kKeptSessions - 1; i < finished.size(); ++i) {
    fs::remove_all(finished[i].second, ignored);
  }
}

Status read_outputs(const fs::path& folder, const std::string& technology_name, Session& session) {
  PTAH_TRY(const std::string output, read_text_file(folder / "magic.txt", 64u << 20));
  PTAH_TRY(read_report(output, technology_name, session));
  PTAH_TRY(session.devices_spice, read_text_file(folder / "devices.spice", kMaxNetlistBytes));
  if (session.has_capacitors) {
    PTAH_TRY(session.capacitors_spice,
             read_text_file(folder / "capacitors.spice", kMaxNetlistBytes));
  }
  return ok();
}

/// The last lines of what the tool said, for a message.
std::string last_words(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  const std::size_t start = text.rfind('\n');
  const std::string_view line = start == std::string_view::npos ? text : text.substr(start + 1);
  return line.empty() ? "nothing" : "\"" + std::string(line.substr(0, 200)) + "\"";
}

}  // namespace

std::string script(std::string_view top, const std::vector<native::BoxPin>* pins,
                   const Technology* technology) {
  // The box of `drc listall why` is grown: an error whose tiles lie outside the cell's bounding box
  // (a spacing or width error at its edge) is counted, but would not be listed.
  const std::string cell = quoting::tcl(top);
  const std::string flat(kFlatCell);
  return "set SUB VSUBS\n"
         "puts \"PTAH TECH [tech name]\"\n"
         "scalegrid 1 2\n"
         "drc off\n"
         "gds read layout.gds\n"
         "if {[lsearch -exact [cellname list allcells] " +
         cell +
         "] < 0} {\n"
         "  puts \"PTAH NOTOP\"\n  quit -noprompt\n}\n"
         "load " +
         cell +
         "\n"
         "select top cell\n"
         "box grow c 400\n"
         "drc style drc(full)\n"
         "puts \"PTAH STYLE [drc list style]\"\n"
         "drc on\n"
         "drc check\n"
         "drc catchup\n"
         "set places 0\n"
         "foreach {why boxes} [drc listall why] {\n"
         "  puts \"PTAH WHY $why\"\n"
         "  foreach box $boxes {\n"
         "    if {$places < " +
         std::to_string(kMaxPlaces) +
         "} { puts \"PTAH PLACE $box\" }\n"
         "    incr places\n  }\n}\n"
         "puts \"PTAH ERRORS [lindex [drc list count total] 0]\"\n" +
         (pins == nullptr
              ? std::string()
              : "drc off\ngds read " + std::string(kBoxedFile) + "\nload " + kBoxedCell + "\n") +
         "flatten " + flat +
         "\n"
         "load " +
         flat +
         "\n"
         "select top cell\n"
         "port makeall\n"
         "extract do local\n"
         "extract all\n"
         // No tap of the substrate was found: turned over, another one comes first.
         "proc no_substrate {} {\n"
         "  set file [open " +
         flat +
         ".ext]\n"
         "  set text [read $file]\n"
         "  close $file\n"
         "  return [regexp -line {^substrate \\S+ \\S+ \\S+ -[0-9]{9}} $text]\n"
         "}\n"
         "array set turned {upsidedown 0 sideways 0}\n"
         "foreach turn {upsidedown sideways upsidedown} {\n"
         "  if {![no_substrate]} { break }\n"
         "  select top cell\n"
         "  select area\n"
         "  $turn\n"
         "  set turned($turn) [expr {!$turned($turn)}]\n"
         "  select top cell\n"
         "  port makeall\n"
         "  extract all\n"
         "}\n" +
         (pins == nullptr ? std::string() : pin_script(*pins, *technology)) +
         "ext2spice scale off\n"
         "ext2spice format ngspice\n"
         "ext2spice cthresh 0\n"
         "ext2spice hierarchy on\n"
         "ext2spice -o devices.spice\n"
         "puts \"PTAH DEVICES\"\n"
         "catch {flush stdout}\n"
         "ext2spice hierarchy off\n"
         "ext2spice -o capacitors.spice\n"
         "puts \"PTAH END\"\n"
         "quit -noprompt\n";
}

Status read_report(std::string_view output, std::string_view technology_name, Session& into) {
  bool ended = false, found_devices = false, counted = false, loaded = false, full = false;
  std::string rule_text;
  std::istringstream lines{std::string(output)};
  std::string line;
  const auto failed = [&](std::string message) {
    return make_error(ErrorCode::kToolFailed, std::move(message), "magic",
                      "Its last words: " + last_words(output) + ".");
  };
  while (std::getline(lines, line)) {
    // Magic writes progress without a line end, so a mark may stand anywhere in a line.
    const std::size_t at = line.find("PTAH ");
    if (at == std::string::npos) continue;
    std::istringstream words(line.substr(at + 5));
    std::string mark;
    words >> mark;
    std::string rest;
    std::getline(words >> std::ws, rest);
    if (mark == "TECH") {
      loaded = rest == technology_name;
      if (!loaded) {
        return failed("Magic could not load the technology file of " +
                      std::string(technology_name) + " and fell back to \"" + rest + "\".");
      }
    } else if (mark == "STYLE") {
      full = rest.find("drc(full)") != std::string::npos;
    } else if (mark == "NOTOP") {
      return failed("Magic did not find the top cell in what it read of the layout.");
    } else if (mark == "WHY") {
      rule_text = rest;
    } else if (mark == "PLACE") {
      // Internal units after `scalegrid 1 2`: 5 nm.
      std::istringstream values(rest);
      double v[4];
      if (values >> v[0] >> v[1] >> v[2] >> v[3]) {
        Violation violation;
        violation.text = rule_text;
        const std::size_t close = rule_text.rfind(')'), open = rule_text.rfind('(');
        violation.rule = open != std::string::npos && close != std::string::npos && open < close
                             ? rule_text.substr(open + 1, close - open - 1)
                             : rule_text;
        const auto nm = [](double value) { return static_cast<Dbu>(std::lround(value * 5)); };
        violation.place = {nm(v[0]), nm(v[1]), nm(v[2]), nm(v[3])};
        into.violations.push_back(std::move(violation));
      }
    } else if (mark == "ERRORS") {
      const auto [end, error] =
          std::from_chars(rest.data(), rest.data() + rest.size(), into.drc_errors);
      counted = error == std::errc() && end == rest.data() + rest.size() && into.drc_errors >= 0;
    } else if (mark == "PIN") {
      std::istringstream values(rest);
      std::size_t pin = 0;
      std::string net;
      if (values >> pin && pin < into.pin_nets.size() && values >> net) into.pin_nets[pin] = net;
    } else if (mark == "DEVICES") {
      found_devices = true;
    } else if (mark == "END") {
      ended = true;
    }
  }
  if (!loaded) return failed("Magic did not start as it should.");
  if (!full) return failed("Magic's technology has no full rule set, drc(full).");
  if (!counted || !found_devices) return failed("Magic stopped before it was done.");
  into.has_capacitors = ended;
  if ((into.drc_errors > 0) != !into.violations.empty()) {
    return failed("Magic's count of errors (" + std::to_string(into.drc_errors) +
                  ") and its list of them disagree.");
  }
  return ok();
}

Result<ExtractedNetlist> netlist_of(const Session& session, const Technology& technology) {
  const Technology& described = session.boxed ? session.boxed->technology : technology;
  PTAH_TRY(ExtractedNetlist netlist,
           read_extracted(session.devices_spice, session.capacitors_spice, described));
  for (std::size_t i = 0; i < session.pins.size(); ++i) {
    if (session.pin_nets[i].empty()) continue;
    ExtractedDevice device;
    device.name = session.pins[i].name;
    device.model = described.devices()[session.pins[i].model].name;
    device.nets = {session.pin_nets[i], session.pins[i].shared};
    netlist.devices.push_back(std::move(device));
  }
  return netlist;
}

Result<Session> examine(const LayoutFile& layout, const Circuit& circuit,
                        const Technology& technology, const Limits& limits, JobContext& job) {
  PTAH_TRY(std::string bytes, read_text_file(layout.gds, kMaxGdsBytes));
  // The file must be whole GDSII before Magic sees it: Magic reads what it can of a truncated one.
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  PTAH_TRY(gds::Library library,
           gds::read(std::span<const std::uint8_t>(data, bytes.size()), layout.gds.string()));
  Session session;
  PTAH_TRY(session.top, top_of(library, layout, technology));
  session.off_grid = off_grid(library, session.top, technology);
  if (drop_inner_ports(library, session.top, technology)) {
    const std::vector<std::uint8_t> written = gds::write(library);
    bytes.assign(written.begin(), written.end());
  }

  std::string boxed_bytes, boxed_question;
  if (native::has_blocks(circuit)) {
    gds::Flat storage;
    const LayoutFile named{layout.gds, session.top, layout.flat};
    PTAH_TRY(const gds::Flat* flat, flat_layout(named, technology, storage));
    session.boxed = native::BlackBoxes().of(circuit, technology);
    const native::BoxedLayout opened = session.boxed->open(*flat);
    session.block_differences = session.boxed->differences(opened);
    session.pins = session.boxed->pins(opened);
    session.pin_nets.resize(session.pins.size());
    const auto written = gds::write(boxed_library(opened.flat, technology));
    boxed_bytes.assign(written.begin(), written.end());
    boxed_question = pin_script(session.pins, technology) + hex(fnv1a(boxed_bytes)) + "\n";
  }

  // Of a technology without a PDK what Magic is told of it counts: two may have one name.
  std::string rules;
  if (technology.pdk()) {
    rules = technology.pdk()->root.string();
  } else {
    PTAH_TRY(rules, magic_tech(technology));
  }
  const std::string identity =
      session.top + "\n" + technology.name() + "\n" + rules + "\n" + boxed_question;
  const fs::path folder = job.scratch_dir() / ("magic-" + hex(fnv1a(bytes, fnv1a(identity))));
  std::error_code ignored;
  const std::string name = technology.pdk() ? "sky130A" : technology.name();
  if (fs::is_regular_file(folder / kFinished, ignored)) {
    // A hash may collide: the bytes and the question decide.
    const auto kept = read_text_file(folder / "layout.gds", kMaxGdsBytes);
    const auto asked = read_text_file(folder / kFinished, kMaxGdsBytes);
    if (kept && asked && kept.value() == bytes && asked.value() == identity) {
      Session earlier;
      earlier.top = session.top;
      earlier.off_grid = session.off_grid;
      earlier.boxed = session.boxed;
      earlier.pins = session.pins;
      earlier.pin_nets.resize(session.pins.size());
      earlier.block_differences = session.block_differences;
      if (read_outputs(folder, name, earlier)) {
        earlier.reused = true;
        return earlier;
      }
    }
  }
  fs::remove_all(folder, ignored);
  if (!fs::create_directory(folder, ignored)) {
    return make_error(ErrorCode::kIo, "A folder for Magic's files can not be made.",
                      folder.string(), "Check the space and the rights of the scratch folder.");
  }
  std::error_code failed;
  fs::permissions(folder, fs::perms::owner_all, failed);
  if (failed) return make_error(ErrorCode::kIo, failed.message(), folder.string());
  drop_old_sessions(job.scratch_dir(), folder);

  PTAH_TRY(const TechFile tech, tech_file(technology, folder, job));
  PTAH_TRY(write_text_file(folder / "layout.gds", bytes, Durability::kCached));
  const bool boxed = session.boxed.has_value();
  if (boxed) {
    PTAH_TRY(write_text_file(folder / kBoxedFile, boxed_bytes, Durability::kCached));
  }
  PTAH_TRY(write_text_file(
      folder / "run.tcl",
      script(session.top, boxed ? &session.pins : nullptr, boxed ? &technology : nullptr),
      Durability::kCached));
  PTAH_TRY(const fs::path program, find_tool("magic", "magic"));
  ToolRun run;
  run.program = program;
  run.arguments = {"-dnull", "-noconsole",       "-rcfile", "/dev/null",
                   "-T",     tech.file.string(), "run.tcl"};
  run.directory = folder;
  run.wall_limit_s = limits.wall_s;
  run.cpu_limit_s = limits.wall_s;
  run.memory_limit_bytes = limits.memory_bytes;
  run.output_limit_bytes = 32u << 20;
  PTAH_TRY(const ToolOutput output, run_tool(run, job));
  PTAH_TRY(
      write_text_file(folder / "magic.txt", output.out + "\n" + output.err, Durability::kCached));
  if (Status read = read_outputs(folder, tech.name, session); !read) {
    Error error = read.error();
    if (output.signal != 0) {
      error.message += " It was ended by signal " + std::to_string(output.signal) + ".";
    }
    return error;
  }
  // Last: only a complete session can be found by the next judge.
  PTAH_TRY(write_text_file(folder / kFinished, identity, Durability::kCached));
  return session;
}

}  // namespace ptah::magic
