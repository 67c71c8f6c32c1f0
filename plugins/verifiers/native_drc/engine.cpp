#include "engine.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <optional>
#include <tuple>

#include "checks.hpp"

namespace ptah::native::drc {
namespace {

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
  std::sort(markers.begin(), markers.end(), [](const Marker& l, const Marker& r) {
    return std::tie(l.place, l.measured, l.driver) < std::tie(r.place, r.measured, r.driver);
  });
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
  // Of the last layout; empty before the first.
  std::vector<std::vector<Rect>> drawn;
  std::vector<Mask> masks;
  std::vector<std::vector<Marker>> found;  ///< A list a check.
};

namespace {

/// How far from a driver a check looks, or nothing where it looks at whole shapes or at shapes of
/// its own making.
std::optional<Dbu> locality(const Check& check) {
  switch (check.kind) {
    case CheckKind::kWideSpacing:
    case CheckKind::kWideAttached:
    case CheckKind::kBottomPlate:
    case CheckKind::kPlateToMetal:
    case CheckKind::kMaxExtension:
      return std::nullopt;
    case CheckKind::kSpacing:
      if (check.apart_only || check.same_component != kNoMask) return std::nullopt;
      return check.distance;
    case CheckKind::kArea:
    case CheckKind::kHoleArea:
    case CheckKind::kHolds:
    case CheckKind::kRectangular:
    case CheckKind::kNoCrossing:
    case CheckKind::kExclusive:
    case CheckKind::kLanding:
    case CheckKind::kCovered:
      return 0;
    default:
      return check.distance;
  }
}

/// What stands in one of two canonical regions only.
std::vector<Rect> changes(const Region& before, const Region& after) {
  std::vector<Rect> changed;
  const auto less = [](const Rect& l, const Rect& r) {
    return std::tie(l.y0, l.x0, l.y1, l.x1) < std::tie(r.y0, r.x0, r.y1, r.x1);
  };
  std::set_symmetric_difference(before.begin(), before.end(), after.begin(), after.end(),
                                std::back_inserter(changed), less);
  return changed;
}

/// The plan's masks of a layout, those of `last` where nothing changed. `changed`: what did.
std::vector<Mask> make_masks(const Plan& plan, const std::vector<std::vector<Rect>>& drawn,
                             const std::vector<std::vector<Rect>>& last_drawn,
                             std::vector<Mask>& last, std::vector<std::vector<Rect>>& changed) {
  std::vector<Mask> masks(plan.masks.size());
  const bool has_last = !last.empty();
  changed.assign(plan.masks.size(), {});
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const MaskRecipe& recipe = plan.masks[i];
    const auto index = [](MaskId id) { return static_cast<std::size_t>(id); };
    const bool is_drawn = recipe.op == MaskRecipe::Op::kDrawn;
    const bool same = has_last && (is_drawn ? drawn[recipe.layer] == last_drawn[recipe.layer]
                                            : changed[index(recipe.a)].empty() &&
                                                  changed[index(recipe.b)].empty());
    if (same) {
      masks[i] = std::move(last[i]);
      continue;
    }
    Region region;
    if (is_drawn) {
      region = united(drawn[recipe.layer]);
    } else {
      const Region &a = masks[index(recipe.a)].rects(), &b = masks[index(recipe.b)].rects();
      region = recipe.op == MaskRecipe::Op::kAnd   ? intersection(a, b)
               : recipe.op == MaskRecipe::Op::kNot ? difference(a, b)
                                                   : united(a, b);
    }
    if (has_last) {
      changed[i] = changes(last[i].rects(), region);
      if (changed[i].empty()) {
        masks[i] = std::move(last[i]);
        continue;
      }
    }
    masks[i] = Mask(std::move(region));
  }
  return masks;
}

/// Brings `markers` of the last layout up to date.
void update(const Check& check, const std::vector<Mask>& masks,
            const std::vector<std::vector<Rect>>& changed, std::vector<Marker>& markers) {
  std::vector<Rect> places;
  bool any = false;
  const std::optional<Dbu> reach = locality(check);
  for (const MaskId id : {check.a, check.b, check.c, check.d, check.only, check.except,
                          check.same_component, check.butting}) {
    if (id == kNoMask) continue;
    const auto& list = changed[static_cast<std::size_t>(id)];
    any = any || !list.empty();
    if (!reach) continue;
    // One more: a neighbour's end changes how an edge that it touches goes on.
    for (const Rect& r : list) places.push_back(r.bloated(*reach + 1));
  }
  if (!any) return;
  const bool empty = masks[static_cast<std::size_t>(check.a)].empty();
  if (!reach || empty) {
    markers.clear();
    if (!empty) run_check({check, masks, markers, nullptr});
    return;
  }
  const Bins dirty{std::span<const Rect>(places)};
  const Work work{check, masks, markers, &dirty};
  std::erase_if(markers, [&](const Marker& m) { return work.wants(m.driver); });
  run_check(work);
}

}  // namespace

Engine::Engine(Plan plan, Limits limits)
    : state_(std::make_unique<State>(State{std::move(plan), limits, {}, {}, {}})) {}
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
    if (!r.near()) {
      return make_error(ErrorCode::kLimit, "A shape lies more than 200 mm from the origin.",
                        "layer " + plan.layer_names[shape.layer], "Move the layout nearer to it.");
    }
    drawn[shape.layer].push_back(r);
    if (r.x0 % plan.grid != 0 || r.y0 % plan.grid != 0 || r.x1 % plan.grid != 0 ||
        r.y1 % plan.grid != 0) {
      off_grid[shape.layer].push_back({r, r, 0});
    }
  }
  State& state = *state_;
  const bool fresh = state.masks.empty();
  std::vector<std::vector<Rect>> changed;
  // Taken out until all is done: a cancelled check must not leave half a state.
  std::vector<Mask> last = std::move(state.masks);
  std::vector<std::vector<Marker>> found = std::move(state.found);
  state.masks.clear();
  found.resize(plan.checks.size());
  std::vector<Mask> masks = make_masks(plan, drawn, state.drawn, last, changed);
  Verdict verdict;
  verdict.kind = Verdict::Kind::kDrc;
  for (std::size_t i = 0; i < plan.checks.size(); ++i) {
    const Check& check = plan.checks[i];
    std::vector<Marker>& markers = found[i];
    if (job.cancelled()) return cancelled_error();
    const Mask& a = masks[static_cast<std::size_t>(check.a)];
    if (check.kind == CheckKind::kGrid) {
      markers = std::move(off_grid[plan.masks[static_cast<std::size_t>(check.a)].layer]);
    } else if (!fresh) {
      update(check, masks, changed, markers);
    } else if (!a.empty()) {
      run_check({check, masks, markers, nullptr});
    }
    if (markers.empty()) continue;
    for (const Marker& m : joined(markers, check.kind == CheckKind::kMaxExtension)) {
      ++verdict.errors;
      if (verdict.violations.size() < state.limits.max_violations) {
        verdict.violations.push_back(
            {check.rule, sentence(check, m.measured), check.layer, m.place});
      }
    }
  }
  state.masks = std::move(masks);
  state.drawn = std::move(drawn);
  state.found = std::move(found);
  verdict.clean = verdict.errors == 0;
  verdict.summary = std::to_string(verdict.errors) + (verdict.errors == 1 ? " error" : " errors");
  if (!verdict.violations.empty()) verdict.summary += ", first: " + verdict.violations.front().text;
  return verdict;
}

}  // namespace ptah::native::drc
