/// Replies of score.*, and what their tasks are told; what they ask is in specs.hpp.
#pragma once

#include "rpc/learning_types.hpp"
#include "rpc/specs.hpp"

namespace ptah::rpc {

struct ScoreReply {
  std::string circuit, top, tech, reason, score_reason;
  Object fingers, drc, lvs, measures, seconds;
  bool valid = false;
  Json pscore_V, judged_pscore_V, measures_schematic, outline_um, nets, devices, overlaps, waveform,
      prediction, placement, wires;
  double area_um2 = 0, device_area_um2 = 0, hpwl_um = 0;
  template <class V>
  void describe(V& v) {
    v.required("circuit", circuit, "The circuit's name.");
    v.required("top", top, "The cell; empty for a placement that was not routed.");
    v.required("tech", tech, "The technology.");
    v.required("fingers", fingers, "Finger count of every device that the netlist leaves free.");
    v.required("valid", valid, "Clean, matching, and simulated where that was asked for.");
    v.required("reason", reason,
               "Why not: begins with \"drc:\", \"lvs:\", \"extraction:\", \"simulation:\", "
               "\"router:\" or \"placement:\".");
    v.required("drc", drc,
               "By plugin: {\"errors\", \"clean\", \"summary\", \"violations\": [{\"rule\", "
               "\"text\", \"layer\", \"box_um\"}]}; at most 1000 violations are listed.");
    v.required("lvs", lvs, "The same of layout against schematic.");
    v.required("pscore_V", pscore_V,
               "The OSIRIS score in volts, lower is better; null where there is none. It does not "
               "wait for design rules.");
    v.optional("score_reason", score_reason,
               "Why there is no score, where it was asked for: begins as `reason`, which may name "
               "something else first.");
    v.optional("judged_pscore_V", judged_pscore_V, "The judges' score, with `judges`.");
    v.required("measures", measures,
               "By name: {\"value\", \"unit\"} or {\"unit\", \"reason\"} why it does not exist; "
               "those that `measuring` asks for.");
    v.optional("measures_schematic", measures_schematic, "The same of the schematic.");
    v.required("area_um2", area_um2, "Of the outline.");
    v.required("device_area_um2", device_area_um2, "Sum of the device boxes (OSIRIS's area).");
    v.required("outline_um", outline_um,
               "[width, height] of the box around all shapes; without wires, around all devices.");
    v.required(
        "hpwl_um", hpwl_um,
        "Half-perimeter wire length over the devices' terminals: of a device that is drawn as the "
        "flow's generator draws it, as in the record of a run.");
    v.required(
        "nets", nets,
        "[{\"net\", \"total_fF\", \"ground_fF\" (towards supplies and substrate), "
        "\"coupled_fF\" (towards other nets), \"rail\"}]; with blame \"blame_V\" (how much pscore "
        "falls when all its capacitances are halved), \"blame\" (its share of the sum of what is "
        "positive) and \"shapes\": [[layer, x0, y0, x1, y1]] in um, where they fit into the "
        "answer. Sorted by blame, then name. "
        "Rails bear no blame: capacitance towards them is the other net's.");
    v.required("devices", devices,
               "[{\"device\", \"box_um\"}]; with blame \"blame_V\" and \"blame\": its nets' blame "
               "by how much of their wires' capacitance lies within its box.");
    v.optional("overlaps", overlaps,
               "score.placement: [{\"a\", \"b\", \"missing_um\"}], pairs of devices that "
               "overlap (0) or are too close by so much.");
    v.optional("waveform", waveform,
               "{\"x\", \"x_name\", \"output\", \"pre\": [[re, im]], \"post\": [[re, im]]}.");
    v.optional(
        "prediction", prediction,
        "What a model says of the placement alone: {\"model\" (\"name@3\"), \"predictor\", "
        "\"label\" (less is better), \"cost\", \"uncertainty\" (one standard deviation of "
        "cost), \"probability\" (that the label is among the worst quarter of those it learnt "
        "from), \"far\" (unlike all of those), \"verdict\": \"good\", \"poor\", \"unsure\" or "
        "\"far\", and \"text\", the same as a sentence}; numbers that are not known are missing. "
        "Where there is no prediction, \"refused\" says why, in place of all from \"cost\" on. "
        "score.layout adds \"placement\", as score.placement takes it: where the devices of the "
        "layout lie; and \"matches\": false where its wiring differs from the schematic, so that "
        "devices of equal size may be taken for one another.");
    v.optional(
        "placement", placement,
        "With `places`: {\"devices\": as score.placement takes them, \"outlines_um\": by device "
        "[x0, y0, x1, y1] of the same, \"at_um\": [x, y]}, where (0, 0) of those lies in the "
        "layout; or {\"refused\": why they cannot be told}.");
    v.optional(
        "wires", wires,
        "Of score.placement with `wires_of`: {\"remove\", \"add\": [{\"layer\", \"datatype\", "
        "\"points_um\"}], \"remove_texts\", \"add_texts\": [{\"layer\", \"datatype\", "
        "\"at_um\", \"text\"}]}: what makes the drawing's wires those that were assessed.");
    v.required("seconds", seconds, "By stage, and \"total\".");
  }
};

/// The specs of the tasks `score.layout` and `score.placement`.
struct ScoreLayoutTask : ScoreLayoutParams {
  std::optional<PredictingModel> predicting;
  template <class V>
  void describe(V& v) {
    ScoreLayoutParams::describe(v);
    v.optional("predicting", predicting, "`model`, and where its files are.");
  }
};
struct ScorePlacementTask : ScorePlacementParams {
  std::optional<PredictingModel> predicting;
  template <class V>
  void describe(V& v) {
    ScorePlacementParams::describe(v);
    v.optional("predicting", predicting, "As in ScoreLayoutTask.");
  }
};
/// A task's result, in place of a reply, where the flow names a model and the task has none.
struct ModelWish {
  std::string wants_model;
  template <class V>
  void describe(V& v) {
    v.required("wants_model", wants_model, "As the flow names it.");
  }
};

}  // namespace ptah::rpc
