#include "flow/sample_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>

#include "flow/sample_dataset.hpp"
#include "learning/features.hpp"
#include "placement_images.hpp"
#include "render/render.hpp"

namespace ptah {
namespace {

constexpr std::int64_t kShown = 4;

std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4g", value);
  return buffer;
}

/// The pictures of one dataset.
class Album {
 public:
  static Result<Album> open(const rpc::DatasetRenderSpec& spec, PluginHost& host, FlowJob& job) {
    PTAH_TRY(auto samples, read_blocks({spec.blocks.begin(), spec.blocks.end()}));
    PTAH_TRY(auto dataset,
             SampleDataset::open(std::move(samples), spec.label, spec.files, host, job));
    PTAH_TRY(const Example first, dataset->read(0));
    Album album(spec.name + "@" + std::to_string(spec.version), std::move(dataset), first.design);
    // A circuit whose parts nobody has named is drawn without what networks would see.
    auto painter = images::Painter::create(first.design->circuit, first.design->tiles);
    if (painter) album.painter_ = std::move(painter.value());
    if (const auto threshold = learning::class_threshold(*album.dataset_))
      album.threshold_ = threshold.value();
    return album;
  }

  const std::string& name() const noexcept { return name_; }
  const SampleDataset& dataset() const noexcept { return *dataset_; }
  const std::optional<double>& threshold() const noexcept { return threshold_; }

  /// What may be told of a layout's labels: those of the test part stay unseen.
  bool told(std::size_t row) const {
    const Samples& samples = dataset_->samples();
    return samples.clean(row) && samples.split(row) != Split::kTest;
  }
  double label(std::size_t row) const {
    return dataset_->label_rule().of(dataset_->samples(), row);
  }

  Result<PlacementPicture> picture(std::size_t row) const {
    const Samples& samples = dataset_->samples();
    if (!samples.placed(row)) {
      return make_error(
          ErrorCode::kInvalidArgument,
          "Layout " + std::to_string(row) + " has no placement: " + samples.reason(row), name_);
    }
    const Placement placement = samples.placement(row, design_->tiles);
    PlacementPicture picture;
    picture.caption = caption(row, placement);
    for (std::size_t i = 0; i < design_->tiles.size(); ++i) {
      const Device& device = design_->circuit.devices[i];
      picture.bodies.push_back({device.name, device.kind, placement.tiles[i].slot});
    }
    if (!painter_) return picture;
    std::vector<std::uint8_t> bytes(painter_->bytes());
    painter_->paint(placement, bytes);
    const auto plane = static_cast<std::ptrdiff_t>(bytes.size() / images::kChannels);
    for (int i = 0; i < images::kChannels; ++i) {
      picture.channels.push_back({images::kTitles[static_cast<std::size_t>(i)],
                                  {bytes.begin() + i * plane, bytes.begin() + (i + 1) * plane}});
    }
    return picture;
  }

 private:
  Album(std::string name, std::unique_ptr<SampleDataset> dataset,
        std::shared_ptr<const Design> design)
      : name_(std::move(name)), dataset_(std::move(dataset)), design_(std::move(design)) {}

  std::vector<std::string> caption(std::size_t row, const Placement& placement) const {
    const Samples& samples = dataset_->samples();
    const Rect box = placement_outline(design_->tiles, placement);
    constexpr std::array<const char*, 3> kParts{"training part", "validation part", "test part"};
    std::vector<std::string> lines{
        name_ + ", layout " + std::to_string(row) + ": " + design_->circuit.name,
        text(to_um(box.width())) + " x " + text(to_um(box.height())) + " um, " +
            kParts[static_cast<std::size_t>(samples.split(row))]};
    if (!samples.clean(row)) {
      lines.push_back("failed: " + samples.reason(row));
    } else if (!told(row)) {
      lines.emplace_back("its labels stay unseen");
    } else {
      lines.push_back(labels_text(row));
    }
    return lines;
  }

  std::string labels_text(std::size_t row) const {
    const Samples& samples = dataset_->samples();
    std::string line;
    const Json& measures = samples.about().at("measures");
    for (std::size_t i = 0; i < measures.size(); ++i) {
      const double value = samples.label(row, i);
      if (!std::isfinite(value)) continue;
      const std::string unit = measures[i].value("unit", std::string());
      line += (line.empty() ? "" : ", ") + measures[i].at("name").get<std::string>() + " " +
              text(value) + (unit.empty() ? "" : " " + unit);
    }
    if (threshold_ && std::isfinite(label(row)))
      line += label(row) > *threshold_ ? "; of the worst quarter" : "; not of the worst quarter";
    return line;
  }

  std::string name_;
  std::unique_ptr<SampleDataset> dataset_;
  std::shared_ptr<const Design> design_;
  std::optional<images::Painter> painter_;
  std::optional<double> threshold_;
};

/// Where files go, and what the answer says of them.
struct Drawn {
  const std::filesystem::path& scratch;
  std::string name, extension;
  Json layouts = Json::array(), files = Json::array();

  std::filesystem::path file(const std::string& role, const std::string& of) {
    const std::string named = name + "_" + of + extension;
    files.push_back({{"role", role}, {"path", (scratch / named).string()}, {"dataset", named}});
    return scratch / named;
  }
};

Result<PlacementPicture> draw(const Album& album, std::size_t row, Drawn& drawn) {
  PTAH_TRY(auto picture, album.picture(row));
  const auto file = drawn.file("picture", std::to_string(row));
  PTAH_TRY(draw_placement(picture, file));
  Json layout{{"index", row}, {"file", file.filename().string()}};
  if (album.told(row) && std::isfinite(album.label(row))) {
    layout["label"] = album.label(row);
    if (album.threshold()) layout["worst"] = album.label(row) > *album.threshold();
  }
  drawn.layouts.push_back(std::move(layout));
  return picture;
}

/// Rows outside the test part from the best label to the worst.
std::vector<std::size_t> ranked(const Album& album) {
  const SampleDataset& dataset = album.dataset();
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (album.told(dataset.row(i))) rows.push_back(dataset.row(i));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::size_t a, std::size_t b) { return album.label(a) < album.label(b); });
  return rows;
}

Status draw_extremes(const Album& album, std::int64_t asked, Drawn& drawn, FlowJob& job) {
  const std::vector<std::size_t> rows = ranked(album);
  if (rows.empty()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "All layouts with this label are of the test part.", album.name());
  }
  // None is among both.
  const std::size_t count =
      std::min(static_cast<std::size_t>(asked), std::max<std::size_t>(1, rows.size() / 2));
  std::vector<PictureColumn> columns{{"best", {}}, {"worst", {}}};
  for (std::size_t k = 0; k < count; ++k) {
    if (job.cancelled()) return cancelled_error();
    job.progress(static_cast<double>(k) / static_cast<double>(count), "draws layouts");
    PTAH_TRY(auto best, draw(album, rows[k], drawn));
    columns[0].second.push_back(std::move(best));
    if (rows.size() == 1) continue;
    PTAH_TRY(auto worst, draw(album, rows[rows.size() - 1 - k], drawn));
    columns[1].second.push_back(std::move(worst));
  }
  const std::string& label = album.dataset().label_rule().text();
  for (auto& [title, pictures] : columns) title += " by " + label;
  return draw_sheet(album.name() + ": " + std::to_string(rows.size()) +
                        " layouts outside the test part, by " + label,
                    columns, drawn.file("sheet", "sheet"));
}

}  // namespace

Result<Json> render_samples(const rpc::DatasetRenderSpec& spec,
                            const std::filesystem::path& scratch, PluginHost& host,
                            TaskSink& sink) {
  FlowJob job(sink, 0, scratch);
  PTAH_TRY(const Album album, Album::open(spec, host, job));
  Drawn drawn{scratch, spec.name, "." + std::string(to_string(spec.format))};
  if (spec.index) {
    const std::size_t count = album.dataset().samples().size();
    if (static_cast<std::size_t>(*spec.index) >= count) {
      return make_error(ErrorCode::kInvalidArgument,
                        "The dataset's layouts are 0 to " + std::to_string(count - 1) + ".",
                        "index");
    }
    PTAH_TRY(draw(album, static_cast<std::size_t>(*spec.index), drawn));
  } else {
    PTAH_TRY(draw_extremes(album, spec.count.value_or(kShown), drawn, job));
  }
  return Json{{"dataset", spec.name},
              {"version", spec.version},
              {"label", album.dataset().label_rule().text()},
              {"layouts", std::move(drawn.layouts)},
              {"files", std::move(drawn.files)}};
}

}  // namespace ptah
