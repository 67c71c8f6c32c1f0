// What each kind of rule asks of KLayout. Rules are written about layers that may be derived; what
// "too close" means depends on how the two are made: shapes of one device touch by intent.
#include <algorithm>
#include <optional>
#include <set>

#include "klayout_drc.hpp"
#include "ptah/core/quoting.hpp"

namespace ptah::tech {
namespace {

class Checks {
 public:
  explicit Checks(const Technology& technology) : technology_(technology) {}

  std::vector<KlayoutCheck> all() {
    for (const Rule& rule : technology_.rules()) add(rule);
    return std::move(checks_);
  }

 private:
  static std::string at(const std::string& name) { return "layer[" + quoting::ruby(name) + "]"; }
  std::string at(LayerId id) const { return at(technology_.layer(id).name); }

  const DerivedLayer* derived(const std::string& name) const {
    for (const DerivedLayer& d : technology_.derived_layers()) {
      if (d.name == name) return &d;
    }
    return nullptr;
  }
  /// The drawn layers whose overlap a name stands for.
  std::vector<LayerId> parts(const std::string& name) const {
    if (const DerivedLayer* d = derived(name)) return d->all;
    return {technology_.layer(name)};
  }
  LayerType type(LayerId id) const { return technology_.layer(id).type; }
  bool has_type(const std::string& name, LayerType wanted) const {
    const auto ids = parts(name);
    return std::any_of(ids.begin(), ids.end(), [&](LayerId id) { return type(id) == wanted; });
  }
  /// Whole drawn shapes where `name` only takes pieces out of poly (field_poly): pieces end where
  /// shapes do not.
  std::string whole(const std::string& name) const {
    const DerivedLayer* d = derived(name);
    return d != nullptr && d->all.size() == 1 && type(d->all.front()) == LayerType::kPoly
               ? at(d->all.front())
               : at(name);
  }
  /// Diffusion layers other than those of `name`, as one expression; "" when there are none.
  std::string other_diffusion(const std::string& name) const {
    const auto own = parts(name);
    std::string out;
    for (std::size_t i = 0; i < technology_.layers().size(); ++i) {
      const auto id = static_cast<LayerId>(i);
      if (type(id) != LayerType::kDiffusion) continue;
      if (std::find(own.begin(), own.end(), id) != own.end()) continue;
      out += (out.empty() ? "" : " + ") + at(id);
    }
    return out.find('+') == std::string::npos ? out : "(" + out + ")";
  }
  /// Whether the technology knows shapes that are both: a derived layer that needs all parts of
  /// both, or an enclosure of one in the other.
  bool may_overlap(const std::string& a, const std::string& b) const {
    std::set<LayerId> both;
    for (const LayerId id : parts(a)) both.insert(id);
    for (const LayerId id : parts(b)) both.insert(id);
    for (const DerivedLayer& d : technology_.derived_layers()) {
      const std::set<LayerId> has(d.all.begin(), d.all.end());
      if (std::includes(has.begin(), has.end(), both.begin(), both.end())) return true;
    }
    for (const Rule& rule : technology_.rules()) {
      if (rule.kind != RuleKind::kEnclosure && rule.kind != RuleKind::kEnclosureOneDirection)
        continue;
      if ((rule.layers[0] == a && rule.layers[1] == b) ||
          (rule.layers[0] == b && rule.layers[1] == a))
        return true;
    }
    return false;
  }
  /// Diffusion and taps of any kinds, without what lies on them.
  bool may_abut(const std::string& a, const std::string& b) const {
    const auto diffusion = [&](const std::string& name) {
      std::optional<LayerId> found;
      for (const LayerId id : parts(name)) {
        if (type(id) == LayerType::kPoly || type(id) == LayerType::kCut)
          return std::optional<LayerId>();
        if (type(id) == LayerType::kDiffusion) found = id;
      }
      return found;
    };
    const auto of_a = diffusion(a), of_b = diffusion(b);
    return of_a && of_b && *of_a != *of_b;
  }
  /// The layers that a cut may stand on, where it has the choice; else empty.
  std::vector<LayerId> choices(const std::string& cut) const {
    std::vector<LayerId> lowers;
    const auto id = technology_.find_layer(cut);
    if (!id) return lowers;
    for (const Via& via : technology_.vias()) {
      if (via.cut == *id) lowers.push_back(via.lower);
    }
    return lowers.size() > 1 ? lowers : std::vector<LayerId>{};
  }
  std::string sum(const std::vector<LayerId>& ids) const {
    std::string out;
    for (const LayerId id : ids) out += (out.empty() ? "" : " + ") + at(id);
    return "(" + out + ")";
  }
  const Rule* sibling(const Rule& rule, RuleKind kind, std::string_view when) const {
    for (const Rule& other : technology_.rules()) {
      if (&other != &rule && other.kind == kind && other.layers == rule.layers &&
          other.when == when)
        return &other;
    }
    return nullptr;
  }
  /// Values of all rules of this kind on this layer.
  std::string values(const Rule& rule) const {
    std::string out;
    for (const Rule& other : technology_.rules()) {
      if (other.kind == rule.kind && other.layers == rule.layers)
        out += (out.empty() ? "" : ", ") + um_text(other.value);
    }
    return "[" + out + "]";
  }
  bool is_first_of_kind(const Rule& rule) const {
    for (const Rule& other : technology_.rules()) {
      if (&other == &rule) return true;
      if (other.kind == rule.kind && other.layers == rule.layers) return false;
    }
    return true;
  }

  void put(const Rule& rule, const std::string& expression, const std::string& variant = {}) {
    std::string name = rule.id + " " + rule.layers.front();
    if (rule.layers.size() > 1) name += "/" + rule.layers[1];
    if (!variant.empty()) name += " " + variant;
    std::string text = rule.text;
    if (rule.kind == RuleKind::kArea || rule.kind == RuleKind::kHoleArea) {
      text += ", " + um2_text(rule.value) + " um2 required";
    } else if (rule.value > 0 && rule.kind != RuleKind::kAntenna) {
      text += ", " + um_text(rule.value) + " um required";
    }
    checks_.push_back({expression, name, text});
  }

  void add(const Rule& rule) {
    const std::string a = at(rule.layers.front());
    const std::string b = rule.layers.size() > 1 ? at(rule.layers[1]) : std::string();
    const std::string d = um_text(rule.value);
    switch (rule.kind) {
      case RuleKind::kWidth:
        return width(rule);
      case RuleKind::kSpacing:
        return spacing(rule);
      case RuleKind::kWideSpacing:
        return wide_spacing(rule);
      case RuleKind::kBottomPlateSpacing:
        // Of one plate as well: what is joined elsewhere keeps the distance, as in Magic.
        return put(rule, b + ".interacting(" + a + ").space(" + d + ", square)");
      case RuleKind::kPlateToMetalSpacing:
        return put(rule, "apart(" + a + ", " + b + ".not_interacting(" + a + "), " + d + ")");
      case RuleKind::kEnclosure:
      case RuleKind::kEnclosureOneDirection:
        return enclosure(rule);
      case RuleKind::kExtension:
        return extension(rule);
      case RuleKind::kMaxExtension:
        return max_extension(rule);
      case RuleKind::kOverlap:
        return put(rule, "(" + b + " - " + b + ".sized(-" + d + ")) - " + a);
      case RuleKind::kChannelWidth:
        return channel(rule, LayerType::kDiffusion);
      case RuleKind::kChannelLength:
        return channel(rule, LayerType::kPoly);
      case RuleKind::kArea:
        return put(rule, a + ".with_area(0, " + um2_text(rule.value) + ")");
      case RuleKind::kHoleArea:
        return put(rule,
                   "(" + a + ".holes - " + a + ").with_area(0, " + um2_text(rule.value) + ")");
      case RuleKind::kCutSize:
        return cut_size(rule);
      case RuleKind::kAllowedWidth:
      case RuleKind::kAllowedLength:
        return allowed(rule);
      case RuleKind::kMaxDistance:
        return max_distance(rule);
      case RuleKind::kHolds:
        return put(rule, a + ".not_interacting(" + b + ")");
      case RuleKind::kRectangular:
        return put(rule, a + ".non_rectangles");
      case RuleKind::kExclusive:
        // Of a shape cut out of another (field_poly of poly) the whole must not cross the edge.
        if (whole(rule.layers[1]) != b)
          return put(rule, a + ".edges.inside_part(" + whole(rule.layers[1]) + ")");
        return put(rule, a + " & " + b);
      case RuleKind::kAntenna:
        return;  // deep mode only
    }
  }

  void width(const Rule& rule) {
    const std::string a = at(rule.layers.front()), d = um_text(rule.value);
    if (rule.when.empty()) {
      put(rule, without_contacts(rule.layers.front()) + ".width(" + d + ", square)");
      // Wire beside the body of a resistor in it is a wire of its own, round the resistor.
      const auto layer = technology_.find_layer(rule.layers.front());
      if (!layer || technology_.layer(*layer).type != LayerType::kConductor) return;
      for (const DerivedLayer& body : technology_.derived_layers()) {
        if (body.all.size() != 2 || body.all[0] != *layer) continue;
        if (technology_.layer(body.all[1]).type != LayerType::kMarker) continue;
        put(rule, "(" + a + " - " + at(technology_.layer(body.all[1]).name) + ").width(" + d +
                      ", square)");
      }
      return;
    }
    const std::string butted =
        "(" + a + ".edges & " + other_diffusion(rule.layers.front()) + ".edges)";
    if (rule.when == "abutted on one side")
      return put(rule, butted + ".extended_in(" + d + ") - " + a);
    if (rule.when == "abutted on two sides")
      return put(rule, butted + ".width(" + d + ", projection)");
    unknown(rule);
  }

  /// A layer; of the body of a resistor what no contact covers: one leaves narrow bodies beside it.
  std::string without_contacts(const std::string& name) const {
    std::string shapes = at(name);
    if (!has_type(name, LayerType::kMarker)) return shapes;
    for (const Via& via : technology_.vias()) {
      const std::vector<LayerId> all = parts(name);
      if (std::find(all.begin(), all.end(), via.lower) == all.end()) continue;
      shapes = "(" + shapes + " - " + at(technology_.layer(via.cut).name) + ")";
    }
    return shapes;
  }

  void spacing(const Rule& rule) {
    const std::string &na = rule.layers[0], &nb = rule.layers[1];
    const std::string a = at(na), b = at(nb), d = um_text(rule.value);
    if (na == nb) {
      if (rule.when == "end to end")
        return put(
            rule, a + ".edges.with_length(0, " + slot_end(rule) + ").space(" + d + ", projection)");
      if (!rule.when.empty()) return unknown(rule);
      if (sibling(rule, RuleKind::kSpacing, "end to end") != nullptr)
        return put(rule,
                   a + ".edges.with_length(" + slot_end(rule) + ", nil).space(" + d + ", square)");
      return put(rule, a + ".space(" + d + ", square)");
    }
    if (rule.when == "of different nets")
      // Wells that touch are one net; wells joined by wires alone are told apart all the same.
      return put(rule, "apart(" + a + ".not_interacting(" + b + "), " + b + ", " + d + ")");
    if (rule.when == "along source and drain") {
      const std::string gates = b + ".not_interacting(" + a + ")";
      return put(rule, a + ".edges.separation(" + gates + ".edges & " +
                           edges_of(nb, LayerType::kPoly) + ", " + d + ", projection)");
    }
    if (!rule.when.empty() && rule.when != "abutting") return unknown(rule);
    if (may_abut(na, nb)) {
      put(rule, "apart_unless_abutting(" + a + ", " + b + ", " + d + ")");
    } else if (has_type(na, LayerType::kImplant) && parts(na).size() == 1 &&
               has_type(nb, LayerType::kDiffusion) && !has_type(nb, LayerType::kPoly) &&
               !has_type(nb, LayerType::kCut)) {
      put(rule,
          "apart_unless_butted(" + a + ", " + b + ", " + other_diffusion(nb) + ", " + d + ")");
    } else if (has_type(na, LayerType::kDiffusion) && !has_type(na, LayerType::kCut) &&
               parts(nb).size() == 1 && has_type(nb, LayerType::kDiffusion)) {
      // Of the two diffusions only abutting ones come this near: a tap at that of a gate.
      put(rule, "apart(" + a + ", " + b + ".interacting(" + other_diffusion(nb) + ".interacting(" +
                    a + ")), " + d + ")");
    } else {
      put(rule, "apart(" + whole(na) + ", " + whole(nb) + ", " + d + ")");
    }
    if (!may_overlap(na, nb)) put(rule, whole(na) + " & " + whole(nb), "overlap");
  }

  /// Just above the width of a slot: edges up to it are ends.
  std::string slot_end(const Rule& rule) const {
    Dbu widest = 0;
    for (const Rule& other : technology_.rules()) {
      if (other.kind == RuleKind::kAllowedWidth && other.layers.front() == rule.layers.front())
        widest = std::max(widest, static_cast<Dbu>(other.value));
    }
    return um_text(widest + 1);
  }

  /// Edges of the drawn layers of that type which `name` is cut from.
  std::string edges_of(const std::string& name, LayerType wanted) const {
    std::string out;
    for (const LayerId id : parts(name)) {
      if (type(id) == wanted) out += (out.empty() ? "" : " + ") + at(id) + ".edges";
    }
    return "(" + out + ")";
  }

  void wide_spacing(const Rule& rule) {
    const std::string a = at(rule.layers[0]), b = at(rule.layers[1]), d = um_text(rule.value);
    const std::string wide = "wider_than(" + a + ", " + um_text(rule.wider_than) + ")";
    if (is_first_of_kind(rule))
      return put(rule, "apart_from_wide(" + wide + ", " + b + ", " + d + ")");
    // Attached: what lies within the distance of a wide part keeps it, too.
    put(rule,
        "((" + wide + ".sized(" + d + ") & " + a + ") - " + wide + ").space(" + d + ", square)");
  }

  void enclosure(const Rule& rule) {
    const std::string &outer = rule.layers[0], &inner = rule.layers[1];
    const std::string d = um_text(rule.value);
    std::string inside = at(inner);
    const std::vector<LayerId> lowers = choices(inner);
    const auto outer_id = technology_.find_layer(outer);
    if (outer_id && std::find(lowers.begin(), lowers.end(), *outer_id) != lowers.end()) {
      if (rule.kind == RuleKind::kEnclosure && *outer_id == lowers.front()) {
        put(rule, inside + ".not_overlapping(" + sum(lowers) + ")", "nothing below");
      }
      inside += ".overlapping(" + at(outer) + ")";
    }
    if (rule.when == "over n-well") {
      inside += ".interacting(" + at(outer) + ")";
    } else if (!rule.when.empty()) {
      return unknown(rule);
    }
    if (rule.kind == RuleKind::kEnclosureOneDirection) {
      put(rule, "narrow_both_ways(" + inside + ", " + at(outer) + ", " + d + ")");
      return put(rule, inside + " - " + at(outer), "outside");
    }
    if (has_type(outer, LayerType::kWell) && has_type(inner, LayerType::kWell)) {
      // A well around a well is a ring: it need not cover the middle.
      return put(rule, "(" + inside + ".sized(" + d + ") - " + inside + ") - " + at(outer));
    }
    const bool butted = has_type(outer, LayerType::kImplant) &&
                        has_type(inner, LayerType::kDiffusion) &&
                        !has_type(inner, LayerType::kPoly);
    if (butted) bare_diffusion(rule);
    put(rule, "uncovered(" + inside + ", " + at(outer) + ", " + d +
                  (butted ? ", " + other_diffusion(inner) : std::string()) + ")");
  }

  /// Diffusion under no implant at all is neither kind, and no rule of either kind would see it:
  /// reported by the first rule that asks for an implant around that drawn layer.
  void bare_diffusion(const Rule& rule) {
    const DerivedLayer* inner = derived(rule.layers[1]);
    if (inner == nullptr || !inner->drawn) return;
    std::vector<LayerId> implants;
    for (const Rule& other : technology_.rules()) {
      if (other.kind != RuleKind::kEnclosure) continue;
      const DerivedLayer* d = derived(other.layers[1]);
      const auto outer = technology_.find_layer(other.layers[0]);
      if (d == nullptr || d->drawn != inner->drawn || !outer || type(*outer) != LayerType::kImplant)
        continue;
      if (implants.empty() && &other != &rule) return;
      if (std::find(implants.begin(), implants.end(), *outer) == implants.end())
        implants.push_back(*outer);
    }
    put(rule, at(*inner->drawn) + " - " + sum(implants), "under no implant");
  }

  void extension(const Rule& rule) {
    const LayerId layer = technology_.layer(rule.layers[0]);
    std::string across, marks;
    for (const LayerId id : parts(rule.layers[1])) {
      if (id == layer) continue;
      const bool mark = type(id) == LayerType::kMarker || type(id) == LayerType::kImplant;
      std::string& into = mark ? marks : across;
      into += (into.empty() ? "" : " + ") + at(id) + ".edges";
    }
    const std::string past = at(rule.layers[1]), own = at(layer), d = um_text(rule.value);
    // Ends that a marker makes: its edges, where they do not run along the layer's own.
    const std::string ends = !across.empty()
                                 ? "(" + past + ".edges & (" + across + "))"
                                 : "((" + past + ".edges & (" + marks + ")) - " + own + ".edges)";
    put(rule, ends + ".extended_out(" + d + ") - " + own);
  }

  void max_extension(const Rule& rule) {
    // Past the conductor that the cut stands on.
    std::vector<LayerId> below;
    for (const LayerId id : parts(rule.layers[1])) {
      for (const Via& via : technology_.vias()) {
        if (via.cut == id) below.push_back(via.lower);
      }
    }
    const std::string a = at(rule.layers[0]), b = at(rule.layers[1]), d = um_text(rule.value);
    const std::string stands_on = below.empty() ? b : sum(below) + ".interacting(" + b + ")";
    put(rule, a + ".interacting(" + b + ") - " + stands_on + ".sized(" + d + ")");
  }

  /// Across a gate from the edges that end `ending`: diffusion for the width, poly for the length.
  void channel(const Rule& rule, LayerType ending) {
    put(rule, "(" + at(rule.layers[0]) + ".edges & " + edges_of(rule.layers[0], ending) +
                  ").extended_in(" + um_text(rule.value) + ") - " + at(rule.layers[0]));
  }

  void cut_size(const Rule& rule) {
    // Slots, which have sizes of their own, are no squares.
    const LayerId cut = technology_.layer(rule.layers[0]);
    std::string squares = at(cut);
    std::set<std::string> done;
    for (const Rule& other : technology_.rules()) {
      if (other.kind != RuleKind::kAllowedWidth && other.kind != RuleKind::kAllowedLength) continue;
      const auto ids = parts(other.layers.front());
      if (std::find(ids.begin(), ids.end(), cut) == ids.end()) continue;
      if (done.insert(other.layers.front()).second)
        squares += ".not_interacting(" + at(other.layers.front()) + ")";
    }
    put(rule, "not_square(" + squares + ", " + um_text(rule.value) + ")");
  }

  void allowed(const Rule& rule) {
    if (!is_first_of_kind(rule)) return;  // one check for the whole list
    const std::string& name = rule.layers.front();
    const auto ids = parts(name);
    const auto body = std::find_if(ids.begin(), ids.end(), [&](LayerId id) {
      return type(id) == LayerType::kPoly || type(id) == LayerType::kConductor;
    });
    if (rule.kind == RuleKind::kAllowedWidth && body != ids.end())
      return put(rule,
                 "body_width_not_in(" + at(name) + ", " + at(*body) + ", " + values(rule) + ")");
    put(rule, "side_not_in(" + at(name) + ", " + values(rule) + ", " +
                  (rule.kind == RuleKind::kAllowedLength ? "true" : "false") + ")");
  }

  void max_distance(const Rule& rule) {
    // A tap serves its well; a substrate tap serves the substrate between wells.
    std::string stay = "nil", avoid = "nil";
    std::int64_t step = rule.value;
    for (const Rule& other : technology_.rules()) {
      if (other.layers.size() != 2) continue;
      if (other.kind == RuleKind::kEnclosure && other.layers[1] == rule.layers[1] &&
          technology_.find_layer(other.layers[0]) && has_type(other.layers[0], LayerType::kWell)) {
        stay = at(other.layers[0]);
        step = technology_.spacing(technology_.layer(other.layers[0]),
                                   technology_.layer(other.layers[0]));
      } else if (other.kind == RuleKind::kSpacing && other.layers[0] == rule.layers[1] &&
                 technology_.find_layer(other.layers[1]) &&
                 has_type(other.layers[1], LayerType::kWell)) {
        avoid = at(other.layers[1]);
        step = technology_.min_width(technology_.layer(other.layers[1]));
      }
    }
    if (step <= 0) step = rule.value;
    put(rule, "farther_than(" + at(rule.layers[0]) + ", " + at(rule.layers[1]) + ", " +
                  um_text(rule.value) + ", " + um_text(step) + ", " + stay + ", " + avoid + ")");
  }

  /// A condition that this deck can not express must not pass silently.
  void unknown(const Rule& rule) {
    checks_.push_back({"raise(" +
                           quoting::ruby("The rule " + rule.id +
                                         " has a condition that the deck does not know.") +
                           ")",
                       rule.id, rule.text});
  }

  const Technology& technology_;
  std::vector<KlayoutCheck> checks_;
};

std::string decimal(std::int64_t value, int digits) {
  const bool negative = value < 0;
  std::string text = std::to_string(negative ? -value : value);
  while (static_cast<int>(text.size()) <= digits) text.insert(text.begin(), '0');
  text.insert(text.size() - static_cast<std::size_t>(digits), ".");
  while (text.back() == '0' && text[text.size() - 2] != '.') text.pop_back();
  return negative ? "-" + text : text;
}

}  // namespace

std::string um_text(std::int64_t nm) {
  return decimal(nm, 3);
}
std::string um2_text(std::int64_t nm2) {
  return decimal(nm2, 6);
}

std::vector<KlayoutCheck> klayout_checks(const Technology& technology) {
  return Checks(technology).all();
}

}  // namespace ptah::tech
