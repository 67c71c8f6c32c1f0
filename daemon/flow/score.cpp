#include "flow/score.hpp"

#include <algorithm>

#include "flow/finger_counts.hpp"
#include "flow/score_copies.hpp"
#include "flow/score_examination.hpp"
#include "flow/score_places.hpp"
#include "flow/score_prediction.hpp"
#include "flow/score_wires.hpp"

namespace ptah {
namespace {

using Clock = std::chrono::steady_clock;

/// An answer fits into a line of the protocol: one whose parts that grow with the layout are too
/// long loses shapes first, then violations.
constexpr std::size_t kMaxReplyBytes = 900u << 10;
constexpr std::size_t kFewViolations = 50;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

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

/// What the daemon is asked for before a score can be predicted.
Json wish_for(const std::string& model) {
  rpc::ModelWish wish{model};
  return rpc::write_value(wish);
}

/// `prediction` of a layout: of the placement that its drawing shows.
Result<Json> predict_drawn(const ScorePredictor& predictor, PluginHost& host,
                           const Drawing& drawing, const ScoreLayout& layout,
                           const ScoreSession& session, FlowJob& job, StageSeconds& seconds) {
  const auto placement = drawn_placement(drawing, *layout.flat, session);
  if (!placement) return predictor.refuse(placement.error().text());
  PTAH_TRY(Json prediction,
           predictor.predict(host, session.circuit, session.tiles, session.technology(),
                             placement.value(), job, seconds));
  prediction["placement"] = to_json(placement.value(), session.circuit);
  if (!drawing.match.exact) prediction["matches"] = false;
  return prediction;
}

/// `placement` of a layout.
Json places_drawn(const Drawing& drawing, const ScoreLayout& layout, const ScoreSession& session) {
  if (!drawing.match.exact)
    return {{"refused", "The wiring differs from the schematic: devices cannot be told apart."}};
  Point corner;
  const auto placement = drawn_placement(drawing, *layout.flat, session, &corner);
  if (!placement) return {{"refused", placement.error().text()}};
  const auto drawn = drawn_tiles(drawing, *layout.flat, session);
  Json outlines = Json::object();
  for (std::size_t d = 0; d < session.tiles.size(); ++d) {
    const PlacedTile& placed = placement.value().tiles[d];
    const std::string& name = session.circuit.devices[d].name;
    // Wires that were routed for the place beside it would miss it.
    if (placed.origin + corner != drawn[d]->origin)
      return {{"refused", name + " is not on the 0.1 um grid of placements."}};
    outlines[name] = box_um(placed_outline(session.tiles[d], placed));
  }
  return {{"devices", to_json(placement.value(), session.circuit)},
          {"outlines_um", std::move(outlines)},
          {"at_um", {to_um(corner.x), to_um(corner.y)}}};
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
  examination.seconds["total"] = since(begin);
  reply.value()["seconds"] = examination.seconds;
  fit_into_a_line(reply.value());
  return reply;
}

}  // namespace

Result<Json> score_layout(const rpc::ScoreLayoutTask& spec, const std::filesystem::path& scratch,
                          PluginHost& host, TaskSink& sink) {
  const auto begin = Clock::now();
  ScoreSessions& kept = sessions(host);
  PTAH_TRY(auto parsed, kept.parse(spec, spec.tech));
  PTAH_TRY(const FlowConfig flow, chosen_flow(kept, spec));
  const ScorePredictor predictor(flow, spec.predicting);
  if (const std::string& model = predictor.missing_model(); !model.empty()) return wish_for(model);
  const double parsing = since(begin);
  PTAH_TRY(auto layout,
           read_score_layout(spec.layout, spec.top.value_or(""), *parsed->technology, scratch));
  const double reading = since(begin) - parsing;
  if (sink.cancelled()) return cancelled_error();

  const native::Connectivity connectivity =
      native::find_connectivity(*layout.flat, *parsed->technology);
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
  StageSeconds unused, predicting;
  // For areas and predictions only: a layout may hold what our generator can not draw.
  (void)session->prepare_tiles(host, job, unused, false);
  const double recognising = since(begin) - parsing - reading;
  Json prediction;
  if (predictor) {
    PTAH_TRY(prediction,
             predict_drawn(predictor, host, drawing, layout, *session, job, predicting));
  }
  Json places;
  if (spec.places) places = places_drawn(drawing, layout, *session);
  Examination examination(*session, spec, layout, std::move(drawing), scratch, sink);
  examination.seconds = std::move(predicting);
  examination.seconds["parse"] = parsing;
  examination.seconds["read"] = reading;
  examination.seconds["recognise"] = recognising;
  PTAH_TRY(Json reply, examine(examination, host, session, begin));
  if (predictor) reply["prediction"] = std::move(prediction);
  if (!places.is_null()) reply["placement"] = std::move(places);
  return reply;
}

Result<Json> score_placement(const rpc::ScorePlacementTask& spec,
                             const std::filesystem::path& scratch, PluginHost& host,
                             TaskSink& sink) {
  const auto begin = Clock::now();
  ScoreSessions& kept = sessions(host);
  PTAH_TRY(auto parsed, kept.parse(spec, spec.tech));
  PTAH_TRY(const FlowConfig flow, chosen_flow(kept, spec));
  const ScorePredictor predictor(flow, spec.predicting);
  if (const std::string& model = predictor.missing_model(); !model.empty()) return wish_for(model);
  PTAH_TRY(auto fingers, complete_fingers(given_fingers(spec), parsed->loaded.circuit,
                                          parsed->input.allowed_fingers));
  PTAH_TRY(ScoreSession * session, kept.open(host, parsed, flow, fingers, spec.judges));
  FlowJob job(sink, 0, scratch);
  StageSeconds seconds;
  PTAH_TRY(session->prepare_tiles(host, job, seconds, spec.route));
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
  Json prediction;
  const auto finish = [&](Json& reply) {
    reply["device_area_um2"] = to_um2(component_area(tiles));
    reply["hpwl_um"] = static_cast<double>(hpwl(circuit, tiles, placement)) / 1000.0;
    reply["overlaps"] = overlaps;
    if (predictor) reply["prediction"] = prediction;
  };
  std::string reason;
  if (!overlaps.empty()) {
    reason = "placement: " + overlaps[0]["a"].get<std::string>() + " and " +
             overlaps[0]["b"].get<std::string>() +
             (overlaps[0]["missing_um"] == 0.0 ? " overlap." : " are too close.");
  }
  if (predictor && !reason.empty()) {
    prediction = predictor.refuse("The placement is not legal: " + reason.substr(11));
  } else if (predictor) {
    PTAH_TRY(prediction, predictor.predict(host, circuit, tiles, session->technology(), placement,
                                           job, seconds));
  }
  std::optional<Layout> routed;
  std::optional<DrawnWires> wires;
  Placement before = placement;
  if (spec.route && reason.empty()) {
    if (spec.wires_of) {
      PTAH_TRY(const auto drawn, read_score_layout(*spec.wires_of, spec.top.value_or(""),
                                                   session->technology(), scratch));
      wires.emplace(drawn.library, drawn.top, Point{from_um(spec.at_x_um), from_um(spec.at_y_um)},
                    session->technology());
      if (spec.placement_before) {
        PTAH_TRY(before, read_placement(*spec.placement_before, circuit, tiles));
      }
    }
    auto result = run_stage(session->router, job, seconds, [&](Router& stage) {
      return wires ? stage.reroute(circuit, tiles, placement,
                                   wires->layout(circuit, tiles, placement), session->technology(),
                                   job)
                   : stage.route(circuit, tiles, placement, session->technology(), job);
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
               {"area_um2", to_um2(outline.area())},
               {"nets", Json::array()},
               {"devices", std::move(devices)}};
    finish(reply);
    seconds["total"] = since(begin);
    reply["seconds"] = seconds;
    return reply;
  }
  ScoreLayout layout;
  layout.name = "placement";
  layout.gds = scratch / "layout.gds";
  layout.top = circuit.name;
  layout.library = gds::from_layout(circuit, tiles, *routed, session->technology(), layout.top);
  PTAH_TRY(layout.flat, gds::flatten(layout.library, layout.top, session->technology()));
  const native::Connectivity connectivity =
      native::find_connectivity(*layout.flat, session->technology());
  Drawing drawing{&connectivity, parts_of(connectivity, session->technology()), {}};
  drawing.match = correspond(drawing.found, circuit, session->technology());
  Examination examination(*session, spec, layout, std::move(drawing), scratch, sink);
  examination.placed = std::move(boxes);
  examination.seconds = std::move(seconds);
  PTAH_TRY(auto reply, examine(examination, host, session, begin));
  finish(reply);
  if (wires) reply["wires"] = wires->changes(circuit, tiles, *routed, before);
  return reply;
}

}  // namespace ptah
