#include "flow/score_examination.hpp"

#include <algorithm>

#include "flow/score_places.hpp"
#include "flow/score_ports.hpp"

namespace ptah {
namespace {

using Clock = std::chrono::steady_clock;

/// Of a long waveform every k-th point: an answer fits into a line of the protocol.
constexpr std::size_t kMaxWavePoints = 2000;

}  // namespace

Status Examination::verify(Side side) {
  Extent extent;
  extent.drc = wishes_.drc;
  extent.lvs = wishes_.lvs;
  extent.failures = true;
  PTAH_TRY(const auto findings, assessment().verify(side, layout_, extent, job_, seconds));
  for (const Finding& finding : findings) {
    const bool is_drc = finding.verdict.kind == Verdict::Kind::kDrc;
    (is_drc ? drc_ : lvs_)[finding.verifier] = to_json(finding);
    if (finding.verdict.clean) continue;
    object(finding.reason());
    if (!is_drc && mismatch_.empty()) mismatch_ = finding.reason();
  }
  return ok();
}

Result<Examination::Outcome> Examination::score(Side side, bool simulate) {
  Outcome outcome;
  if (!assessment().extractor(side)) {
    outcome.reason = "The flow has no extractor.";
    return outcome;
  }
  // What LVS says stays about the drawing itself.
  ScoreLayout& layout = labelled_ ? *labelled_ : layout_;
  auto extracted = assessment().extract(side, layout, job_, seconds);
  if (extracted.has_error()) {
    if (is_fatal(extracted.error())) return std::move(extracted).error();
    outcome.reason = "extraction: " + extracted.error().text();
    return outcome;
  }
  outcome.netlist = std::move(extracted.value());
  if (!simulate) return outcome;
  if (!assessment().can_score(side)) {
    const std::string& why = session_.parsed->loaded.not_simulated;
    outcome.reason = session_.testbench() ? "The flow has no simulator."
                     : !why.empty()       ? why
                                          : "There is no testbench to score the circuit with.";
    return outcome;
  }
  PTAH_TRY(outcome.scored, assessment().score(side, *outcome.netlist, job_, seconds));
  outcome.reason = outcome.scored.reason();
  return outcome;
}

Status Examination::measure(const Outcome& outcome, Json& reply) {
  const Measuring& measuring = session_.measuring;
  if (measuring.empty() || outcome.scored.post.empty()) return ok();
  PTAH_TRY(const auto measures,
           assessment().measure(measuring, *outcome.netlist, outcome.scored.post, job_, seconds));
  reply["measures"] = to_json(measures);
  if (!session_.schematic_measures) {
    PTAH_TRY(session_.schematic_measures, assessment().measure_schematic(measuring, job_, seconds));
  }
  reply["measures_schematic"] = to_json(*session_.schematic_measures);
  return ok();
}

Status Examination::blame(const Outcome& outcome, NetLoads& loads) {
  const auto begin = Clock::now();
  StageSeconds spent;
  for (std::size_t n = 0; n < loads.nets.size(); ++n) {
    NetLoad& net = loads.nets[n];
    if (net.rail || net.total() <= 0) continue;
    if (job_.cancelled()) return cancelled_error();
    const ExtractedNetlist lighter = halved(*outcome.netlist, loads, static_cast<int>(n));
    PTAH_TRY(const Scored lightened, assessment().score(Side::kOwn, lighter, job_, spent));
    // Half the load on one net and no operating point: no blame can be told for it.
    if (lightened.pscore) net.blame_V = *outcome.scored.pscore - *lightened.pscore;
  }
  share_blame(loads);
  seconds["blame"] = std::chrono::duration<double>(Clock::now() - begin).count();
  return ok();
}

Json Examination::waveforms(const Scored& scored) const {
  const Waveform* const schematic = session_.assessment->schematic();
  if (scored.post.empty() || schematic == nullptr) return Json();
  const std::string& output = session_.testbench()->outputs.front();
  const Waveform& wave = scored.post.front();
  const auto* pre = schematic->find(output);
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

/// A component is more than its device, it has a tap and a well: where the device is drawn as its
/// tile draws it, the area of the tile, as in the record of a run.
DbuArea Examination::component_area_of(std::size_t device, const Rect& drawn) const {
  if (!placed.empty() || session_.tiles.empty()) return drawn.area();
  const Rect& fingers = session_.device_boxes[device];
  const bool same = fingers.width() == drawn.width() && fingers.height() == drawn.height();
  return same ? session_.tiles[device].outline.area() : drawn.area();
}

Status Examination::describe(const Outcome& outcome, Json& reply) {
  NetLoads loads;
  if (outcome.netlist) loads = net_loads(*outcome.netlist, circuit(), technology());
  const bool blamed = wishes_.blame && outcome.scored.pscore.has_value();
  if (blamed) {
    PTAH_TRY(blame(outcome, loads));
  }
  auto devices = drawn_devices(drawing_, circuit(), placed);
  if (blamed) blame_devices(drawing_, circuit(), technology(), loads, devices);
  const bool shapes = wishes_.blame && outcome.netlist;
  reply["nets"] = nets_json(loads, blamed, shapes ? &drawing_ : nullptr, technology());
  const auto& written = session_.parsed->loaded.written;
  for (Json& net : reply["nets"]) {
    if (const auto name = written.find(net["net"]); name != written.end())
      net["net"] = name->second;
  }
  Json listed = Json::array();
  DbuArea area = 0;
  for (std::size_t d = 0; d < devices.size(); ++d) {
    if (devices[d].box.empty()) continue;
    area += component_area_of(d, devices[d].box);
    Json item{{"device", circuit().devices[d].name}, {"box_um", box_um(devices[d].box)}};
    if (blamed) {
      item["blame_V"] = devices[d].blame_V;
      item["blame"] = devices[d].blame;
    }
    listed.push_back(std::move(item));
  }
  reply["devices"] = std::move(listed);
  const Rect outline = drawn_outline(*layout_.flat);
  reply["area_um2"] = to_um2(outline.area());
  reply["device_area_um2"] = to_um2(area);
  reply["outline_um"] = {to_um(outline.width()), to_um(outline.height())};
  const auto placed_tiles = drawn_tiles(drawing_, *layout_.flat, session_);
  reply["hpwl_um"] =
      static_cast<double>(drawn_hpwl(drawing_, circuit(), session_.tiles, placed_tiles)) / 1000.0;
  return ok();
}

Result<Json> Examination::run() {
  PTAH_TRY(verify(Side::kOwn));
  PTAH_TRY(verify(Side::kJudges));
  const bool simulate = wishes_.score && mismatch_.empty();
  labelled_ =
      with_named_ports(layout_, drawing_, circuit(), technology(), scratch_ / "labelled.gds");
  PTAH_TRY(const Outcome own, score(Side::kOwn, simulate));
  if (!own.reason.empty() && simulate && session_.testbench()) object(own.reason);
  Json reply{{"circuit", session_.parsed->input.title},
             {"top", layout_.top},
             {"tech", technology().name()},
             {"fingers", session_.fingers},
             {"pscore_V", Json()},
             {"measures", Json::object()}};
  if (own.scored.pscore) reply["pscore_V"] = *own.scored.pscore;
  PTAH_TRY(measure(own, reply));
  if (wishes_.judges && assessment().can_score(Side::kJudges) && own.scored.pscore) {
    PTAH_TRY(const Outcome judged, score(Side::kJudges, true));
    const auto& pscore = judged.scored.pscore;
    reply["judged_pscore_V"] = pscore ? Json(*pscore) : Json();
    if (!judged.reason.empty()) object(judged.reason);
  }
  if (wishes_.waveform) {
    if (Json waves = waveforms(own.scored); !waves.is_null()) reply["waveform"] = std::move(waves);
  }
  PTAH_TRY(describe(own, reply));
  reply["drc"] = std::move(drc_);
  reply["lvs"] = std::move(lvs_);
  if (wishes_.score && !mismatch_.empty()) {
    reply["score_reason"] = mismatch_;
  } else if (!own.reason.empty()) {
    reply["score_reason"] = own.reason;
  }
  reply["valid"] = reason_.empty();
  reply["reason"] = reason_;
  return reply;
}

}  // namespace ptah
