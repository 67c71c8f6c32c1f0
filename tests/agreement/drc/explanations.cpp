#include "explanations.hpp"

#include <algorithm>

#include "ptah/geom/region.hpp"
#include "ptah/tech/generate.hpp"

namespace ptah::agreement {
namespace {

/// How far from the shapes that cause it a place may lie: the largest step of the damage.
constexpr Dbu kNear = 200;

/// What Magic's technology draws itself when it reads a layout (`layer pwell`, `layer pdiff` in the
/// generated file's cifinput): p-well past diffusion outside the n-well, p-diffusion this near to
/// a p-gate.
constexpr Dbu kPwellPast = 130;
constexpr Dbu kPdiffAroundGate = 500;

/// The layers of one sample as regions, and what the predicates ask of them.
class Scene {
 public:
  Scene(const Sample& sample, const Technology& technology)
      : sample_(sample), technology_(technology) {}

  const Technology& technology() const { return technology_; }

  std::vector<Rect> drawn(std::string_view layer) const {
    const LayerId id = technology_.layer(layer);
    std::vector<Rect> rects;
    for (const Shape& shape : sample_.shapes) {
      if (shape.layer == id) rects.push_back(shape.rect);
    }
    return rects;
  }
  Region region(std::string_view layer) const { return united(drawn(layer)); }

  /// Diffusion that is no device's: both implants or none, n-diffusion in an n-well, p-diffusion
  /// outside, taps the other way round, diffusion that is also a tap.
  Region odd_diffusion() const {
    const Region diff = region("diff"), tap = region("tap"), n = region("nsdm"), p = region("psdm"),
                 well = region("nwell");
    const Region any = united(diff, tap);
    Region odd = united(intersection(any, intersection(n, p)), difference(any, united(n, p)));
    odd = united(odd, intersection(diff, tap));
    odd = united(odd, intersection(intersection(diff, n), well));
    odd = united(odd, difference(intersection(diff, p), well));
    odd = united(odd, difference(intersection(tap, n), well));
    return united(odd, intersection(intersection(tap, p), well));
  }

  /// Poly over diffusion that Magic takes for a p-gate although it is none: no n-implant on it, and
  /// not in a well under the p-implant either.
  Region p_gates_by_mistake() const {
    const Region gates = difference(intersection(region("poly"), region("diff")), region("nsdm"));
    return difference(gates, intersection(region("psdm"), region("nwell")));
  }

  /// Where the p-well that Magic draws around diffusion outside the n-well cuts into the n-well.
  Region lost_well() const {
    const Region well = region("nwell");
    const Region outside = difference(united(region("diff"), region("tap")), well);
    std::vector<Rect> drawn;
    for (const Rect& r : outside) drawn.push_back(r.bloated(kPwellPast));
    return intersection(united(drawn), well);
  }

  bool has_off_grid(const Rect& near) const {
    return std::any_of(sample_.shapes.begin(), sample_.shapes.end(), [&](const Shape& s) {
      const Dbu g = technology_.grid();
      return (s.rect.x0 % g != 0 || s.rect.y0 % g != 0 || s.rect.x1 % g != 0 ||
              s.rect.y1 % g != 0) &&
             s.rect.touches(near);
    });
  }

 private:
  const Sample& sample_;
  const Technology& technology_;
};

bool touches(const Region& region, const Rect& place) {
  return std::any_of(region.begin(), region.end(), [&](const Rect& r) { return r.touches(place); });
}

/// All rules of that id.
std::vector<const Rule*> rules_of(const std::string& id, const Technology& technology) {
  std::vector<const Rule*> list;
  for (const Rule& rule : technology.rules()) {
    if (rule.id == id) list.push_back(&rule);
  }
  return list;
}

/// The cut layer that a name is made of; nothing for other layers.
std::optional<LayerId> cut_of(const std::string& name, const Technology& technology) {
  if (const auto id = technology.find_layer(name)) {
    if (technology.layer(*id).type == LayerType::kCut) return id;
    return std::nullopt;
  }
  for (const DerivedLayer& derived : technology.derived_layers()) {
    if (derived.name != name) continue;
    for (const LayerId id : derived.all) {
      if (technology.layer(id).type == LayerType::kCut) return id;
    }
  }
  return std::nullopt;
}

bool no_such_rule(const Violation& v, const Scene& scene) {
  static const std::string text = magic_tech(scene.technology()).value();
  return text.find("(" + v.rule + ")") == std::string::npos;
}

/// The rule asks for a drawn implant: Magic has none, it makes them anew around diffusions.
bool about_implants(const Violation& v, const Scene& scene) {
  const auto rules = rules_of(v.rule, scene.technology());
  return !rules.empty() && std::all_of(rules.begin(), rules.end(), [&](const Rule* rule) {
    return std::any_of(rule->layers.begin(), rule->layers.end(), [&](const std::string& name) {
      const auto id = scene.technology().find_layer(name);
      return id && scene.technology().layer(*id).type == LayerType::kImplant;
    });
  });
}

/// Cuts that overlap, touch or come too close become one contact area, which Magic fills with cuts
/// of its own; so does one cut that is too large.
bool cuts_are_areas(const Violation& v, const Scene& scene) {
  for (const Rule* rule : rules_of(v.rule, scene.technology())) {
    const auto cut = cut_of(rule->layers.front(), scene.technology());
    if (!cut) return false;
    const bool spacing = rule->kind == RuleKind::kSpacing && rule->layers[0] == rule->layers[1];
    if (!spacing && rule->kind != RuleKind::kCutSize) return false;
    if (spacing) continue;
    // A cut smaller than it should be is seen, unless the array around it closes over it.
    const Dbu reach = scene.technology().spacing(*cut, *cut);
    const Region cuts = scene.region(scene.technology().layer(*cut).name);
    const bool small = std::any_of(cuts.begin(), cuts.end(), [&](const Rect& r) {
      return r.touches(v.place) && (r.width() < rule->value || r.height() < rule->value) &&
             std::none_of(cuts.begin(), cuts.end(), [&](const Rect& other) {
               return other != r && other.touches(r.bloated(reach));
             });
    });
    if (small) return false;
  }
  return true;
}

/// Magic reads of a local contact what lies over li1 and over diffusion or poly.
bool contact_is_clipped(const Violation& v, const Scene& scene) {
  for (const Rule* rule : rules_of(v.rule, scene.technology())) {
    const bool on_licon =
        std::any_of(rule->layers.begin(), rule->layers.end(), [&](const std::string& name) {
          const auto cut = cut_of(name, scene.technology());
          return cut && scene.technology().layer(*cut).name == "licon1";
        });
    if (!on_licon) return false;
  }
  const Region lower =
      united(united(scene.region("diff"), scene.region("tap")), scene.region("poly"));
  const Region kept = intersection(scene.region("li1"), lower);
  return touches(difference(scene.region("licon1"), kept), v.place.bloated(kNear));
}

/// Under a resistor implant Magic draws contact and li1 of a head itself, from poly and poly.res.
bool in_a_head(const Violation& v, const Scene& scene) {
  return touches(united(scene.region("rpm"), scene.region("urpm")), v.place);
}

/// A MIM capacitor is plate over its bottom metal: of a plate beside it nothing is read.
bool plate_is_clipped(const Violation& v, const Scene& scene) {
  const Technology& technology = scene.technology();
  const auto rules = rules_of(v.rule, technology);
  return !rules.empty() && std::all_of(rules.begin(), rules.end(), [&](const Rule* rule) {
    return std::any_of(rule->layers.begin(), rule->layers.end(), [&](const std::string& name) {
      const auto plate = technology.find_layer(name);
      if (!plate || technology.layer(*plate).type != LayerType::kPlate) return false;
      // The bottom metal is the one that must surround the plate.
      for (const Rule& other : technology.rules()) {
        if (other.kind != RuleKind::kEnclosure || other.layers[1] != name) continue;
        const Region off = difference(scene.region(name), scene.region(other.layers[0]));
        if (touches(off, v.place)) return true;
      }
      return false;
    });
  });
}

/// How far the cause may lie from a place: the rule's own distance, or the damage's.
Dbu reach(const Violation& v, const Technology& technology) {
  Dbu far = kNear;
  for (const Rule* rule : rules_of(v.rule, technology)) {
    if (rule->kind == RuleKind::kWidth || rule->kind == RuleKind::kSpacing ||
        rule->kind == RuleKind::kExtension)
      far = std::max(far, static_cast<Dbu>(rule->value));
  }
  return far;
}

/// Magic tells diffusions, gates and contacts apart by implants and wells.
bool odd_diffusion(const Violation& v, const Scene& scene) {
  return touches(scene.odd_diffusion(), v.place.bloated(reach(v, scene.technology())));
}

bool of_wells_or_diffusion(const Rule& rule, const Technology& technology) {
  const auto is = [&](LayerId id) {
    const LayerType type = technology.layer(id).type;
    return type == LayerType::kWell || type == LayerType::kDiffusion;
  };
  return std::any_of(rule.layers.begin(), rule.layers.end(), [&](const std::string& name) {
    if (const auto drawn = technology.find_layer(name)) return is(*drawn);
    return std::any_of(technology.derived_layers().begin(), technology.derived_layers().end(),
                       [&](const DerivedLayer& derived) {
                         return derived.name == name &&
                                std::any_of(derived.all.begin(), derived.all.end(), is);
                       });
  });
}

/// Magic draws wells and p-diffusion itself, from diffusion that is outside the wells and from
/// gates that it takes for p-gates.
bool wells_are_drawn(const Violation& v, const Scene& scene) {
  for (const Rule* rule : rules_of(v.rule, scene.technology())) {
    if (!of_wells_or_diffusion(*rule, scene.technology())) return false;
  }
  const Dbu far = reach(v, scene.technology());
  return touches(scene.lost_well(), v.place.bloated(far)) ||
         touches(scene.p_gates_by_mistake(), v.place.bloated(far + kPdiffAroundGate));
}

/// Magic snaps what it reads to its grid.
bool off_grid(const Violation& v, const Scene& scene) {
  return scene.has_off_grid(v.place.bloated(kNear));
}

struct Predicate {
  Reason reason;
  bool (*holds)(const Violation&, const Scene&);
  bool magic_found;   ///< May explain what Magic alone reports ...
  bool magic_silent;  ///< ... what Magic does not report.
};

constexpr Predicate kPredicates[] = {
    {{"no such rule in magic", "The generated Magic technology has no check of this rule."},
     no_such_rule,
     false,
     true},
    {{"implants are not kept", "Magic keeps no implants; it makes them anew around diffusions."},
     about_implants,
     false,
     true},
    {{"off-grid shapes are snapped", "Magic snaps a shape off the 5 nm grid when it reads it."},
     off_grid,
     true,
     true},
    {{"cuts are areas", "Magic merges cuts that touch or are too close, and fills the area anew."},
     cuts_are_areas,
     false,
     true},
    {{"local contacts are clipped",
      "Magic reads of a local contact only what lies on li1 and on diffusion or poly."},
     contact_is_clipped,
     true,
     true},
    {{"resistor heads are redrawn",
      "Under a resistor implant Magic draws contact and li1 from poly and poly.res."},
     in_a_head,
     true,
     true},
    {{"plates are clipped", "Magic reads of a MIM plate only what lies on its bottom metal."},
     plate_is_clipped,
     false,
     true},
    {{"diffusion of no device",
      "Diffusion with both implants, none, or in the wrong well: Magic takes it for something "
      "else."},
     odd_diffusion,
     true,
     true},
    {{"wells are drawn anew",
      "Magic draws a p-well around diffusion outside the n-well, n-well and p-diffusion around "
      "gates without n-implant."},
     wells_are_drawn,
     true,
     true},
};

constexpr Reason kElsewhere{"same place, other rule",
                            "Both report the place, under different rules (class only)."};

}  // namespace

const std::vector<Reason>& reasons() {
  static const std::vector<Reason> list = [] {
    std::vector<Reason> all;
    for (const Predicate& predicate : kPredicates) all.push_back(predicate.reason);
    all.push_back(kElsewhere);
    return all;
  }();
  return list;
}

std::string explain(const Disagreement& d, const Sample& sample, const Opinions& opinions,
                    const Technology& technology) {
  const Scene scene(sample, technology);
  for (const Predicate& predicate : kPredicates) {
    if (!(predicate.magic_found && d.found == kMagic) &&
        !(predicate.magic_silent && d.silent == kMagic))
      continue;
    if (std::all_of(d.places.begin(), d.places.end(),
                    [&](const Violation& v) { return predicate.holds(v, scene); }))
      return predicate.reason.name;
  }
  const std::vector<Violation>& others = *opinions[d.silent];
  const bool elsewhere = std::all_of(d.places.begin(), d.places.end(), [&](const Violation& v) {
    return std::any_of(others.begin(), others.end(), [&](const Violation& other) {
      return other.place.touches(v.place.bloated(kNear));
    });
  });
  return elsewhere ? kElsewhere.name : "";
}

}  // namespace ptah::agreement
