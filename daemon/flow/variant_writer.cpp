#include "flow/variant_writer.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "flow/score_places.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/netlist/spice.hpp"
#include "render/render.hpp"

namespace ptah {
namespace {

using Clock = std::chrono::steady_clock;

Json um(Point point) {
  return Json::array({to_um(point.x), to_um(point.y)});
}

/// What the judges left beside the listed files; thousands of variants share the scratch folder.
void remove_working_files(const std::filesystem::path& folder, const Json& files) {
  std::set<std::filesystem::path> kept;
  for (const Json& file : files) kept.insert(file["path"].get<std::string>());
  std::vector<std::filesystem::path> rest;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (!kept.contains(entry.path())) rest.push_back(entry.path());
  }
  for (const auto& path : rest) std::filesystem::remove_all(path, ignored);
}

Json metrics_of(const Exploration& chain, const RecordedVariant& variant) {
  const FlowLayoutSpace& space = variant.space;
  const Candidate& candidate = variant.candidate;
  const Evaluation& evaluation = candidate.evaluation;
  const Rect outline = drawn_outline(*candidate.flat);
  const std::int64_t wire = wirelength(candidate.layout, chain.technology);
  Json metrics{{"circuit", chain.loaded.circuit.name},
               {"assignment", space.assignment()},
               {"fingers", space.fingers()},
               {"variant", chain.next_variant},
               {"tech", chain.technology.name()},
               {"drc", candidate.drc},
               {"lvs", candidate.lvs},
               {"pscore_V", evaluation.pscore ? Json(*evaluation.pscore) : Json()},
               {"objective", to_string(chain.spec.objective)},
               {"cost", evaluation.cost && evaluation.feasible ? Json(*evaluation.cost) : Json()},
               {"judged", candidate.judged},
               {"area_um2", to_um2(outline.area())},
               {"device_area_um2", evaluation.area_um2},
               {"outline_um", um({outline.width(), outline.height()})},
               {"hpwl_um", static_cast<double>(evaluation.hpwl) / 1000.0},
               {"wirelength_um", static_cast<double>(wire) / 1000.0},
               {"seed", chain.spec.seed},
               {"plugins", space.plugins().labels}};
  if (!chain.loaded.not_simulated.empty()) metrics["score_reason"] = chain.loaded.not_simulated;
  if (!chain.spec.input.params.empty()) metrics["params"] = chain.spec.input.params;
  if (chain.spec.input.keep != Keep::kFinger) metrics["keep"] = to_string(chain.spec.input.keep);
  std::vector<Note> changes;
  std::copy_if(chain.loaded.notes.begin(), chain.loaded.notes.end(), std::back_inserter(changes),
               [](const Note& note) { return note.is_change(); });
  if (!changes.empty()) metrics["notes"] = to_json(changes);
  if (candidate.judged_pscore) metrics["judged_pscore_V"] = *candidate.judged_pscore;
  if (!candidate.operating_point.is_null())
    metrics["operating_point_V"] = candidate.operating_point;
  if (!candidate.specs.empty()) {
    metrics["feasible"] = evaluation.feasible;
    metrics["specs"] = to_json(chain.specs, candidate.specs);
  }
  if (chain.spec.budget) {
    metrics["evaluations"] = chain.totals.evaluated;
  } else if (variant.placed > 0) {
    metrics["placed"] = variant.placed;
  }
  if (variant.floors.tiles) metrics["floors_V"]["tiles"] = *variant.floors.tiles;
  if (variant.floors.trees) metrics["floors_V"]["trees"] = *variant.floors.trees;
  if (variant.measures) metrics["measures"] = to_json(*variant.measures);
  if (variant.schematic_measures)
    metrics["measures_schematic"] = to_json(*variant.schematic_measures);
  return metrics;
}

Json components_of(const FlowLayoutSpace& space, const Placement& placement) {
  Json components = Json::array();
  for (std::size_t i = 0; i < space.tiles().size(); ++i) {
    const Device& device = space.circuit().devices[i];
    const Rect box = placed_outline(space.tiles()[i], placement.tiles[i]);
    components.push_back({{"device", device.name},
                          {"type", to_string(device.kind)},
                          {"corners_um", {um({box.x0, box.y0}), um({box.x1, box.y1})}},
                          {"orientation", to_string(placement.tiles[i].orientation)}});
  }
  return components;
}

/// The files of a variant's event.
class Files {
 public:
  explicit Files(Bundle& bundle) : bundle_(bundle) {}

  Status add(const char* role, std::string_view bytes, const std::string& dataset) {
    PTAH_TRY(auto file, bundle_.add(role, bytes, dataset));
    list.push_back(std::move(file));
    return ok();
  }
  Status add(const char* role, const gds::Library& library, const std::string& dataset) {
    const auto bytes = gds::write(library);
    return add(role, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
               dataset);
  }
  void add_file(const char* role, const std::filesystem::path& path, const std::string& dataset) {
    list.push_back({{"role", role}, {"path", path.string()}, {"dataset", dataset}});
  }

  Json list = Json::array();

 private:
  Bundle& bundle_;
};

Status draw(const Exploration& chain, const RecordedVariant& variant, Files& files) {
  const FlowLayoutSpace& space = variant.space;
  const Candidate& candidate = variant.candidate;
  const DatasetPaths& paths = space.paths();
  const int number = chain.next_variant;
  std::error_code failure;
  std::filesystem::create_directories(candidate.folder, failure);
  if (failure) return make_error(ErrorCode::kIo, failure.message(), candidate.folder.string());
  const auto picture = candidate.folder / "layout.png";
  PTAH_TRY(render_layout(candidate.library, paths.name(), chain.technology, picture));
  files.add_file("picture", picture, paths.picture(number));
  const Waveform* const before = space.schematic();
  if (before == nullptr || candidate.post.empty() || candidate.post.front().analysis != "ac")
    return ok();
  const std::string& output = space.testbench()->outputs.front();
  const auto bode = candidate.folder / "bode.svg";
  const Waveform& after = candidate.post.front();
  PTAH_TRY(plot_bode({{"pre-layout", before->x, *before->find(output)},
                      {"post-layout", after.x, *after.find(output)}},
                     paths.name() + " variant " + std::to_string(number), bode));
  files.add_file("bode", bode, paths.bode(number));
  return ok();
}

}  // namespace

Status write_variant(Exploration& chain, const RecordedVariant& variant) {
  const FlowLayoutSpace& space = variant.space;
  Candidate& candidate = variant.candidate;
  const DatasetPaths& paths = space.paths();
  const int number = chain.next_variant;
  const bool first = !chain.described.contains(space.assignment());
  const Waveform* const before = space.schematic();
  const Json metrics = metrics_of(chain, variant);
  const Json reverted(chain.reverted);
  const Json metadata{{"moves_um", variant.moves_um},
                      {"components", components_of(space, candidate.layout.placement)},
                      {"reverted", reverted}};

  Files files(chain.bundle);
  PTAH_TRY(files.add("gds", candidate.library, paths.layout(number)));
  for (Json& file : chain.disagreement_files) files.list.push_back(std::move(file));
  chain.disagreement_files = Json::array();
  PTAH_TRY(files.add("metrics", metrics.dump(1) + "\n", paths.metrics(number)));
  PTAH_TRY(files.add("metadata", metadata.dump(1) + "\n", paths.metadata(number)));
  Json state = chain.home->state();
  chain.reverted.clear();
  chain.described.insert(space.assignment());
  ++chain.next_variant;
  state["chain"] = chain.state();
  PTAH_TRY(files.add("state", state.dump(), ""));
  --chain.next_variant;
  if (!candidate.post.empty()) {
    PTAH_TRY(files.add("post",
                       waveform_csv(candidate.post.front(), space.testbench()->outputs.front()),
                       paths.post(number)));
  }
  if (first) {
    PTAH_TRY(files.add("netlist", write_spice(space.circuit(), chain.technology), paths.netlist()));
    if (before != nullptr) {
      PTAH_TRY(
          files.add("pre", waveform_csv(*before, space.testbench()->outputs.front()), paths.pre()));
    }
    for (std::size_t i = 0; i < space.tiles().size(); ++i) {
      const Device& device = space.circuit().devices[i];
      PTAH_TRY(files.add("tile",
                         device.block != nullptr
                             ? device.block->library
                             : gds::from_tile(space.tiles()[i], chain.technology),
                         paths.tile(device.name)));
    }
  }
  if (chain.spec.pictures) {
    PTAH_TRY(draw(chain, variant, files));
  }
  candidate.seconds["total"] =
      std::chrono::duration<double>(Clock::now() - candidate.begin).count();
  // Apart from all else: the same seed gives the same bytes everywhere but here.
  PTAH_TRY(files.add("times", Json(candidate.seconds).dump(1) + "\n", paths.times(number)));
  PTAH_TRY(chain.bundle.end_variant());
  if (chain.spec.pictures) {
    // They stay where they are until the daemon has them.
    remove_working_files(candidate.folder, files.list);
    candidate.on_disk = false;
  }

  Json record = metrics;
  if (chain.spec.budget) record["explored_s"] = chain.spent().seconds;
  record["top"] = paths.name();
  record["gds"] = paths.layout(number);
  record["netlist"] = paths.netlist();
  record["reverted"] = reverted;
  // Not in the files: another build of the same plugins makes the same layouts.
  record["plugin_hashes"] = space.plugins().hashes;
  if (chain.spec.model) {
    record["model"] = {{"name", chain.spec.model->name},
                       {"version", chain.spec.model->version},
                       {"hash", chain.spec.model->hash}};
  }
  chain.sink.emit({{"event", "variant"},
                   {"variant", number},
                   {"record", std::move(record)},
                   {"files", std::move(files.list)}});
  ++chain.next_variant;
  if (chain.spec.budget) return ok();  // Its progress is told by evaluations.
  chain.sink.emit(
      {{"event", "progress"},
       {"fraction", chain.next_variant / (chain.spec.variants + 1.0)},
       {"message", paths.name() + (number == 0 ? std::string(" baseline done")
                                               : " variant " + std::to_string(number) + " done")}});
  return ok();
}

}  // namespace ptah
