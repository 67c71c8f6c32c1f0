// From rules to checks. Two shapes of a derived kind may touch, or lie over each other, where other
// rules of the technology say that they make a device or that one holds the other: this is read off
// the rules and derived layers themselves, so that no layer name stands here.
#include "plan.hpp"

#include <algorithm>
#include <optional>

namespace ptah::native::drc {
namespace {

class Compiler {
 public:
  explicit Compiler(const Technology& technology) : technology_(technology) {}

  Result<Plan> run() {
    plan_.grid = technology_.grid();
    plan_.layer_count = technology_.layers().size();
    for (const Layer& layer : technology_.layers()) plan_.layer_names.push_back(layer.name);
    add_grid();
    for (const Rule& rule : technology_.rules()) {
      if (rule.kind == RuleKind::kAntenna) continue;
      PTAH_TRY(add(rule));
    }
    add_landings();
    add_implants();
    return std::move(plan_);
  }

 private:
  using Op = MaskRecipe::Op;

  const DerivedLayer* derived(const std::string& name) const {
    for (const DerivedLayer& d : technology_.derived_layers()) {
      if (d.name == name) return &d;
    }
    return nullptr;
  }
  /// The drawn layers whose common area `name` is.
  std::vector<LayerId> made_of(const std::string& name) const {
    if (const DerivedLayer* d = derived(name)) return d->all;
    return {technology_.layer(name)};
  }
  std::vector<LayerId> without(const std::string& name) const {
    if (const DerivedLayer* d = derived(name)) return d->none;
    return {};
  }
  static bool contains(const std::vector<LayerId>& set, LayerId id) {
    return std::find(set.begin(), set.end(), id) != set.end();
  }
  static bool contains(const std::vector<LayerId>& set, const std::vector<LayerId>& part) {
    return std::all_of(part.begin(), part.end(), [&](LayerId id) { return contains(set, id); });
  }
  /// The layer of `type` that `name` is made of.
  std::optional<LayerId> part(const std::string& name, LayerType type) const {
    for (const LayerId id : made_of(name)) {
      if (technology_.layer(id).type == type) return id;
    }
    return std::nullopt;
  }
  bool has(const std::string& name, LayerType type) const { return part(name, type).has_value(); }

  MaskId mask(MaskRecipe recipe) {
    const auto at = std::find(plan_.masks.begin(), plan_.masks.end(), recipe);
    if (at != plan_.masks.end()) return static_cast<MaskId>(at - plan_.masks.begin());
    plan_.masks.push_back(recipe);
    return static_cast<MaskId>(plan_.masks.size() - 1);
  }
  MaskId drawn(LayerId layer) { return mask({Op::kDrawn, layer, kNoMask, kNoMask}); }
  MaskId both(MaskId a, MaskId b) { return a == b ? a : mask({Op::kAnd, 0, a, b}); }
  MaskId minus(MaskId a, MaskId b) { return mask({Op::kNot, 0, a, b}); }
  MaskId either(MaskId a, MaskId b) { return a == b ? a : mask({Op::kOr, 0, a, b}); }
  MaskId named(const std::string& name) {
    const DerivedLayer* d = derived(name);
    if (d == nullptr) return drawn(technology_.layer(name));
    MaskId result = drawn(d->all.front());
    for (std::size_t i = 1; i < d->all.size(); ++i) result = both(result, drawn(d->all[i]));
    for (const LayerId id : d->none) result = minus(result, drawn(id));
    return result;
  }
  MaskId all_of_type(LayerType type, LayerId but) {
    MaskId result = kNoMask;
    for (std::size_t i = 0; i < technology_.layers().size(); ++i) {
      const auto id = static_cast<LayerId>(i);
      if (id == but || technology_.layer(id).type != type) continue;
      result = result == kNoMask ? drawn(id) : either(result, drawn(id));
    }
    return result;
  }

  Check& push(CheckKind kind, const Rule& rule, MaskId a, MaskId b = kNoMask) {
    Check check;
    check.kind = kind;
    check.rule = rule.id;
    check.text = rule.text;
    check.layer = rule.layers.front();
    check.a = a;
    check.b = b;
    check.distance = static_cast<Dbu>(std::clamp<std::int64_t>(rule.value, 0, 100'000'000));
    check.area = rule.value;
    plan_.checks.push_back(std::move(check));
    return plan_.checks.back();
  }

  Error not_understood(const Rule& rule) const {
    return make_error(ErrorCode::kUnsupported,
                      "Rule " + rule.id + " (" + std::string(to_string(rule.kind)) + ") " +
                          (rule.when.empty() ? "can not be checked on these layers."
                                             : "has the unknown condition \"" + rule.when + "\"."),
                      "technology " + technology_.name(),
                      "Use a condition that docs/native_drc.md lists, or another DRC plugin.");
  }

  /// Some derived layer is made where `a` and `b` cross: they may touch.
  bool make_a_device(const std::string& a, const std::string& b) const {
    std::vector<LayerId> both_of = made_of(a);
    for (const LayerId id : made_of(b)) both_of.push_back(id);
    return std::any_of(
        technology_.derived_layers().begin(), technology_.derived_layers().end(),
        [&](const DerivedLayer& d) { return d.all.size() > 1 && contains(d.all, both_of); });
  }
  /// A rule wants `outer` round `inner`, or round what is `inner` inside `outer`.
  bool may_hold(const std::string& outer, const std::string& inner) const {
    std::vector<LayerId> inside = made_of(inner);
    for (const LayerId id : made_of(outer)) inside.push_back(id);
    for (const Rule& rule : technology_.rules()) {
      if (rule.kind != RuleKind::kEnclosure || rule.layers.front() != outer) continue;
      if (rule.layers.back() == inner || contains(made_of(rule.layers.back()), inside)) return true;
    }
    return false;
  }
  /// As `may_hold`, of any part of `inner`'s drawn layer.
  bool holds_part(const std::string& outer, const std::string& inner) const {
    const DerivedLayer* d = derived(inner);
    const LayerId drawn_layer = d != nullptr && d->drawn ? *d->drawn : made_of(inner).front();
    for (const Rule& rule : technology_.rules()) {
      if (rule.kind == RuleKind::kEnclosure && rule.layers.front() == outer &&
          contains(made_of(rule.layers.back()), drawn_layer)) {
        return true;
      }
    }
    return false;
  }

  void add_grid() {
    for (std::size_t i = 0; i < technology_.layers().size(); ++i) {
      Check check;
      check.kind = CheckKind::kGrid;
      check.rule = "grid";
      check.text = "Drawn off the grid of " + std::to_string(technology_.grid()) + " nm";
      check.layer = technology_.layers()[i].name;
      check.a = drawn(static_cast<LayerId>(i));
      check.distance = technology_.grid();
      plan_.checks.push_back(std::move(check));
    }
  }

  Status add(const Rule& rule);
  Status add_spacing(const Rule& rule);
  Status add_width(const Rule& rule);
  Status add_enclosure(const Rule& rule);
  Status add_extension(const Rule& rule);
  Status add_channel(const Rule& rule);
  void add_allowed(const Rule& rule);
  void add_reach(const Rule& rule);
  void add_landings();
  void add_implants();

  const Technology& technology_;
  Plan plan_;
};

Status Compiler::add(const Rule& rule) {
  const std::string& first = rule.layers.front();
  const std::string& last = rule.layers.back();
  switch (rule.kind) {
    case RuleKind::kWidth:
      return add_width(rule);
    case RuleKind::kSpacing:
      return add_spacing(rule);
    case RuleKind::kEnclosure:
    case RuleKind::kEnclosureOneDirection:
      return add_enclosure(rule);
    case RuleKind::kExtension:
      return add_extension(rule);
    case RuleKind::kChannelWidth:
    case RuleKind::kChannelLength:
      return add_channel(rule);
    default:
      break;
  }
  if (!rule.when.empty()) return not_understood(rule);
  switch (rule.kind) {
    case RuleKind::kWideSpacing: {
      // Of two such rules of one layer the second is for what is attached to the wide shape.
      const bool second = std::any_of(
          plan_.checks.begin(), plan_.checks.end(),
          [&](const Check& c) { return c.kind == CheckKind::kWideSpacing && c.a == named(first); });
      if (first != last) return not_understood(rule);
      push(second ? CheckKind::kWideAttached : CheckKind::kWideSpacing, rule, named(first))
          .distance_2 = rule.wider_than;
      break;
    }
    case RuleKind::kBottomPlateSpacing:
      push(CheckKind::kBottomPlate, rule, named(first), named(last));
      break;
    case RuleKind::kPlateToMetalSpacing:
      push(CheckKind::kPlateToMetal, rule, named(first), named(last));
      break;
    case RuleKind::kMaxExtension: {
      MaskId below = kNoMask;
      const auto cut = part(last, LayerType::kCut);
      for (const Via& via : technology_.vias()) {
        if (!cut || via.cut != *cut) continue;
        below = below == kNoMask ? drawn(via.lower) : either(below, drawn(via.lower));
      }
      if (below == kNoMask) return not_understood(rule);
      // Covers nearer to each other than their spacing are merged.
      Check& check = push(CheckKind::kMaxExtension, rule, named(last), named(first));
      check.c = below;
      const std::optional<LayerId> cover = technology_.find_layer(first);
      check.distance_2 = cover ? technology_.spacing(*cover, *cover) / 2 : 0;
      break;
    }
    case RuleKind::kOverlap:
      push(CheckKind::kInside, rule, named(last), named(first));
      break;
    case RuleKind::kArea:
      push(CheckKind::kArea, rule, named(first));
      break;
    case RuleKind::kHoleArea:
      push(CheckKind::kHoleArea, rule, named(first));
      break;
    case RuleKind::kCutSize: {
      // Cuts of another shape are those that a rule gives widths or lengths of.
      MaskId others = kNoMask;
      for (const Rule& other : technology_.rules()) {
        if (other.kind != RuleKind::kAllowedWidth && other.kind != RuleKind::kAllowedLength)
          continue;
        if (other.layers.front() == first ||
            !contains(made_of(other.layers.front()), made_of(first)))
          continue;
        const MaskId slots = named(other.layers.front());
        others = others == kNoMask ? slots : either(others, slots);
      }
      push(CheckKind::kCutSize, rule, named(first), others);
      break;
    }
    case RuleKind::kAllowedWidth:
    case RuleKind::kAllowedLength:
      add_allowed(rule);
      break;
    case RuleKind::kMaxDistance:
      add_reach(rule);
      break;
    case RuleKind::kHolds: {
      // A tap that must be contacted counts where it is.
      MaskId inner = named(last);
      const DerivedLayer* d = derived(last);
      for (const Rule& other : technology_.rules()) {
        if (other.kind != RuleKind::kHolds || d == nullptr || !d->drawn) continue;
        if (technology_.find_layer(other.layers.front()) == d->drawn) {
          inner = both(inner, named(other.layers.back()));
        }
      }
      push(CheckKind::kHolds, rule, named(first), inner);
      break;
    }
    case RuleKind::kRectangular:
      push(CheckKind::kRectangular, rule, named(first));
      break;
    case RuleKind::kExclusive:
      push(holds_part(first, last) ? CheckKind::kNoCrossing : CheckKind::kExclusive, rule,
           named(first), named(last));
      break;
    default:
      return not_understood(rule);
  }
  return ok();
}

Status Compiler::add_width(const Rule& rule) {
  const std::string& layer = rule.layers.front();
  if (rule.when.empty()) {
    MaskId shapes = named(layer);
    // A contact in the body of a resistor leaves two narrow bodies beside it.
    const DerivedLayer* resistor = derived(layer);
    if (resistor != nullptr && has(layer, LayerType::kMarker)) {
      for (const Via& via : technology_.vias()) {
        if (contains(resistor->all, via.lower)) shapes = minus(shapes, drawn(via.cut));
      }
    }
    push(CheckKind::kWidth, rule, shapes);
    // Wire beside the body of a resistor in it is a wire of its own, round the resistor.
    if (derived(layer) != nullptr || !has(layer, LayerType::kConductor)) return ok();
    for (const DerivedLayer& body : technology_.derived_layers()) {
      if (body.all.size() != 2 || body.all[0] != technology_.layer(layer)) continue;
      if (technology_.layer(body.all[1]).type != LayerType::kMarker) continue;
      push(CheckKind::kWidth, rule, minus(named(layer), drawn(body.all[1]))).text +=
          " beside a resistor";
    }
    return ok();
  }
  const bool two_sides = rule.when == "abutted on two sides";
  if (!two_sides && rule.when != "abutted on one side") return not_understood(rule);
  if (!has(layer, LayerType::kDiffusion)) return not_understood(rule);
  Check& check = push(CheckKind::kAbutting, rule, named(layer),
                      all_of_type(LayerType::kDiffusion, *part(layer, LayerType::kDiffusion)));
  check.only = check.b;
  check.sandwiched = two_sides;
  return ok();
}

Status Compiler::add_spacing(const Rule& rule) {
  const std::string& a = rule.layers.front();
  const std::string& b = rule.layers.back();
  if (a == b) {
    if (rule.when.empty()) {
      const bool has_ends = std::any_of(
          technology_.rules().begin(), technology_.rules().end(), [&](const Rule& other) {
            return other.kind == RuleKind::kSpacing && other.when == "end to end" &&
                   other.layers == rule.layers;
          });
      // The rule for ends checks those with its own id; this one checks the rest.
      Check& check =
          push(has_ends ? CheckKind::kEndToEnd : CheckKind::kSpacing, rule, named(a), named(a));
      check.distance_2 = 0;
      return ok();
    }
    if (rule.when == "end to end") {
      Check& check = push(CheckKind::kEndToEnd, rule, named(a), named(a));
      check.distance_2 = check.distance;
      return ok();
    }
    return not_understood(rule);
  }
  if (rule.when == "of different nets") {
    push(CheckKind::kSpacing, rule, named(a), named(b)).apart_only = true;
    return ok();
  }
  if (rule.when == "along source and drain") {
    // From the gates that are not of this kind, across their own diffusion's edge.
    const auto diffusion = part(b, LayerType::kDiffusion);
    if (!diffusion) return not_understood(rule);
    const MaskId marker = named(a);
    Check& check = push(CheckKind::kSpacing, rule, minus(named(b), marker), marker);
    check.only = drawn(*diffusion);
    return ok();
  }
  if (!rule.when.empty() && rule.when != "abutting") return not_understood(rule);

  const auto diffusion_a = part(a, LayerType::kDiffusion);
  const auto diffusion_b = part(b, LayerType::kDiffusion);
  const bool cut = has(a, LayerType::kCut) || has(b, LayerType::kCut);
  // A gate sees a tap only across its own diffusion; taps elsewhere keep from that diffusion.
  if (diffusion_a && diffusion_b && *diffusion_a != *diffusion_b && has(a, LayerType::kPoly) &&
      !cut) {
    Check& check = push(CheckKind::kSpacing, rule, named(a), named(b));
    check.only = drawn(*diffusion_a);
    return ok();
  }
  const MaskId mask_a = named(a), mask_b = named(b);
  const bool part_of_b = contains(made_of(a), made_of(b)) && derived(b) == nullptr;
  if (part_of_b && cut) {
    // Slots and the other cuts of the same layer.
    push(CheckKind::kSpacing, rule, mask_a, minus(mask_b, mask_a));
    return ok();
  }
  Check& check = push(CheckKind::kSpacing, rule, mask_a, mask_b);
  if (part_of_b) {  // A resistor's body and the poly that it is a part of.
    check.except = mask_b;
  } else if (diffusion_a && diffusion_b && *diffusion_a != *diffusion_b && !cut) {
    check.except = mask_b;  // Diffusion and tap may abut.
  } else if (!may_hold(a, b) && !may_hold(b, a)) {
    const DerivedLayer *da = derived(a), *db = derived(b);
    const auto poly_a = part(a, LayerType::kPoly), poly_b = part(b, LayerType::kPoly);
    if (da != nullptr && db != nullptr && poly_a && poly_a == poly_b && !diffusion_a &&
        !diffusion_b && !cut) {
      check.same_component = drawn(*poly_a);  // A resistor's own heads.
      check.except = mask_b;
    } else if (contains(without(a), made_of(b)) &&
               make_a_device(da != nullptr && da->drawn ? technology_.layer(*da->drawn).name : a,
                             b)) {
      check.except = mask_b;  // Poly runs over diffusion: a gate, not too small a distance.
    } else {
      check.overlap_is_wrong = true;
      // Implants of both kinds meet at a butted junction.
      const auto implant = part(a, LayerType::kImplant);
      if (implant && da == nullptr && diffusion_b && !cut && !has(b, LayerType::kPoly)) {
        check.butting = all_of_type(LayerType::kDiffusion, *diffusion_b);
        check.except = mask_b;
      }
    }
  }
  return ok();
}

Status Compiler::add_enclosure(const Rule& rule) {
  const std::string& outer = rule.layers.front();
  const std::string& inner = rule.layers.back();
  const bool one_way = rule.kind == RuleKind::kEnclosureOneDirection;
  if (!rule.when.empty() && rule.when.rfind("over ", 0) != 0) return not_understood(rule);
  Check& check = push(one_way ? CheckKind::kEnclosureOneWay : CheckKind::kEnclosure, rule,
                      named(inner), named(outer));
  check.where_overlapping = !rule.when.empty();
  // A cut lands on one of several conductors: the rule is for those that land on this one.
  if (has(inner, LayerType::kCut) && derived(inner) == nullptr && derived(outer) == nullptr) {
    const LayerId cut = technology_.layer(inner), on = technology_.layer(outer);
    std::size_t lowers = 0;
    bool is_lower = false;
    for (const Via& via : technology_.vias()) {
      if (via.cut != cut) continue;
      ++lowers;
      is_lower = is_lower || via.lower == on;
    }
    check.where_overlapping = is_lower && lowers > 1;
  }
  check.ring =
      std::any_of(technology_.rules().begin(), technology_.rules().end(), [&](const Rule& other) {
        return other.kind == RuleKind::kOverlap && other.layers == rule.layers;
      });
  // Implants end at a butted junction, where the other diffusion begins.
  const auto diffusion = part(inner, LayerType::kDiffusion);
  if (!one_way && diffusion && derived(outer) == nullptr && has(outer, LayerType::kImplant) &&
      !has(inner, LayerType::kPoly) && !has(inner, LayerType::kCut)) {
    check.except = all_of_type(LayerType::kDiffusion, *diffusion);
  }
  return ok();
}

Status Compiler::add_extension(const Rule& rule) {
  if (!rule.when.empty()) return not_understood(rule);
  const std::string& layer = rule.layers.front();
  const std::string& past = rule.layers.back();
  Check& check = push(CheckKind::kExtension, rule, named(past), named(layer));
  // Where several layers must reach past it (poly and diffusion past a gate), an edge past which
  // none of them goes breaks the rule as well.
  MaskId any = kNoMask;
  bool several = false;
  for (const Rule& other : technology_.rules()) {
    if (other.kind != RuleKind::kExtension || other.layers.back() != past) continue;
    several = several || other.layers.front() != layer;
    any = any == kNoMask ? named(other.layers.front()) : either(any, named(other.layers.front()));
  }
  check.only = check.b;
  if (several) check.except = any;
  return ok();
}

Status Compiler::add_channel(const Rule& rule) {
  const std::string& gate = rule.layers.front();
  // The width counts between the edges past which the poly goes on, the length between those past
  // which the diffusion does.
  const auto towards =
      part(gate, rule.kind == RuleKind::kChannelWidth ? LayerType::kPoly : LayerType::kDiffusion);
  if (!towards || !rule.when.empty()) return not_understood(rule);
  push(CheckKind::kChannelWidth, rule, named(gate)).only = drawn(*towards);
  return ok();
}

void Compiler::add_allowed(const Rule& rule) {
  const CheckKind kind =
      rule.kind == RuleKind::kAllowedWidth ? CheckKind::kAllowedWidth : CheckKind::kAllowedLength;
  const std::string& layer = rule.layers.front();
  const MaskId on = named(layer);
  for (Check& check : plan_.checks) {
    if (check.kind == kind && check.a == on) {
      check.allowed.push_back(static_cast<Dbu>(rule.value));
      return;
    }
  }
  const auto body = part(layer, LayerType::kPoly);
  const bool cut = has(layer, LayerType::kCut);
  Check& check = push(kind, rule, on, body && !cut ? drawn(*body) : kNoMask);
  check.allowed.push_back(static_cast<Dbu>(rule.value));
}

void Compiler::add_reach(const Rule& rule) {
  const std::string& from = rule.layers.front();
  const std::string& to = rule.layers.back();
  // A tap counts where it is contacted, and from the contact's centre.
  MaskId target = named(to);
  Dbu half = 0;
  const DerivedLayer* d = derived(to);
  for (const Rule& other : technology_.rules()) {
    if (other.kind != RuleKind::kHolds || d == nullptr || !d->drawn) continue;
    if (technology_.find_layer(other.layers.front()) != d->drawn) continue;
    target = both(target, named(other.layers.back()));
    if (const auto cut = part(other.layers.back(), LayerType::kCut)) {
      for (const Via& via : technology_.vias()) {
        if (via.cut == *cut) half = via.size / 2;
      }
    }
  }
  MaskId within = kNoMask, outside = kNoMask;
  std::string well_name;
  for (const Rule& other : technology_.rules()) {
    const std::string& first = other.layers.front();
    const std::string& last = other.layers.back();
    if (other.kind == RuleKind::kEnclosure && last == to && derived(first) == nullptr &&
        has(first, LayerType::kWell)) {
      within = named(first);
      well_name = first;
    }
    if (other.kind == RuleKind::kSpacing && first == to && derived(last) == nullptr &&
        has(last, LayerType::kWell)) {
      outside = named(last);
      well_name = last;
    }
  }
  Check& check = push(CheckKind::kMaxDistance, rule, named(from), target);
  check.c = within;
  check.d = within == kNoMask ? outside : kNoMask;
  check.distance -= half;
  // Steps of a flood: no longer than the smallest well or gap is wide, so that none is jumped.
  check.distance_2 = check.distance;
  const std::optional<LayerId> well = technology_.find_layer(well_name);
  if (well && technology_.min_width(*well) > 0)
    check.distance_2 = std::min(check.distance_2, technology_.min_width(*well));
  if (well && technology_.spacing(*well, *well) > 0)
    check.distance_2 = std::min(check.distance_2, technology_.spacing(*well, *well));
}

/// A cut that lies on none of its lower conductors breaks the first rule that encloses it below.
void Compiler::add_landings() {
  std::vector<LayerId> seen;
  for (const Via& via : technology_.vias()) {
    if (contains(seen, via.cut)) continue;
    seen.push_back(via.cut);
    MaskId any = kNoMask;
    std::size_t lowers = 0;
    std::string names;
    for (const Via& other : technology_.vias()) {
      if (other.cut != via.cut) continue;
      ++lowers;
      any = any == kNoMask ? drawn(other.lower) : either(any, drawn(other.lower));
      names += (names.empty() ? "" : ", ") + technology_.layer(other.lower).name;
    }
    if (lowers < 2) continue;  // The enclosure rule itself sees it.
    const std::string& cut = technology_.layer(via.cut).name;
    const auto rule =
        std::find_if(technology_.rules().begin(), technology_.rules().end(), [&](const Rule& r) {
          return r.kind == RuleKind::kEnclosure && r.layers.back() == cut &&
                 technology_.find_layer(r.layers.front()) == via.lower;
        });
    if (rule == technology_.rules().end()) continue;
    Check& check = push(CheckKind::kLanding, *rule, drawn(via.cut), any);
    check.text = "A cut on " + cut + " lies on none of " + names;
    check.layer = cut;
  }
}

/// Diffusion that no implant covers is of no type: it breaks the first rule that puts an implant
/// round it.
void Compiler::add_implants() {
  for (std::size_t i = 0; i < technology_.layers().size(); ++i) {
    const Layer& layer = technology_.layers()[i];
    if (layer.type != LayerType::kDiffusion) continue;
    MaskId implants = kNoMask;
    const Rule* first = nullptr;
    std::string names;
    for (const Rule& rule : technology_.rules()) {
      const DerivedLayer* inner = derived(rule.layers.back());
      if (rule.kind != RuleKind::kEnclosure || inner == nullptr || inner->drawn != i) continue;
      if (derived(rule.layers.front()) != nullptr || !has(rule.layers.front(), LayerType::kImplant))
        continue;
      if (first == nullptr) first = &rule;
      const MaskId implant = named(rule.layers.front());
      implants = implants == kNoMask ? implant : either(implants, implant);
      names += (names.empty() ? "" : " nor ") + rule.layers.front();
    }
    if (first == nullptr) continue;
    Check& check = push(CheckKind::kCovered, *first, drawn(static_cast<LayerId>(i)), implants);
    check.text = "Shape on " + layer.name + " lies in neither " + names;
    check.layer = layer.name;
  }
}

}  // namespace

bool Check::measures() const noexcept {
  switch (kind) {
    case CheckKind::kLanding:
    case CheckKind::kCovered:
    case CheckKind::kHolds:
    case CheckKind::kRectangular:
    case CheckKind::kExclusive:
    case CheckKind::kNoCrossing:
    case CheckKind::kGrid:
    case CheckKind::kMaxDistance:
      return false;
    default:
      return true;
  }
}

Result<Plan> Plan::compile(const Technology& technology) {
  return Compiler(technology).run();
}

}  // namespace ptah::native::drc
