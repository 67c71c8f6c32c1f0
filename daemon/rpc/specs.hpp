/// What clients ask workers to do, field by field. A spec is read at the request, so that what is
/// wrong in it is that request's error; a job keeps it as it was given; and the worker reads its
/// task into the same struct.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ptah/layout/layout.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"
#include "rpc/fields.hpp"
#include "rpc/sources.hpp"

namespace ptah {

/// Which layouts the judges see.
enum class SignOff {
  kAll,     ///< Every layout that an explorer evaluates.
  kKept,    ///< Those that it accepts; in a flow without checks of its own the same as kAll.
  kSample,  ///< The baseline and a random share of the accepted ones; without checks as kAll.
  kNone,    ///< None. A flow without checks then only places and routes: no verdict, no score.
};
template <>
struct Choices<SignOff> {
  static constexpr std::array<NamedChoice<SignOff>, 4> kNames{{{SignOff::kAll, "all"},
                                                               {SignOff::kKept, "kept"},
                                                               {SignOff::kSample, "sample"},
                                                               {SignOff::kNone, "none"}}};
};

/// What a run is for: by which number its layouts are ranked, by every client.
enum class Objective {
  kPscore,
  kArea,            ///< The box around all that is drawn, um^2.
  kHpwl,            ///< Half-perimeter wire length.
  kBalanced,        ///< pscore times area: a per cent of one is worth a per cent of the other.
  kDeviceArea,      ///< Sum of the device boxes (OSIRIS's area).
  kPscoreRelative,  ///< pscore over the RMS of the schematic's curve: 0.01 is a per cent.
  kDrift,  ///< The most that a measure changes from schematic to layout, relative to the schematic.
};
template <>
struct Choices<Objective> {
  static constexpr std::array<NamedChoice<Objective>, 7> kNames{
      {{Objective::kPscore, "pscore"},
       {Objective::kArea, "area"},
       {Objective::kHpwl, "hpwl"},
       {Objective::kBalanced, "balanced"},
       {Objective::kDeviceArea, "device_area"},
       {Objective::kPscoreRelative, "pscore_relative"},
       {Objective::kDrift, "drift"}}};
};

/// What a finger assignment leaves of a device as it is.
enum class Keep {
  kFinger,  ///< The width of a finger: more fingers are a wider device (OSIRIS).
  kWidth,   ///< The width of the device, that of the most fingers allowed.
};
template <>
struct Choices<Keep> {
  static constexpr std::array<NamedChoice<Keep>, 2> kNames{
      {{Keep::kFinger, "finger"}, {Keep::kWidth, "width"}}};
};

template <>
struct Choices<WidthMeaning> {
  static constexpr std::array<NamedChoice<WidthMeaning>, 3> kNames{
      {{WidthMeaning::kAsk, "ask"},
       {WidthMeaning::kFinger, "finger"},
       {WidthMeaning::kTotal, "total"}}};
};
template <>
struct Choices<OffGrid> {
  static constexpr std::array<NamedChoice<OffGrid>, 2> kNames{
      {{OffGrid::kRound, "round"}, {OffGrid::kRefuse, "refuse"}}};
};
template <>
struct Choices<Floating> {
  static constexpr std::array<NamedChoice<Floating>, 2> kNames{
      {{Floating::kRefuse, "refuse"}, {Floating::kAllow, "allow"}}};
};

/// Which of a circuit's measures are made of every layout that is kept (docs/measures.md).
enum class MeasureScope {
  kTestbench,  ///< Those of the testbench that is scored: no further simulation.
  kAll,        ///< Those of every testbench: one simulation more for each of the others.
};
template <>
struct Choices<MeasureScope> {
  static constexpr std::array<NamedChoice<MeasureScope>, 2> kNames{
      {{MeasureScope::kTestbench, "testbench"}, {MeasureScope::kAll, "all"}}};
};

template <>
struct Choices<AssignmentPart> {
  static constexpr std::array<NamedChoice<AssignmentPart>, 3> kNames{
      {{AssignmentPart::kAll, "all"},
       {AssignmentPart::kTrain, "train"},
       {AssignmentPart::kRest, "rest"}}};
};

enum class PictureFormat { kPng, kSvg };
template <>
struct Choices<PictureFormat> {
  static constexpr std::array<NamedChoice<PictureFormat>, 2> kNames{
      {{PictureFormat::kPng, "png"}, {PictureFormat::kSvg, "svg"}}};
};

template <>
struct Choices<Orientation> {
  static constexpr std::array<NamedChoice<Orientation>, 4> kNames{{{Orientation::kR0, "R0"},
                                                                   {Orientation::kMX, "MX"},
                                                                   {Orientation::kMY, "MY"},
                                                                   {Orientation::kR180, "R180"}}};
};

}  // namespace ptah

namespace ptah::rpc {

constexpr Range kFingerCount{1, 64};
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

/// Finger counts by device.
using FingerCounts = std::map<std::string, std::int64_t>;

/// Where a circuit is: a part of the specs that have one.
struct CircuitSource {
  std::optional<std::string> circuit, netlist, pairs, testbench, measures, subcircuit;
  std::optional<std::vector<std::int64_t>> allowed_fingers;
  Keep keep = Keep::kFinger;
  WidthMeaning width = WidthMeaning::kAsk;
  OffGrid off_grid = OffGrid::kRound;
  Floating floating = Floating::kRefuse;
  std::optional<std::map<std::string, std::string>> params;
  std::optional<Sources> sources;

  bool given() const noexcept { return circuit || netlist || sources; }

 protected:
  /// `subcircuit_field`: where the spec names the netlist's subcircuit.
  template <class V>
  void describe_circuit(V& v, const char* subcircuit_field) {
    v.optional("circuit", circuit, "A shipped circuit; otherwise give `sources` or `netlist`.",
               of_form(TextForm::kName));
    v.optional("sources", sources, "A netlist of the client's with all its files.");
    v.optional("netlist", netlist,
               "A SPICE netlist on the daemon's machine; it includes files below its folder.",
               of_form(TextForm::kFile));
    v.optional("pairs", pairs, "Its matched devices.", of_form(TextForm::kFile));
    v.optional("testbench", testbench, "Its testbench; without one, no score.",
               of_form(TextForm::kFile));
    v.optional("measures", measures,
               "Its measures (docs/measures.md); testbenches that they name lie beside them.",
               of_form(TextForm::kFile));
    v.optional(subcircuit_field, subcircuit, "Subcircuit to take, where the netlist has several.");
    v.optional("allowed_fingers", allowed_fingers, "Finger counts that free devices may have.",
               kFingerCount);
    v.optional("keep", keep,
               "What stays while finger counts vary: the width of a finger, or of the device (that "
               "with the most fingers allowed).");
    v.optional("width", width,
               "What w= of a device with several fingers is: the width of one finger or the total; "
               "ask: as the netlist says, and an error where it does not.");
    v.optional("off_grid", off_grid,
               "Sizes off the technology's grid are rounded to it, which the plan notes, or an "
               "error.");
    v.optional("floating", floating,
               "Nets with a single terminal that are no ports are an error, unless on dummies, or "
               "are allowed.");
    v.optional(
        "params", params,
        "Parameters of the netlist's top level by name, such as {\"w1\": \"1.5u\"}: they win "
        "over `.param`.");
  }
  Status check_circuit(const std::string& path) const {
    if (circuit.has_value() + netlist.has_value() + sources.has_value() != 1) {
      return make_error(ErrorCode::kInvalidArgument,
                        "Give one of `circuit` (a shipped circuit), `sources` (the client's files) "
                        "and `netlist` (a file).",
                        field_path(path, "circuit"));
    }
    if (sources && (pairs || testbench || measures)) {
      return make_error(ErrorCode::kInvalidArgument,
                        "Pairs, testbench and measures of `sources` are named in it.",
                        field_path(path, "sources"));
    }
    if (allowed_fingers && allowed_fingers->empty()) {
      const std::string field = field_path(path, "allowed_fingers");
      return make_error(ErrorCode::kInvalidArgument,
                        "Field \"" + field + "\" lists no finger count.", field);
    }
    return check_params(field_path(path, "params"));
  }

 private:
  static constexpr std::size_t kMaxParams = 1000;
  static constexpr std::size_t kMaxParamName = 64;

  static bool is_parameter_name(std::string_view name) {
    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    return !name.empty() && name.size() <= kMaxParamName &&
           kLetters.find(name.front()) != name.npos &&
           std::all_of(name.begin(), name.end(), [&](char c) {
             return kLetters.find(c) != kLetters.npos || (c >= '0' && c <= '9') || c == '.';
           });
  }
  Status check_params(const std::string& path) const {
    if (!params) return ok();
    if (params->size() > kMaxParams) {
      return make_error(ErrorCode::kLimit, "Field \"" + path + "\" has more than 1000 parameters.",
                        path);
    }
    for (const auto& [name, value] : *params) {
      const std::string field = field_path(path, name.substr(0, kMaxParamName));
      if (!is_parameter_name(name)) {
        return make_error(ErrorCode::kInvalidArgument,
                          "Field \"" + field + "\" is no name of a parameter.", field,
                          "letters, digits, _ and ., at most 64, beginning with a letter or _");
      }
      if (value.empty()) {
        return make_error(ErrorCode::kInvalidArgument, "Field \"" + field + "\" has no value.",
                          field);
      }
    }
    return ok();
  }
};

/// flow.run and flow.plan.
struct ExploreSpec {
  std::string explorer;
  Object options;
  std::optional<std::int64_t> evaluations;
  std::optional<double> seconds;
  std::optional<std::string> model, keep_model;
  AssignmentPart part = AssignmentPart::kAll;
  std::int64_t split_seed = 0;

  template <class V>
  void describe(V& v) {
    v.required("explorer", explorer, "Its plugin, such as \"annealing\".",
               of_form(TextForm::kName));
    v.optional("options", options, "Of the plugin (plugin.list), over the flow's.");
    v.optional("evaluations", evaluations,
               "Layouts to route and score, baselines and infeasible ones counted.",
               Range{1, 100'000'000});
    v.optional("seconds", seconds, "Time to explore, more than 0.");
    v.optional("model", model,
               "A model of the job's library that the explorer begins with: \"name\" or "
               "\"name@3\". One that an exploration of this circuit by this explorer kept.");
    v.optional("keep_model", keep_model,
               "What the explorer has learnt becomes a version of this model when the exploration "
               "ends, also when it is cancelled.",
               of_form(TextForm::kName));
    v.optional("part", part,
               "Only assignments of this part are explored: four in five by a hash of each "
               "(train), or the others (rest).");
    v.optional("split_seed", split_seed, "Of the hash that splits them.", Range{0, kNoLimit});
  }
  Status check(const std::string& path) const {
    if (seconds && !(*seconds > 0)) {
      return make_error(ErrorCode::kInvalidArgument, "A budget of seconds is more than 0.",
                        field_path(path, "seconds"));
    }
    if (evaluations || seconds) return ok();
    return make_error(ErrorCode::kInvalidArgument, "An exploration needs a budget.",
                      field_path(path, "evaluations"), "Give `evaluations`, `seconds` or both.");
  }
};

/// flow.run.
struct RunSpec : CircuitSource {
  std::optional<FingerCounts> fingers;
  std::optional<std::vector<std::int64_t>> indices;
  std::optional<std::int64_t> assignments;
  std::int64_t variants = 0, placements = 1, seed = 0;
  std::string tech = "ptah130", flow = "osiris";
  SignOff judges = SignOff::kAll;
  Objective objective = Objective::kPscore;
  std::optional<MeasureScope> measuring;
  std::optional<std::vector<std::string>> specs;
  std::optional<ExploreSpec> explore;
  bool pictures = false;

  template <class V>
  void describe(V& v) {
    describe_circuit(v, "top");
    v.optional("fingers", fingers,
               "One assignment: finger counts by device, such as {\"M0\": 4}; one of a matched "
               "group is enough, and groups without keep what is drawn by `seed`.",
               kFingerCount);
    v.optional("indices", indices, "Assignments by their numbers.", Range{0, kNoLimit});
    v.optional("assignments", assignments,
               "How many assignments, drawn by `seed`; without `fingers` and `indices`, 1.",
               Range{0, kNoLimit});
    v.optional("variants", variants, "Moves after each baseline.", Range{0, 100'000});
    v.optional(
        "placements", placements,
        "How often the tiles of an assignment are placed, but for the first time with random "
        "weights of its nets; `variants` moves follow each.",
        Range{1, 1000});
    v.optional("seed", seed, "Of all that is drawn.", Range{0, kNoLimit});
    v.optional("tech", tech, "Technology.", of_form(TextForm::kNameOrFile));
    v.optional("flow", flow, "Which plugins do the stages.", of_form(TextForm::kNameOrFile));
    v.optional("judges", judges, "Which layouts the flow's judges sign off.");
    v.optional("objective", objective, "What the best layout has least of.");
    v.optional("measuring", measuring,
               "Measures of the testbench that is scored, or of all, one more simulation each; "
               "otherwise as the flow says.");
    v.optional("specs", specs,
               "What layouts have to satisfy, such as \"gain >= 40 dB\", in place of what the "
               "circuit's measures file says; at most 64, none: anything will do. A layout that "
               "breaks one is kept, has no `cost`, and is never the best.");
    v.optional(
        "explore", explore,
        "All assignments are explored for the best layout, by chains side by side that begin "
        "at those given or drawn and share the evaluations; a chain's new best is a variant. "
        "Without: `variants` of each.");
    v.optional("pictures", pictures, "A picture and a Bode plot with each variant.");
  }
  Status check(const std::string& path) const {
    PTAH_TRY(check_circuit(path));
    if (explore && (variants > 0 || placements > 1)) {
      return make_error(ErrorCode::kInvalidArgument,
                        "An exploration has no count of variants or placements.",
                        field_path(path, "explore"));
    }
    const std::int64_t starts =
        indices ? static_cast<std::int64_t>(indices->size()) : assignments.value_or(1);
    if (explore && explore->keep_model && starts > 1) {
      return make_error(ErrorCode::kInvalidArgument,
                        "Explorations side by side learn apart: which model is to be kept?",
                        field_path(path, "explore.keep_model"), "Keep that of one start.");
    }
    if (placements * (variants + 1) > 100'001) {
      return make_error(ErrorCode::kLimit, "These are more than 100001 layouts of an assignment.",
                        field_path(path, "placements"));
    }
    if (specs && specs->size() > 64) {
      return make_error(ErrorCode::kLimit, "There are more than 64 specs.",
                        field_path(path, "specs"));
    }
    if (fingers.has_value() + indices.has_value() + assignments.has_value() <= 1) return ok();
    return make_error(ErrorCode::kInvalidArgument,
                      "Give one of `fingers`, `indices` and `assignments`.",
                      field_path(path, "fingers"));
  }
};

/// flow.check.
struct CheckSpec : CircuitSource {
  std::string gds, tech = "ptah130", flow = "osiris";
  std::optional<std::string> top;
  std::optional<FingerCounts> fingers;
  bool drc = false, lvs = false, pex = false, spef = false, spice = false;
  Object extractor_options;

  template <class V>
  void describe(V& v) {
    v.required("gds", gds, "The layout, a GDSII file.", of_form(TextForm::kFile));
    v.optional("top", top,
               "Its cell; needed where the file has several top cells. Without `subcircuit`, the "
               "netlist's as well.");
    v.optional("drc", drc,
               "Check design rules. With neither `drc`, `lvs` nor `pex`: design rules, and the "
               "layout against the schematic where a circuit is given.");
    v.optional("lvs", lvs, "Check the layout against the schematic.");
    v.optional("pex", pex, "Extract parasitics.");
    v.optional("spef", spef, "The same, and the file layout.spef.");
    v.optional("spice", spice, "The same, and the file layout.spice.");
    describe_circuit(v, "subcircuit");
    v.optional("fingers", fingers,
               "Finger counts of the layout by device; one of a matched group is enough.",
               kFingerCount);
    v.optional("tech", tech, "Technology.", of_form(TextForm::kNameOrFile));
    v.optional("flow", flow, "Flow whose checks, judges and extractor are asked.",
               of_form(TextForm::kNameOrFile));
    v.optional("extractor_options", extractor_options,
               "Options of the extractor, over those of the flow.");
  }
  Status check(const std::string& path) const {
    const bool needed = lvs || pex || spef || spice;
    return needed || given() ? check_circuit(path) : ok();
  }
};

/// flow.render.
struct RenderSpec {
  std::string gds, tech = "ptah130";
  std::optional<std::string> top;
  PictureFormat format = PictureFormat::kPng;
  std::int64_t width_px = 1200;
  bool labels = true;

  template <class V>
  void describe(V& v) {
    v.required("gds", gds, "The layout, a GDSII file.", of_form(TextForm::kFile));
    v.optional("top", top, "Its cell; needed where the file has several top cells.");
    v.optional("tech", tech, "Technology, whose colours are used.", of_form(TextForm::kNameOrFile));
    v.optional("format", format, "Of the file layout.png or layout.svg.");
    v.optional("width_px", width_px, "Width; the height follows from the layout.", Range{64, 8192});
    v.optional("labels", labels, "Draw port names and a scale bar.");
  }
};

struct LayoutSource {
  std::optional<std::string> path, hash, data;
  template <class V>
  void describe(V& v) {
    v.optional("path", path, "A GDSII file.", of_form(TextForm::kFile));
    v.optional("hash", hash, "SHA-256 of a file in the store.");
    v.optional("data", data, "The bytes of a GDSII file in base64, at most 512 KiB of them.",
               at_most(700'000));
  }
  Status check(const std::string& where) const {
    if (path.has_value() + hash.has_value() + data.has_value() == 1) return ok();
    return make_error(ErrorCode::kInvalidArgument,
                      "A layout is given by one of `path`, `hash` and `data`.", where);
  }
};

/// The circuit that a layout is held against, and what to find out.
struct ScoreSubject : CircuitSource {
  std::optional<MeasureScope> measuring;
  std::optional<std::string> key, model;
  std::optional<FingerCounts> fingers;
  std::string library = "work";
  std::string tech = "ptah130", flow = "native";
  bool drc = true, lvs = true, score = true, judges = false, blame = false, waveform = false;

  template <class V>
  void describe(V& v) {
    describe_circuit(v, "subcircuit");
    v.optional("measuring", measuring,
               "Measures of the testbench that is scored, or of all, one more simulation each; "
               "otherwise as the flow says.");
    v.optional("fingers", fingers,
               "Finger counts by device, such as {\"M0\": 4}; one of a matched group is enough. "
               "score.layout reads them off the layout where they are missing.",
               kFingerCount);
    v.optional("tech", tech, "Technology.", of_form(TextForm::kNameOrFile));
    v.optional("flow", flow,
               "Flow whose checks, extractor and simulator are used; where it has no checks, its "
               "judges.",
               of_form(TextForm::kNameOrFile));
    v.optional("drc", drc, "Check design rules.");
    v.optional("lvs", lvs, "Check the layout against the schematic.");
    v.optional("score", score, "Simulate, where the layout matches the schematic.");
    v.optional("judges", judges, "Ask the judges that sign off, too: the trusted tools.");
    v.optional("blame", blame,
               "How much each net's parasitics cost: one more simulation a net. Adds the nets' "
               "shapes.");
    v.optional("waveform", waveform, "The scored output before and after layout.");
    v.optional("model", model,
               "What it predicts from the placement alone: \"name\", the version in use, or "
               "\"name@3\". Otherwise that of the flow's `predictor`, if it names one.");
    v.optional("library", library, "The model's library.");
    v.optional(
        "key", key,
        "Who asks, such as an editor's window. A newer request with the same key of the same "
        "connection supersedes this one, which is answered with error `cancelled`.");
  }
  Status check(const std::string& path) const { return check_circuit(path); }
};

/// score.layout.
struct ScoreLayoutParams : ScoreSubject {
  LayoutSource layout;
  std::optional<std::string> top;
  bool places = false;
  template <class V>
  void describe(V& v) {
    v.required("layout", layout, "Where the layout is: one of path, hash and data.");
    v.optional("top", top, "Its cell; needed where the file has several top cells.");
    v.optional("places", places, "Adds `placement`, where every device can be told.");
    ScoreSubject::describe(v);
  }
};

struct DevicePlace {
  std::string device;
  Orientation orientation = Orientation::kR0;
  double x_um = 0, y_um = 0;
  template <class V>
  void describe(V& v) {
    v.required("device", device, "Name of the device.");
    v.required("x_um", x_um, "Lower left corner of its outline, on the 0.1 um grid.");
    v.required("y_um", y_um, "The same.");
    v.optional("orientation", orientation, "How it is turned.");
  }
};

/// score.placement.
struct ScorePlacementParams : ScoreSubject {
  std::vector<DevicePlace> placement;
  bool route = true;
  std::optional<LayoutSource> wires_of;
  std::optional<std::vector<DevicePlace>> placement_before;
  std::optional<std::string> top;
  double at_x_um = 0, at_y_um = 0;
  template <class V>
  void describe(V& v) {
    v.required("placement", placement, "A place for every device of the circuit.");
    v.optional("route", route,
               "Route and assess. Otherwise: area, outline, HPWL and overlaps only.");
    v.optional(
        "wires_of", wires_of,
        "A drawing of the circuit with its devices in these places: its wires stay where they "
        "are right, the rest is routed, and the answer has `wires`. By path or data.");
    v.optional("placement_before", placement_before,
               "The placement that its wires were drawn for: what hangs on a device's old place "
               "alone is taken away.");
    v.optional("top", top, "Its cell; needed where the file has several top cells.");
    v.optional("at_x_um", at_x_um, "Where (0, 0) of the placement lies in it.");
    v.optional("at_y_um", at_y_um, "The same.");
    ScoreSubject::describe(v);
  }
  Status check(const std::string& path) const {
    if (wires_of && wires_of->hash) {
      return make_error(ErrorCode::kInvalidArgument, "Give the drawing by `path` or `data`.",
                        field_path(path, "wires_of"));
    }
    return ScoreSubject::check(path);
  }
};

}  // namespace ptah::rpc
