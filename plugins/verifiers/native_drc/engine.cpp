#include "engine.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "checks.hpp"

namespace ptah::native::drc {
namespace {

constexpr Dbu kFarthest = 500'000'000;  // Sums of two coordinates and a distance stay in 32 bits.

void run_check(const Work& work) {
  switch (work.check.kind) {
    case CheckKind::kWidth:
      return check_width(work);
    case CheckKind::kSpacing:
      return check_spacing(work);
    case CheckKind::kEndToEnd:
      return check_end_to_end(work);
    case CheckKind::kWideSpacing:
    case CheckKind::kWideAttached:
      return check_wide_spacing(work);
    case CheckKind::kBottomPlate:
      return check_bottom_plate(work);
    case CheckKind::kPlateToMetal:
      return check_plate_to_metal(work);
    case CheckKind::kEnclosure:
      return check_enclosure(work);
    case CheckKind::kEnclosureOneWay:
      return check_enclosure_one_way(work);
    case CheckKind::kCovered:
      return check_covered(work);
    case CheckKind::kLanding:
      return check_landing(work);
    case CheckKind::kExtension:
      return check_extension(work);
    case CheckKind::kMaxExtension:
      return check_max_extension(work);
    case CheckKind::kInside:
      return check_inside(work);
    case CheckKind::kChannelWidth:
      return check_channel(work);
    case CheckKind::kAbutting:
      return check_abutting(work);
    case CheckKind::kArea:
      return check_area(work);
    case CheckKind::kHoleArea:
      return check_hole_area(work);
    case CheckKind::kCutSize:
      return check_cut_size(work);
    case CheckKind::kAllowedWidth:
    case CheckKind::kAllowedLength:
      return check_allowed(work);
    case CheckKind::kMaxDistance:
      return check_max_distance(work);
    case CheckKind::kHolds:
      return check_holds(work);
    case CheckKind::kRectangular:
      return check_rectangular(work);
    case CheckKind::kExclusive:
      return check_exclusive(work);
    case CheckKind::kNoCrossing:
      return check_no_crossing(work);
    case CheckKind::kGrid:
      return;  // On the drawn shapes, before they are merged.
  }
}

/// "0.13", "0.255": um without needless digits, at least two.
std::string um(std::int64_t nm) {
  char text[48];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(nm) / 1000);
  std::string result = text;
  if (result.back() == '0') result.pop_back();
  return result;
}

std::string um2(std::int64_t nm2) {
  char text[48];
  std::snprintf(text, sizeof text, "%.4f", static_cast<double>(nm2) / 1e6);
  return text;
}

std::string sentence(const Check& check, std::int64_t measured) {
  std::string text = check.rule + ": " + check.text;
  if (check.kind == CheckKind::kArea || check.kind == CheckKind::kHoleArea) {
    return text + " " + um2(measured) + " um^2, " + um2(check.area) + " required";
  }
  if (check.kind == CheckKind::kMaxDistance) {
    return text + " more than " + um(check.area) + " um";
  }
  if (!check.measures()) return text;
  text += " " + um(measured) + " um, ";
  if (check.kind == CheckKind::kMaxExtension) return text + um(check.distance) + " allowed";
  if (check.allowed.empty()) return text + um(check.distance) + " required";
  for (std::size_t i = 0; i < check.allowed.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == check.allowed.size() ? " or " : ", ") + um(check.allowed[i]);
  }
  return text + " required";
}

/// Joins markers whose places touch: one violation each, at the worst of their values.
std::vector<Marker> joined(std::vector<Marker> markers, bool largest) {
  std::sort(markers.begin(), markers.end(),
            [](const Marker& l, const Marker& r) { return l.place < r.place; });
  std::vector<Rect> places;
  places.reserve(markers.size());
  for (const Marker& m : markers) places.push_back(m.place);
  std::vector<std::uint32_t> parent(markers.size());
  std::iota(parent.begin(), parent.end(), 0u);
  const auto root = [&](std::uint32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  const Bins bins{std::span<const Rect>(places)};
  for (std::uint32_t i = 0; i < places.size(); ++i) {
    bins.touching(places[i], [&](std::size_t k) {
      const std::uint32_t a = root(i), b = root(static_cast<std::uint32_t>(k));
      parent[std::max(a, b)] = std::min(a, b);
    });
  }
  std::vector<Marker> result;
  std::vector<std::uint32_t> index(markers.size());
  for (std::uint32_t i = 0; i < markers.size(); ++i) {
    const std::uint32_t top = root(i);
    if (top == i) {
      index[i] = static_cast<std::uint32_t>(result.size());
      result.push_back(markers[i]);
      continue;
    }
    Marker& into = result[index[top]];
    into.place = into.place.united(markers[i].place);
    into.measured = largest ? std::max(into.measured, markers[i].measured)
                            : std::min(into.measured, markers[i].measured);
  }
  return result;
}

}  // namespace

struct Engine::State {
  Plan plan;
  Limits limits;
};

Engine::Engine(Plan plan, Limits limits)
    : state_(std::make_unique<State>(State{std::move(plan), limits})) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Result<Verdict> Engine::check(const gds::Flat& flat, const JobContext& job) {
  const Plan& plan = state_->plan;
  std::vector<std::vector<Rect>> drawn(plan.layer_count);
  std::vector<std::vector<Marker>> off_grid(plan.layer_count);
  for (const Shape& shape : flat.shapes) {
    if (shape.layer >= plan.layer_count) continue;
    const Rect& r = shape.rect;
    if (r.x0 < -kFarthest || r.y0 < -kFarthest || r.x1 > kFarthest || r.y1 > kFarthest) {
      return make_error(ErrorCode::kLimit, "A shape lies more than 500 mm from the origin.",
                        "layer " + plan.layer_names[shape.layer], "Move the layout nearer to it.");
    }
    drawn[shape.layer].push_back(r);
    if (r.x0 % plan.grid != 0 || r.y0 % plan.grid != 0 || r.x1 % plan.grid != 0 ||
        r.y1 % plan.grid != 0) {
      off_grid[shape.layer].push_back({r, r, 0});
    }
  }
  std::vector<Mask> masks(plan.masks.size());
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const MaskRecipe& recipe = plan.masks[i];
    const auto rects = [&](MaskId id) -> const Region& {
      return masks[static_cast<std::size_t>(id)].rects();
    };
    switch (recipe.op) {
      case MaskRecipe::Op::kDrawn:
        masks[i] = Mask(united(drawn[recipe.layer]));
        break;
      case MaskRecipe::Op::kAnd:
        masks[i] = Mask(intersection(rects(recipe.a), rects(recipe.b)));
        break;
      case MaskRecipe::Op::kNot:
        masks[i] = Mask(difference(rects(recipe.a), rects(recipe.b)));
        break;
      case MaskRecipe::Op::kOr:
        masks[i] = Mask(united(rects(recipe.a), rects(recipe.b)));
        break;
    }
  }
  Verdict verdict;
  verdict.kind = Verdict::Kind::kDrc;
  std::vector<Marker> markers;
  for (const Check& check : plan.checks) {
    if (job.cancelled()) return cancelled_error();
    markers.clear();
    const Mask& a = masks[static_cast<std::size_t>(check.a)];
    if (check.kind == CheckKind::kGrid) {
      markers = off_grid[plan.masks[static_cast<std::size_t>(check.a)].layer];
    } else if (!a.empty()) {
      run_check({check, masks, markers});
    }
    if (markers.empty()) continue;
    for (const Marker& m : joined(markers, check.kind == CheckKind::kMaxExtension)) {
      ++verdict.errors;
      if (verdict.violations.size() < state_->limits.max_violations) {
        verdict.violations.push_back(
            {check.rule, sentence(check, m.measured), check.layer, m.place});
      }
    }
  }
  verdict.clean = verdict.errors == 0;
  verdict.summary = std::to_string(verdict.errors) + (verdict.errors == 1 ? " error" : " errors");
  if (!verdict.violations.empty()) verdict.summary += ", first: " + verdict.violations.front().text;
  return verdict;
}

}  // namespace ptah::native::drc
