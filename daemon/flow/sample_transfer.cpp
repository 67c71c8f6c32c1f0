#include "flow/sample_transfer.hpp"

#include "flow/public_form.hpp"
#include "flow/sample_dataset.hpp"
#include "samples/guarded_read.hpp"
#include "store/stored_path.hpp"

namespace ptah {
namespace {

constexpr std::uintmax_t kMostImported = 2ull << 30;

/// A circuit that names files of the machine it was made on means other files here.
Status check_self_contained(const Json& about, const std::filesystem::path& file) {
  const Json circuit = about.value("circuit", Json());
  if (circuit.is_object() && !circuit.contains("bundle") &&
      circuit.value("netlist_folder", Json()) == "")
    return ok();
  return make_error(ErrorCode::kUnsupported,
                    "The dataset's circuit has includes of its own, which the file does not hold.",
                    file.string(), "Datasets of shipped circuits can be taken in.");
}

/// The row's outlines must lie apart: placements that overlap are no placements.
Status check_placements(const SampleDataset& dataset, const Tiles& tiles,
                        const std::filesystem::path& file) {
  const Samples& samples = dataset.samples();
  for (std::size_t row = 0; row < samples.size(); ++row) {
    if (!samples.clean(row)) continue;
    const Placement placement = samples.placement(row, tiles);
    for (std::size_t i = 0; i < tiles.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const Rect &a = placement.tiles[i].slot, &b = placement.tiles[j].slot;
        if (a.x0 >= b.x1 || b.x0 >= a.x1 || a.y0 >= b.y1 || b.y0 >= a.y1) continue;
        return make_error(ErrorCode::kParse,
                          "In layout " + std::to_string(row) + " two devices overlap.",
                          file.string());
      }
    }
  }
  return ok();
}

std::int64_t count_clean(const Samples& samples) {
  std::int64_t clean = 0;
  for (std::size_t row = 0; row < samples.size(); ++row) clean += samples.clean(row) ? 1 : 0;
  return clean;
}

Json label_names(const Samples& samples) {
  Json names = Json::array();
  for (const Json& measure : samples.about().at("measures")) names.push_back(measure.at("name"));
  return names;
}

/// The file, and what the answer says of its group.
Result<Json> write_public(const rpc::DatasetExportSpec& spec, Samples samples,
                          const std::filesystem::path& file, PluginHost& host, FlowJob& job) {
  PTAH_TRY(auto dataset,
           SampleDataset::open(std::move(samples), spec.label, spec.files, host, job));
  PTAH_TRY(const PictureGroup group, write_public_form(*dataset, spec.balanced, file, job));
  return Json{
      {"group", group.name}, {"label", dataset->label_rule().text()}, {"pictures", group.size()}};
}

/// Whether the form is the one that the client says.
Status check_form(const rpc::DatasetImportTask& task, const std::vector<PictureGroup>& groups,
                  const std::filesystem::path& file) {
  if (!task.form || (*task.form == DatasetForm::kPublic) == !groups.empty()) return ok();
  return make_error(ErrorCode::kInvalidArgument,
                    groups.empty()
                        ? "The file has no group of pictures: it is not of the public "
                          "form, but of Ptah's own."
                        : "The file has the group of pictures `" +
                              groups.front().name.substr(0, 64) + "`: it is of the public form.",
                    file.string(), "Leave the form out: it is recognised.");
}

}  // namespace

Result<Json> export_samples(const rpc::DatasetExportSpec& spec,
                            const std::filesystem::path& scratch, PluginHost& host,
                            TaskSink& sink) {
  PTAH_TRY(auto samples, read_blocks({spec.blocks.begin(), spec.blocks.end()}));
  const auto file = scratch / (spec.name + ".h5");
  const std::size_t count = samples.size();
  const std::int64_t clean = count_clean(samples);
  Json group = Json::object();
  if (spec.form == DatasetForm::kPublic) {
    FlowJob job(sink, 0, scratch);
    PTAH_TRY(group, write_public(spec, std::move(samples), file, host, job));
  } else {
    PTAH_TRY(samples.write(file));
  }
  Json result{
      {"dataset", spec.name},
      {"version", spec.version},
      {"count", count},
      {"clean", clean},
      {"files",
       {{{"role", "samples"}, {"path", file.string()}, {"dataset", file.filename().string()}}}}};
  result.update(group);
  return result;
}

Result<Json> import_samples(const rpc::DatasetImportTask& task,
                            const std::filesystem::path& scratch, PluginHost& host,
                            TaskSink& sink) {
  if (task.resume.contains("record")) return task.resume["record"];
  const auto hash = rpc::stored_hash(task.file);
  const std::filesystem::path file =
      hash ? stored_path(task.files, *hash) : std::filesystem::path(task.file);
  std::error_code failure;
  const auto size = std::filesystem::file_size(file, failure);
  if (failure) return make_error(ErrorCode::kNotFound, failure.message(), file.string());
  if (size > kMostImported)
    return make_error(ErrorCode::kLimit, "The file has more than 2 GiB.", file.string());
  PTAH_TRY(auto samples, read_of_stranger(file));
  PTAH_TRY(const auto groups, read_picture_groups(file));
  PTAH_TRY(check_form(task, groups, file));
  PTAH_TRY(check_self_contained(samples.about(), file));
  FlowJob job(sink, 0, scratch);
  PTAH_TRY(auto dataset, SampleDataset::open(std::move(samples), "", "", host, job));
  PTAH_TRY(const Example first, dataset->read(0));
  PTAH_TRY(check_placements(*dataset, first.design->tiles, file));
  PTAH_TRY(check_public_form(*dataset, groups, file, job));

  const Samples& rows = dataset->samples();
  const auto written = scratch / "samples.h5";
  PTAH_TRY(rows.write(written));
  Json record{{"dataset", task.name},
              {"circuit", first.design->circuit.name},
              {"tech", rows.about().at("tech")},
              {"seed", rows.about().value("seed", Json())},
              {"labels", label_names(rows)},
              {"imported", true},
              {"note", task.note},
              {"first", 0},
              {"count", rows.size()},
              {"clean", count_clean(rows)},
              {"distinct", rows.distinct()},
              {"failures", rows.failures()},
              {"bytes", std::filesystem::file_size(written)}};
  sink.emit({{"event", "variant"},
             {"variant", 0},
             {"record", record},
             {"files",
              {{{"role", "samples"},
                {"path", written.string()},
                {"dataset", "datasets/" + task.name + "/0000000.h5"}}}}});
  return record;
}

}  // namespace ptah
