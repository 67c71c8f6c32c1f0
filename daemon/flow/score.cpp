#include "flow/score.hpp"

#include <algorithm>

#include "flow/check.hpp"
#include "flow/score_copies.hpp"
#include "flow/score_input.hpp"
#include "flow/score_nets.hpp"
#include "flow/score_places.hpp"
#include "flow/score_session.hpp"

namespace ptah {
namespace {

using Clock = std::chrono::steady_clock;

/// Everything of an answer fits into a line of the protocol; of a long waveform every k-th point.
constexpr std::size_t kMaxWavePoints = 2000;
/// Of the answer's parts that grow with the layout; what is too long loses shapes first, then
/// violations.
constexpr std::size_t kMaxReplyBytes = 900u << 10;
constexpr std::size_t kFewViolations = 50;

Result<FlowConfig> chosen_flow(ScoreSessions& kept, const rpc::ScoreSubject& subject) {
  PTAH_TRY(FlowConfig flow, kept.flow(subject.flow));
  flow.measures = subject.measuring.value_or(flow.measures);
  return flow;
}

FingerAssignment given_fingers(const rpc::ScoreSubject& subject) {
  return assignment_of(subject.fingers.value_or(rpc::FingerCounts{}));
}

bool all_fixed(const Circuit& circuit) {
  return std::all_of(circuit.devices.begin(), circuit.devices.end(),
                     [](const Device& device) { return !device.is_mos() || device.fingers != 0; });
}

/// Errors that are not the layout's: nothing can be said of it.
bool is_fatal(const Error& error) {
  return error.code == ErrorCode::kCancelled || error.code == ErrorCode::kPluginFailed ||
         error.code == ErrorCode::kToolMissing || error.code == ErrorCode::kInternal ||
         error.code == ErrorCode::kLimit || error.code == ErrorCode::kIo;
}

/// "native_drc: 3 errors; m1.2 met1 spacing 0.13 um at (1.2, 3.4) um"
std::string verdict_reason(const std::string& judge, const Verdict& verdict) {
  std::string reason = judge + ": " + verdict.summary;
  if (verdict.violations.empty()) return reason;
  const Violation& first = verdict.violations.front();
  reason += "; " + first.rule + " " + first.text;
  if (!first.place.empty()) {
    reason += " at (" + Json(to_um(first.place.x0)).dump() + ", " +
              Json(to_um(first.place.y0)).dump() + ") um";
  }
  return reason;
}

Json box_um(const Rect& box) {
  return {to_um(box.x0), to_um(box.y0), to_um(box.x1), to_um(box.y1)};
}

/// One layout under examination; lives for one request.
class Examination {
 public:
  Examination(ScoreSession& session, const rpc::ScoreSubject& wishes, ScoreLayout& layout,
              Drawing drawing, const std::filesystem::path& scratch, TaskSink& sink)
      : session_(session),
        wishes_(wishes),
        layout_(layout),
        drawing_(std::move(drawing)),
        scratch_(scratch),
        job_(sink, 0, scratch) {}

  /// Where every device lies, for placements; otherwise it is found.
  std::vector<Rect> placed;

  Result<Json> run();
  StageSeconds& seconds() noexcept { return seconds_; }

 private:
  struct Scored {
    std::optional<ExtractedNetlist> netlist;
    std::vector<Waveform> post;  ///< By analysis; empty: not simulated.
    std::optional<double> pscore;
    std::string reason;
  };

  static LayoutFile file(const ScoreLayout& layout) {
    return {layout.gds, layout.top, &layout.flat};
  }
  template <typename Stage>
  Status provide(const Stage& stage, ScoreLayout& layout) {
    return stage.reads_file() ? put_on_disk(layout, scratch_) : ok();
  }
  void name_ports();
  /// A component is more than its device, it has a tap and a well: where the device is drawn as its
  /// tile draws it, the area of the tile, as in the record of a run.
  DbuArea component_area_of(std::size_t device, const Rect& drawn) const {
    if (!placed.empty() || session_.tiles.empty()) return drawn.area();
    const Rect& fingers = session_.device_boxes[device];
    const bool same = fingers.width() == drawn.width() && fingers.height() == drawn.height();
    return same ? session_.tiles[device].outline.area() : drawn.area();
  }
  void object(const std::string& reason) {
    if (reason_.empty()) reason_ = reason;
  }

  Status verify(std::vector<Bound<Verifier>>& verifiers);
  Result<Scored> score(ScoreStages& stages, bool simulate);
  Result<std::vector<Waveform>> simulate(ScoreStages& stages, const ExtractedNetlist& netlist,
                                         StageSeconds& seconds);
  Result<double> pscore_of(const ScoreStages& stages, const Waveform& post) const;
  Status blame(const Scored& scored, NetLoads& loads);
  /// Adds the measures to `reply`, and those of the schematic.
  Status measure(const Scored& scored, Json& reply);
  Json waveforms(const Scored& scored) const;

  ScoreSession& session_;
  const rpc::ScoreSubject& wishes_;
  ScoreLayout& layout_;
  Drawing drawing_;
  std::optional<ScoreLayout> labelled_;  ///< With the ports that `layout_` leaves unnamed.
  const std::filesystem::path& scratch_;
  FlowJob job_;
  StageSeconds seconds_;
  Json drc_ = Json::object(), lvs_ = Json::object();
  bool lvs_clean_ = true;
  std::string reason_;
};

Status Examination::verify(std::vector<Bound<Verifier>>& verifiers) {
  for (Bound<Verifier>& verifier : verifiers) {
    const bool is_drc = verifier.instance->kind() == Verdict::Kind::kDrc;
    if (is_drc ? !wishes_.drc : !wishes_.lvs) continue;
    PTAH_TRY(provide(*verifier.instance, layout_));
    auto verdict = run_stage(verifier, job_, seconds_, [&](Verifier& stage) {
      return stage.verify(file(layout_), session_.circuit, session_.technology(), job_);
    });
    const std::string about = is_drc ? "drc: " : "lvs: ";
    if (verdict.has_error()) {
      if (is_fatal(verdict.error())) return std::move(verdict).error();
      // The judge could not make anything of the drawing: that is a finding, too.
      const std::string text = verdict.error().text();
      Json finding{{"clean", false}, {"summary", text}, {"violations", Json::array()}};
      if (is_drc) finding["errors"] = Json();
      (is_drc ? drc_ : lvs_)[verifier.name] = std::move(finding);
      object(about + verifier.name + ": " + text);
      lvs_clean_ = lvs_clean_ && is_drc;
      continue;
    }
    (is_drc ? drc_ : lvs_)[verifier.name] = verdict_json(verdict.value());
    if (verdict.value().clean) continue;
    object(about + verdict_reason(verifier.name, verdict.value()));
    lvs_clean_ = lvs_clean_ && is_drc;
  }
  return ok();
}

/// Other generators leave ports without a label on the pin purpose. Where every net is known, so
/// are they: extraction gets a copy that names them. What LVS says stays about the drawing itself.
void Examination::name_ports() {
  if (!drawing_.match.exact) return;
  const native::Connectivity& connectivity = *drawing_.connectivity;
  const Circuit& circuit = session_.circuit;
  const auto same = [&](const std::string& name, NetId net) {
    return circuit.find_net(name) == net;
  };
  for (const NetId port : circuit.ports) {
    int unnamed = -1;
    bool named = false;
    for (std::size_t n = 0; n < connectivity.nets.size(); ++n) {
      if (drawing_.match.net_of[n] != port) continue;
      const native::FoundNet& net = connectivity.nets[n];
      named = named || (net.port && same(net.name, port));
      if (!net.port) unnamed = static_cast<int>(n);
    }
    if (named || unnamed < 0) continue;
    // On the highest wire of the net.
    const auto& conductors = connectivity.conductors;
    for (std::size_t layer = conductors.size(); layer-- > 0;) {
      const Layer& info = session_.technology().layer(static_cast<LayerId>(layer));
      if (info.type != LayerType::kConductor || info.pin.layer < 0) continue;
      const auto wire =
          std::find_if(conductors[layer].begin(), conductors[layer].end(),
                       [&](const native::NetRect& rect) { return rect.net == unnamed; });
      if (wire == conductors[layer].end()) continue;
      if (!labelled_) {
        labelled_ = layout_;
        labelled_->gds.clear();
      }
      const std::string& name = circuit.nets[static_cast<std::size_t>(port)].name;
      const Point at = wire->rect.center();
      labelled_->flat.labels.push_back({static_cast<LayerId>(layer), at, name, true});
      for (gds::Cell& cell : labelled_->library.cells) {
        if (cell.name == labelled_->top) cell.texts.push_back({info.pin, at, name});
      }
      break;
    }
  }
}

Result<std::vector<Waveform>> Examination::simulate(ScoreStages& stages,
                                                    const ExtractedNetlist& netlist,
                                                    StageSeconds& seconds) {
  return run_stage(stages.simulator, job_, seconds, [&](Simulator& stage) {
    return stage.simulate(netlist, *session_.testbench(), session_.technology(), job_);
  });
}

Result<double> Examination::pscore_of(const ScoreStages& stages, const Waveform& post) const {
  const std::string& output = session_.testbench()->outputs.front();
  const auto* before = stages.pre.front().find(output);
  const auto* after = post.find(output);
  if (before == nullptr || after == nullptr) {
    return make_error(ErrorCode::kInvalidArgument, "The simulation has no vector `" + output + "`.",
                      "testbench", "Write a node of the testbench, such as v(out).");
  }
  return pscore(*before, *after);
}

Result<Examination::Scored> Examination::score(ScoreStages& stages, bool simulate_it) {
  Scored scored;
  if (!stages.extractor) {
    scored.reason = "The flow has no extractor.";
    return scored;
  }
  ScoreLayout& layout = labelled_ ? *labelled_ : layout_;
  PTAH_TRY(provide(*stages.extractor.instance, layout));
  auto extracted = run_stage(stages.extractor, job_, seconds_, [&](Extractor& stage) {
    return stage.extract(file(layout), session_.circuit, session_.technology(), job_);
  });
  if (extracted.has_error()) {
    if (is_fatal(extracted.error())) return std::move(extracted).error();
    scored.reason = "extraction: " + extracted.error().text();
    return scored;
  }
  scored.netlist = std::move(extracted.value());
  if (!simulate_it) return scored;
  if (!stages.active()) {
    scored.reason = session_.testbench() ? "The flow has no simulator."
                                         : "There is no testbench to score the circuit with.";
    return scored;
  }
  if (stages.pre.empty()) {
    StageSeconds spent;
    PTAH_TRY(auto waveforms,
             simulate(stages, schematic_netlist(session_.circuit, session_.technology()), spent));
    seconds_["pre"] += spent[stages.simulator.stage];
    stages.pre = std::move(waveforms);
  }
  auto waveforms = simulate(stages, *scored.netlist, seconds_);
  if (waveforms.has_error()) {
    if (waveforms.error().code != ErrorCode::kToolFailed) return std::move(waveforms).error();
    scored.reason = "simulation: " + waveforms.error().text();
    return scored;
  }
  scored.post = std::move(waveforms.value());
  if (scored.post.front().analysis != "ac") {
    scored.reason = "pscore is a measure of AC sweeps; the testbench's first analysis is none.";
    return scored;
  }
  PTAH_TRY(scored.pscore, pscore_of(stages, scored.post.front()));
  return scored;
}

Status Examination::blame(const Scored& scored, NetLoads& loads) {
  const auto begin = Clock::now();
  StageSeconds spent;
  for (std::size_t n = 0; n < loads.nets.size(); ++n) {
    NetLoad& net = loads.nets[n];
    if (net.rail || net.total() <= 0) continue;
    if (job_.cancelled()) return cancelled_error();
    const ExtractedNetlist lighter = halved(*scored.netlist, loads, static_cast<int>(n));
    auto waveforms = simulate(session_.score, lighter, spent);
    if (waveforms.has_error()) {
      // Half the load on one net and no operating point: no blame can be told for it.
      if (waveforms.error().code != ErrorCode::kToolFailed) return std::move(waveforms).error();
      continue;
    }
    PTAH_TRY(const double lightened, pscore_of(session_.score, waveforms.value().front()));
    net.blame_V = *scored.pscore - lightened;
  }
  share_blame(loads);
  seconds_["blame"] = std::chrono::duration<double>(Clock::now() - begin).count();
  return ok();
}

Json Examination::waveforms(const Scored& scored) const {
  if (scored.post.empty() || session_.score.pre.empty()) return Json();
  const std::string& output = session_.testbench()->outputs.front();
  const Waveform& wave = scored.post.front();
  const auto* pre = session_.score.pre.front().find(output);
  const auto* post = wave.find(output);
  if (pre == nullptr || post == nullptr) return Json();
  const std::size_t count = std::min({pre->size(), post->size(), wave.x.size()});
  const std::size_t step = count / kMaxWavePoints + 1;
  Json x = Json::array(), before = Json::array(), after = Json::array();
  for (std::size_t i = 0; i < count; i += step) {
    x.push_back(wave.x[i]);
    before.push_back({(*pre)[i].real(), (*pre)[i].imag()});
    after.push_back({(*post)[i].real(), (*post)[i].imag()});
  }
  return {{"x", std::move(x)},
          {"x_name", wave.x_name},
          {"output", output},
          {"pre", std::move(before)},
          {"post", std::move(after)}};
}

Status Examination::measure(const Scored& scored, Json& reply) {
  const Measuring& measuring = session_.measuring;
  if (measuring.empty() || scored.post.empty()) return ok();
  const auto made = [&](const ExtractedNetlist& netlist, const std::vector<Waveform>& own) {
    return measuring.measure(netlist, own, session_.score.simulator, session_.technology(), job_,
                             seconds_);
  };
  PTAH_TRY(const auto measures, made(*scored.netlist, scored.post));
  reply["measures"] = to_json(measures);
  if (!session_.schematic_measures) {
    PTAH_TRY(session_.schematic_measures,
             made(schematic_netlist(session_.circuit, session_.technology()), session_.score.pre));
  }
  reply["measures_schematic"] = to_json(*session_.schematic_measures);
  return ok();
}

Result<Json> Examination::run() {
  PTAH_TRY(verify(session_.checks));
  PTAH_TRY(verify(session_.judges));
  const bool simulate_it = wishes_.score && lvs_clean_;
  name_ports();
  PTAH_TRY(const Scored scored, score(session_.score, simulate_it));
  if (!scored.reason.empty() && simulate_it && session_.testbench()) object(scored.reason);
  Json reply{{"circuit", session_.parsed->input.title},
             {"top", layout_.top},
             {"tech", session_.technology().name()},
             {"fingers", session_.fingers},
             {"pscore_V", Json()},
             {"measures", Json::object()}};
  if (scored.pscore) reply["pscore_V"] = *scored.pscore;
  PTAH_TRY(measure(scored, reply));
  if (wishes_.judges && session_.judged.active() && simulate_it && scored.pscore) {
    PTAH_TRY(const Scored judged, score(session_.judged, true));
    reply["judged_pscore_V"] = judged.pscore ? Json(*judged.pscore) : Json();
    if (!judged.reason.empty()) object(judged.reason);
  }
  if (wishes_.waveform) {
    if (Json waves = waveforms(scored); !waves.is_null()) reply["waveform"] = std::move(waves);
  }

  NetLoads loads;
  if (scored.netlist) loads = net_loads(*scored.netlist, session_.circuit, session_.technology());
  const bool blamed = wishes_.blame && scored.pscore.has_value();
  if (blamed) {
    PTAH_TRY(blame(scored, loads));
  }
  auto devices = drawn_devices(drawing_, session_.circuit, placed);
  if (blamed) {
    blame_devices(drawing_, session_.circuit, session_.technology(), loads, devices);
  }
  reply["nets"] = nets_json(loads, blamed, wishes_.blame && scored.netlist ? &drawing_ : nullptr,
                            session_.technology());
  Json listed = Json::array();
  DbuArea area = 0;
  for (std::size_t d = 0; d < devices.size(); ++d) {
    if (devices[d].box.empty()) continue;
    area += component_area_of(d, devices[d].box);
    Json item{{"device", session_.circuit.devices[d].name}, {"box_um", box_um(devices[d].box)}};
    if (blamed) {
      item["blame_V"] = devices[d].blame_V;
      item["blame"] = devices[d].blame;
    }
    listed.push_back(std::move(item));
  }
  reply["devices"] = std::move(listed);
  Rect outline;
  for (const Shape& shape : layout_.flat.shapes) outline = outline.united(shape.rect);
  reply["area_um2"] = to_um2(area);
  reply["outline_um"] = {to_um(outline.width()), to_um(outline.height())};
  reply["hpwl_um"] = static_cast<double>(drawn_hpwl(drawing_, session_.circuit)) / 1000.0;
  reply["drc"] = std::move(drc_);
  reply["lvs"] = std::move(lvs_);
  if (!scored.reason.empty()) reply["score_reason"] = scored.reason;
  reply["valid"] = reason_.empty();
  reply["reason"] = reason_;
  return reply;
}

void fit_into_a_line(Json& reply) {
  if (reply.dump().size() <= kMaxReplyBytes) return;
  for (Json& net : reply["nets"]) net.erase("shapes");
  if (reply.dump().size() <= kMaxReplyBytes) return;
  for (const char* kind : {"drc", "lvs"}) {
    for (auto& [plugin, verdict] : reply[kind].items()) {
      Json& list = verdict["violations"];
      if (list.size() <= kFewViolations) continue;
      list.erase(list.begin() + kFewViolations, list.end());
    }
  }
}

ScoreSessions& sessions(PluginHost& host) {
  return host.kept<ScoreSessions>();
}

/// Runs the examination; a session whose stages broke is not used again.
Result<Json> examine(Examination& examination, PluginHost& host, const ScoreSession* session,
                     Clock::time_point begin) {
  auto reply = examination.run();
  if (reply.has_error()) {
    if (reply.error().code == ErrorCode::kPluginFailed ||
        reply.error().code == ErrorCode::kInternal) {
      sessions(host).drop(session);
    }
    return reply;
  }
  examination.seconds()["total"] = std::chrono::duration<double>(Clock::now() - begin).count();
  reply.value()["seconds"] = examination.seconds();
  fit_into_a_line(reply.value());
  return reply;
}

Status prepare_tiles(PluginHost& host, ScoreSession& session, FlowJob& job, StageSeconds& seconds,
                     bool route) {
  const auto bind = [&](auto& bound, const char* stage) -> Status {
    if (bound) return ok();
    const auto choice = session.flow.stages.find(stage);
    if (choice == session.flow.stages.end()) {
      return make_error(ErrorCode::kInvalidArgument, "The flow has no " + std::string(stage) + ".",
                        "flow " + session.flow.name);
    }
    using Stage = typename std::remove_reference_t<decltype(*bound.instance)>;
    PTAH_TRY(bound, bind_stage<Stage>(host, stage, choice->second.plugin, choice->second.options));
    return ok();
  };
  if (route) {
    PTAH_TRY(bind(session.router, "router"));
  }
  if (!session.tiles.empty()) return ok();
  PTAH_TRY(bind(session.generator, "device_generator"));
  Tiles tiles;
  for (const Device& device : session.circuit.devices) {
    PTAH_TRY(auto tile, run_stage(session.generator, job, seconds, [&](DeviceGenerator& stage) {
               return stage.generate(device, session.technology(), job);
             }));
    tiles.push_back(std::move(tile));
  }
  for (std::size_t d = 0; d < tiles.size(); ++d) {
    gds::Flat drawn;
    drawn.shapes = tiles[d].shapes;
    Rect box;
    for (const native::FoundDevice& part :
         native::find_connectivity(drawn, session.technology()).devices)
      box = box.united(drawn_box(part, tiles[d].kind));
    session.device_boxes.push_back(box);
  }
  session.tiles = std::move(tiles);
  return ok();
}

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

Result<Json> score_layout(const rpc::ScoreLayoutParams& spec, const std::filesystem::path& scratch,
                          PluginHost& host, TaskSink& sink) {
  const auto begin = Clock::now();
  ScoreSessions& kept = sessions(host);
  PTAH_TRY(auto parsed, kept.parse(spec, spec.tech));
  PTAH_TRY(const FlowConfig flow, chosen_flow(kept, spec));
  const double parsing = since(begin);
  PTAH_TRY(auto layout, read_score_layout(spec.layout, spec.top.value_or(""), *parsed->technology));
  const double reading = since(begin) - parsing;
  if (sink.cancelled()) return cancelled_error();

  const native::Connectivity connectivity =
      native::find_connectivity(layout.flat, *parsed->technology);
  Drawing drawing{&connectivity, parts_of(connectivity, *parsed->technology), {}};
  const Circuit& circuit = parsed->loaded.circuit;
  const auto& allowed = parsed->input.allowed_fingers;
  const Correspondence free = correspond(drawing.found, circuit, *parsed->technology);
  if (!free.exact) {
    PTAH_TRY(refuse_copies(layout, connectivity, drawing.found, circuit, *parsed->technology));
  }
  FingerAssignment fingers;
  if (const FingerAssignment given = given_fingers(spec); !given.empty()) {
    PTAH_TRY(fingers, complete_fingers(given, circuit, allowed));
  } else if (!all_fixed(circuit)) {
    PTAH_TRY(fingers, fingers_of(drawing.found, free, circuit, allowed));
  }
  PTAH_TRY(ScoreSession * session, kept.open(host, parsed, flow, fingers, spec.judges));
  drawing.match = correspond(drawing.found, session->circuit, *parsed->technology);
  FlowJob job(sink, 0, scratch);
  StageSeconds unused;
  // For the areas only: a layout may hold what our generator can not draw.
  (void)prepare_tiles(host, *session, job, unused, false);
  Examination examination(*session, spec, layout, std::move(drawing), scratch, sink);
  examination.seconds()["parse"] = parsing;
  examination.seconds()["read"] = reading;
  examination.seconds()["recognise"] = since(begin) - parsing - reading;
  return examine(examination, host, session, begin);
}

Result<Json> score_placement(const rpc::ScorePlacementParams& spec,
                             const std::filesystem::path& scratch, PluginHost& host,
                             TaskSink& sink) {
  const auto begin = Clock::now();
  ScoreSessions& kept = sessions(host);
  PTAH_TRY(auto parsed, kept.parse(spec, spec.tech));
  PTAH_TRY(const FlowConfig flow, chosen_flow(kept, spec));
  PTAH_TRY(auto fingers, complete_fingers(given_fingers(spec), parsed->loaded.circuit,
                                          parsed->input.allowed_fingers));
  PTAH_TRY(ScoreSession * session, kept.open(host, parsed, flow, fingers, spec.judges));
  FlowJob job(sink, 0, scratch);
  StageSeconds seconds;
  PTAH_TRY(prepare_tiles(host, *session, job, seconds, spec.route));
  const Circuit& circuit = session->circuit;
  const Tiles& tiles = session->tiles;
  PTAH_TRY(const auto placement, read_placement(spec.placement, circuit, tiles));

  const Rect outline = placement_outline(tiles, placement);
  std::vector<Rect> boxes;
  Json devices = Json::array();
  for (std::size_t d = 0; d < tiles.size(); ++d) {
    boxes.push_back(placed_outline(tiles[d], placement.tiles[d]));
    devices.push_back({{"device", circuit.devices[d].name}, {"box_um", box_um(boxes.back())}});
  }
  const Json overlaps = overlaps_of(circuit, tiles, placement, session->technology());
  const auto finish = [&](Json& reply) {
    reply["area_um2"] = to_um2(component_area(tiles));
    reply["hpwl_um"] = static_cast<double>(hpwl(circuit, tiles, placement)) / 1000.0;
    reply["overlaps"] = overlaps;
  };
  std::string reason;
  if (!overlaps.empty()) {
    reason = "placement: " + overlaps[0]["a"].get<std::string>() + " and " +
             overlaps[0]["b"].get<std::string>() +
             (overlaps[0]["missing_um"] == 0.0 ? " overlap." : " are too close.");
  }
  std::optional<Layout> routed;
  if (spec.route && reason.empty()) {
    auto result = run_stage(session->router, job, seconds, [&](Router& stage) {
      return stage.route(circuit, tiles, placement, session->technology(), job);
    });
    if (result.has_error()) {
      if (is_fatal(result.error())) return std::move(result).error();
      reason = "router: " + result.error().text();
    } else {
      routed = std::move(result.value());
    }
  }
  if (!routed) {
    Json reply{{"circuit", parsed->input.title},
               {"top", ""},
               {"tech", session->technology().name()},
               {"fingers", session->fingers},
               {"valid", reason.empty()},
               {"reason", reason},
               {"drc", Json::object()},
               {"lvs", Json::object()},
               {"pscore_V", Json()},
               {"measures", Json::object()},
               {"outline_um", {to_um(outline.width()), to_um(outline.height())}},
               {"nets", Json::array()},
               {"devices", std::move(devices)}};
    finish(reply);
    seconds["total"] = since(begin);
    reply["seconds"] = seconds;
    return reply;
  }
  ScoreLayout layout;
  layout.name = "placement";
  layout.top = circuit.name;
  layout.library = gds::from_layout(circuit, tiles, *routed, session->technology(), layout.top);
  PTAH_TRY(layout.flat, gds::flatten(layout.library, layout.top, session->technology()));
  const native::Connectivity connectivity =
      native::find_connectivity(layout.flat, session->technology());
  Drawing drawing{&connectivity, parts_of(connectivity, session->technology()), {}};
  drawing.match = correspond(drawing.found, circuit, session->technology());
  Examination examination(*session, spec, layout, std::move(drawing), scratch, sink);
  examination.placed = std::move(boxes);
  examination.seconds() = std::move(seconds);
  PTAH_TRY(auto reply, examine(examination, host, session, begin));
  finish(reply);
  return reply;
}

}  // namespace ptah
