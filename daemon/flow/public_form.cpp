#include "flow/public_form.hpp"

#include <algorithm>
#include <cctype>

#include "metrics/classification.hpp"
#include "placement_images.hpp"
#include "ptah/core/job_context.hpp"

namespace ptah {
namespace {

static_assert(PictureGroup::kGrid == images::kGrid && PictureGroup::kChannels == images::kChannels);

constexpr std::size_t kBetweenLooks = 256;

/// "ota1" and "|offset|" -> "OTA1_Offset_Voltage", as the public code asks for it.
std::string group_name(const std::string& circuit, const SampleLabel& label, bool balanced) {
  std::string name = circuit;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::replace(name.begin(), name.end(), '/', '_');
  std::string measure = label.measure();
  if (measure == "offset" || measure == "offset_magnitude") measure = "Offset_Voltage";
  if (measure == "cmrr") measure = "CMRR";
  return name + "_" + measure + (balanced ? "_True" : "_False");
}

/// Examples in the order of a group.
std::vector<std::size_t> in_public_order(const SampleDataset& dataset) {
  std::vector<std::size_t> order;
  for (const Split part : {Split::kTrain, Split::kValidation, Split::kTest}) {
    for (std::size_t i = 0; i < dataset.size(); ++i) {
      if (dataset.split(i) == part) order.push_back(i);
    }
  }
  return order;
}

/// Paints what is in a row of the dataset's file, channels last.
class RowPainter {
 public:
  static Result<RowPainter> create(SampleDataset& dataset) {
    PTAH_TRY(const Example first, dataset.read(0));
    PTAH_TRY(auto painter, images::Painter::create(first.design->circuit, first.design->tiles));
    return RowPainter(dataset.samples(), first.design, std::move(painter));
  }
  void paint(std::size_t row, std::span<std::uint8_t> picture) {
    painter_.paint(samples_.placement(row, design_->tiles), planes_);
    const std::size_t plane = PictureGroup::kGrid * PictureGroup::kGrid;
    for (std::size_t i = 0; i < picture.size(); ++i) {
      picture[i] = planes_[i % PictureGroup::kChannels * plane + i / PictureGroup::kChannels];
    }
  }

 private:
  RowPainter(const Samples& samples, std::shared_ptr<const Design> design, images::Painter painter)
      : samples_(samples), design_(std::move(design)), painter_(std::move(painter)) {}

  const Samples& samples_;
  std::shared_ptr<const Design> design_;
  images::Painter painter_;
  std::vector<std::uint8_t> planes_ = std::vector<std::uint8_t>(PictureGroup::kBytes);
};

Status tell(FlowJob& job, std::size_t at, std::size_t count, const char* what) {
  if (at % kBetweenLooks != 0) return ok();
  if (job.cancelled()) return cancelled_error();
  job.progress(static_cast<double>(at) / static_cast<double>(count), what);
  return ok();
}

Error no_such_group(const std::string& group, const std::string& what,
                    const std::filesystem::path& file) {
  return make_error(ErrorCode::kConflict, "Group `" + group.substr(0, 64) + "` " + what,
                    file.string(), "It was changed after `ptah dataset export` wrote it.");
}

}  // namespace

Result<PictureGroup> picture_group(const SampleDataset& dataset, bool balanced) {
  const SampleLabel& label = dataset.label_rule();
  // What a label has less is better of, is the negative of a measure that should be large.
  const bool worst_is_low = label.negative();
  const auto value = [&](std::size_t i) {
    return worst_is_low ? -dataset.label(i) : dataset.label(i);
  };
  std::vector<double> values;
  for (std::size_t i = 0; i < dataset.size(); ++i) values.push_back(value(i));
  const double low = learning::quantile(values, 0.25), high = learning::quantile(values, 0.75);

  PictureGroup group;
  group.name = group_name(dataset.circuit().name, label, balanced);
  group.about = {{"label", label.text()},
                 {"balanced", balanced},
                 {"percentile_25", low},
                 {"percentile_75", high}};
  for (const std::size_t i : in_public_order(dataset)) {
    const double at = value(i);
    const bool worst = worst_is_low ? at <= low : balanced ? at >= high : at > high;
    const bool best = worst_is_low ? at >= high : at <= low;
    // Where both hold, as of labels that are all equal, the public code asks for the lower first.
    if (balanced && !worst && !best) continue;
    group.rows.push_back(static_cast<std::uint32_t>(dataset.row(i)));
    group.classes.push_back(worst && !(balanced && best && !worst_is_low) ? 1 : 0);
  }
  const auto worst = std::count(group.classes.begin(), group.classes.end(), 1);
  if (worst > 0 && static_cast<std::size_t>(worst) < group.size()) return group;
  return make_error(ErrorCode::kInvalidArgument,
                    "The label " + label.text() +
                        " does not tell layouts apart: there is no worst quarter to mark.",
                    "label", "Take another label, or a larger dataset.");
}

Result<PictureGroup> write_public_form(SampleDataset& dataset, bool balanced,
                                       const std::filesystem::path& file, FlowJob& job) {
  PTAH_TRY(auto painter, RowPainter::create(dataset));
  PTAH_TRY(PictureGroup group, picture_group(dataset, balanced));
  PTAH_TRY(dataset.samples().write(file, group,
                                   [&](std::size_t at, std::span<std::uint8_t> picture) -> Status {
                                     PTAH_TRY(tell(job, at, group.size(), "paints pictures"));
                                     painter.paint(group.rows[at], picture);
                                     return ok();
                                   }));
  return group;
}

Status check_public_form(SampleDataset& dataset, const std::vector<PictureGroup>& groups,
                         const std::filesystem::path& file, FlowJob& job) {
  if (groups.empty()) return ok();
  PTAH_TRY(auto painter, RowPainter::create(dataset));
  std::vector<std::uint8_t> expected(PictureGroup::kBytes);
  for (const PictureGroup& group : groups) {
    PTAH_TRY(auto rule, SampleLabel::parse(group.about.value("label", std::string()),
                                           dataset.samples().about()));
    PTAH_TRY(dataset.choose(std::move(rule)));
    PTAH_TRY(const PictureGroup own, picture_group(dataset, group.about.value("balanced", false)));
    if (own.name != group.name)
      return no_such_group(group.name, "has the pictures and classes of `" + own.name + "`.", file);
    if (own.rows != group.rows || own.classes != group.classes) {
      return no_such_group(group.name, "has other classes than the labels of its layouts say.",
                           file);
    }
    PTAH_TRY(read_pictures(
        file, group, [&](std::size_t at, std::span<const std::uint8_t> picture) -> Status {
          PTAH_TRY(tell(job, at, group.size(), "looks at pictures"));
          painter.paint(group.rows[at], expected);
          if (std::equal(picture.begin(), picture.end(), expected.begin())) return ok();
          return no_such_group(group.name,
                               "has a picture, of layout " + std::to_string(group.rows[at]) +
                                   ", that is not of its placement.",
                               file);
        }));
  }
  return ok();
}

}  // namespace ptah
