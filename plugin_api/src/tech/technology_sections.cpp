#include "technology_sections.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "embedded.hpp"
#include "ptah/core/letter_case.hpp"
#include "ptah/core/quoting.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah::tech {
namespace {

using quoting::for_message;

constexpr std::size_t kMaxBytes = 1u << 20;
constexpr std::size_t kMaxLayers = 256;
constexpr std::size_t kMaxRules = 2000;
constexpr std::size_t kMaxDevices = 200;
constexpr std::size_t kMaxDescription = 1000;
constexpr double kMaxUm = 100'000;

/// What a rule of each kind is written with.
enum class Operands { kLayer, kLayers, kOuterInner, kLayerPast, kFromTo };
enum class Value { kUm, kUm2, kRatio, kNone };
struct RuleForm {
  RuleKind kind;
  Operands operands;
  Value value;
};
constexpr RuleForm kRuleForms[] = {
    {RuleKind::kWidth, Operands::kLayer, Value::kUm},
    {RuleKind::kSpacing, Operands::kLayers, Value::kUm},
    {RuleKind::kWideSpacing, Operands::kLayers, Value::kUm},
    {RuleKind::kBottomPlateSpacing, Operands::kLayers, Value::kUm},
    {RuleKind::kPlateToMetalSpacing, Operands::kLayers, Value::kUm},
    {RuleKind::kEnclosure, Operands::kOuterInner, Value::kUm},
    {RuleKind::kEnclosureOneDirection, Operands::kOuterInner, Value::kUm},
    {RuleKind::kExtension, Operands::kLayerPast, Value::kUm},
    {RuleKind::kMaxExtension, Operands::kLayerPast, Value::kUm},
    {RuleKind::kOverlap, Operands::kLayers, Value::kUm},
    {RuleKind::kChannelWidth, Operands::kLayer, Value::kUm},
    {RuleKind::kChannelLength, Operands::kLayer, Value::kUm},
    {RuleKind::kArea, Operands::kLayer, Value::kUm2},
    {RuleKind::kHoleArea, Operands::kLayer, Value::kUm2},
    {RuleKind::kCutSize, Operands::kLayer, Value::kUm},
    {RuleKind::kAllowedWidth, Operands::kLayer, Value::kUm},
    {RuleKind::kAllowedLength, Operands::kLayer, Value::kUm},
    {RuleKind::kMaxDistance, Operands::kFromTo, Value::kUm},
    {RuleKind::kHolds, Operands::kOuterInner, Value::kNone},
    {RuleKind::kRectangular, Operands::kLayer, Value::kNone},
    {RuleKind::kExclusive, Operands::kLayers, Value::kNone},
    {RuleKind::kAntenna, Operands::kLayer, Value::kRatio},
};

/// Empty where the node is anything else.
std::vector<double> three_positive(const YAML::Node& node) {
  std::vector<double> values;
  if (!node.IsSequence() || node.size() != 3) return values;
  for (const auto& item : node) {
    double value = 0;
    if (!item.IsScalar() || !YAML::convert<double>::decode(item, value) || !(value > 0) ||
        value > 1e6) {
      return {};
    }
    values.push_back(value);
  }
  return values;
}

}  // namespace

bool Sections::is_sequence(const YAML::Node& node, std::string_view section, std::size_t most) {
  if (!node.IsDefined()) return false;  // reported as a missing field of the file
  if (!node.IsSequence()) {
    problems_.add(node, "Section \"" + std::string(section) + "\" is not a list.",
                  "Start each entry with \"- \".");
    return false;
  }
  if (node.size() > most) {
    problems_.add(
        node,
        "Section \"" + std::string(section) + "\" has " + std::to_string(node.size()) + " entries.",
        "At most " + std::to_string(most) + " are read.");
    return false;
  }
  return true;
}

GdsLayer Sections::gds(const Fields& fields, std::string_view key, bool required) {
  if (!fields.has(key) && !required) return {};
  const std::string text = fields.text(key);
  if (text.empty()) return {};
  int layer_number = -1, datatype = -1;
  const char* end = text.data() + text.size();
  const auto [slash, error] = std::from_chars(text.data(), end, layer_number);
  bool good = error == std::errc() && slash != end && *slash == '/';
  if (good) {
    const auto [rest, second] = std::from_chars(slash + 1, end, datatype);
    good = second == std::errc() && rest == end;
  }
  if (!good || layer_number < 0 || layer_number > 32767 || datatype < 0 || datatype > 32767) {
    fields.problem(key, "is " + for_message(text) + ".",
                   "Write GDS layer/datatype, each 0 to 32767: 68/20.");
    return {};
  }
  return {static_cast<std::int16_t>(layer_number), static_cast<std::int16_t>(datatype)};
}

Dbu Sections::on_grid(const Fields& fields, std::string_view key, double um) {
  const double steps = um / grid_um;
  if (std::abs(steps - std::round(steps)) > 1e-6) {
    fields.problem(key, "is off the grid.",
                   "Lengths are multiples of grid_um = " + std::to_string(grid_um) + ".");
  }
  return from_um(um);
}

Dbu Sections::length(const Fields& fields, std::string_view key, std::optional<double> fallback) {
  return on_grid(fields, key, fields.number(key, 0, kMaxUm, fallback));
}

std::optional<LayerId> Sections::layer_field(const Fields& fields, std::string_view key) {
  const std::string wanted = fields.text(key);
  if (wanted.empty()) return std::nullopt;
  const auto id = layer(wanted);
  if (!id) {
    std::vector<std::string_view> names;
    for (const Layer& each : layers) names.push_back(each.name);
    fields.problem(
        key, "names the unknown layer " + for_message(wanted) + "." + did_you_mean(wanted, names),
        "Layers are listed in section \"layers\".");
  }
  return id;
}

std::vector<std::string_view> Sections::shape_names() const {
  std::vector<std::string_view> names;
  for (const Layer& each : layers) names.push_back(each.name);
  for (const DerivedLayer& each : derived) names.push_back(each.name);
  return names;
}

bool Sections::known_shape(std::string_view shape) const {
  const auto names = shape_names();
  return std::find(names.begin(), names.end(), shape) != names.end();
}

bool Sections::check_shape(const Fields& fields, std::string_view key, std::string_view shape) {
  if (shape.empty()) return false;
  if (known_shape(shape)) return true;
  fields.problem(
      key,
      "names the unknown layer " + for_message(shape) + "." + did_you_mean(shape, shape_names()),
      "Names are those of the sections \"layers\" and \"derived\".");
  return false;
}

void Sections::read_layers(const YAML::Node& list) {
  if (!is_sequence(list, "layers", kMaxLayers)) return;
  static const std::vector<std::string_view> types{"well",      "diffusion", "poly",  "implant",
                                                   "conductor", "cut",       "plate", "marker"};
  std::map<GdsLayer, std::string> taken;
  for (const auto& item : list) {
    Fields fields(item, "a layer", {"name", "type", "gds", "label", "pin", "height", "thickness"},
                  problems_);
    Layer entry;
    entry.name = fields.word("name");
    fields.rename("layer", entry.name);
    entry.type = static_cast<LayerType>(fields.choice("type", types));
    entry.drawing = gds(fields, "gds", true);
    entry.label = gds(fields, "label", false);
    entry.pin = gds(fields, "pin", false);
    entry.height = from_um(fields.number("height", 0, kMaxUm, 0.0));
    entry.thickness = from_um(fields.number("thickness", 0, kMaxUm, 0.0));
    if (!entry.name.empty() && layer(entry.name)) {
      fields.problem("name", "stands twice.", "Every layer has a name of its own.");
    }
    if (entry.drawing.layer >= 0) {
      const auto [other, fresh] = taken.emplace(entry.drawing, entry.name);
      if (!fresh) fields.problem("gds", "is taken by layer " + other->second + ".");
    }
    layers.push_back(std::move(entry));
  }
}

void Sections::read_derived(const YAML::Node& list) {
  if (!list.IsDefined() || !is_sequence(list, "derived", kMaxLayers)) return;
  for (const auto& item : list) {
    Fields fields(item, "a derived layer", {"name", "all", "none", "drawn"}, problems_);
    DerivedLayer entry;
    entry.name = fields.word("name");
    fields.rename("derived layer", entry.name);
    if (!entry.name.empty() && known_shape(entry.name)) {
      fields.problem("name", "is taken by another layer.");
    }
    for (const std::string_view key : {std::string_view("all"), std::string_view("none")}) {
      for (const std::string& wanted : fields.texts(key, key == "all")) {
        if (const auto id = layer(wanted)) {
          (key == "all" ? entry.all : entry.none).push_back(*id);
        } else {
          std::vector<std::string_view> names;
          for (const Layer& each : layers) names.push_back(each.name);
          fields.problem(key, "names the unknown layer " + for_message(wanted) + "." +
                                  did_you_mean(wanted, names));
        }
      }
    }
    if (fields.has("drawn")) entry.drawn = layer_field(fields, "drawn");
    derived.push_back(std::move(entry));
  }
}

void Sections::read_rule(const YAML::Node& item) {
  Fields fields(item, "a rule",
                {"id", "kind", "layer", "layers", "outer", "inner", "past", "from", "to", "um",
                 "um2", "ratio", "wider_than_um", "when", "text"},
                problems_);
  static const std::vector<std::string_view> kinds = [] {
    std::vector<std::string_view> names;
    for (const RuleForm& form : kRuleForms) names.push_back(to_string(form.kind));
    return names;
  }();
  Rule rule;
  rule.id = fields.word("id");
  fields.rename("rule", rule.id);
  const RuleForm& form = kRuleForms[fields.choice("kind", kinds)];
  rule.kind = form.kind;
  rule.when = fields.sentence("when", false);
  rule.text = fields.sentence("text");

  std::vector<std::string_view> keys;
  switch (form.operands) {
    case Operands::kLayer:
      keys = {"layer"};
      break;
    case Operands::kLayers:
      keys = {"layers"};
      break;
    case Operands::kOuterInner:
      keys = {"outer", "inner"};
      break;
    case Operands::kLayerPast:
      keys = {"layer", "past"};
      break;
    case Operands::kFromTo:
      keys = {"from", "to"};
      break;
  }
  for (const std::string_view key : {"layer", "layers", "outer", "inner", "past", "from", "to"}) {
    if (fields.has(key) && std::find(keys.begin(), keys.end(), key) == keys.end()) {
      fields.problem(
          key, "does not belong to a rule of kind " + std::string(to_string(rule.kind)) + ".");
    }
  }
  for (const std::string_view key : keys) {
    if (key == "layers") {
      rule.layers = fields.texts(key);
      if (fields.has(key) && rule.layers.size() != 2) {
        fields.problem(key, "does not name two layers.", "Write [a, b], or [a, a] for one layer.");
        rule.layers.resize(2);
      }
    } else {
      rule.layers.push_back(fields.text(key));
    }
  }
  for (const std::string& shape : rule.layers) check_shape(fields, keys.front(), shape);

  switch (form.value) {
    case Value::kUm:
      rule.value = length(fields, "um");
      break;
    case Value::kUm2:
      rule.value = std::llround(fields.number("um2", 0, 1e6) * 1e6);
      break;
    case Value::kRatio:
      rule.value = std::llround(fields.number("ratio", 0, 1e6));
      break;
    case Value::kNone:
      break;
  }
  if (rule.kind == RuleKind::kWideSpacing) rule.wider_than = length(fields, "wider_than_um");
  for (const Rule& other : rules) {
    if (other.id == rule.id && other.value != rule.value) {
      fields.problem("id", "stands twice with different values.",
                     "An id has one value; give the second rule an id of its own.");
      break;
    }
  }
  rules.push_back(std::move(rule));
}

void Sections::read_rules(const YAML::Node& list) {
  if (!is_sequence(list, "rules", kMaxRules)) return;
  for (const auto& item : list) read_rule(item);
}

void Sections::read_vias(const YAML::Node& list) {
  if (!is_sequence(list, "vias", kMaxLayers)) return;
  for (const auto& item : list) {
    Fields fields(item, "a via", {"cut", "lower", "upper"}, problems_);
    const auto cut = layer_field(fields, "cut");
    const auto lower = layer_field(fields, "lower");
    const auto upper = layer_field(fields, "upper");
    if (!cut || !lower || !upper) continue;
    if (layers[*cut].type != LayerType::kCut) {
      fields.problem("cut", "names " + layers[*cut].name + ", which is not of type cut.");
    }
    vias.push_back({*cut, *lower, *upper, item.Mark().line + 1});
  }
}

void Sections::read_routing(const YAML::Node& list) {
  if (!is_sequence(list, "routing", kMaxLayers)) return;
  for (const auto& item : list) {
    Fields fields(item, "a routing layer", {"layer", "direction"}, problems_);
    const auto id = layer_field(fields, "layer");
    const bool horizontal = fields.choice("direction", {"horizontal", "vertical"}) == 0;
    if (!id) continue;
    if (layers[*id].type != LayerType::kConductor) {
      fields.problem("layer", "names " + layers[*id].name + ", which is not of type conductor.");
    }
    tracks.push_back({*id, horizontal, item.Mark().line + 1});
  }
}

void Sections::read_device(const YAML::Node& item) {
  static const std::vector<std::string_view> kinds{"nmos",     "pmos",   "capacitor",
                                                   "resistor", "ndiode", "pdiode"};
  static const std::vector<std::string_view> classes{
      "mos", "mim", "varactor", "poly_resistor", "metal_resistor", "diode"};
  Fields fields(item, "a device",
                {"name", "aliases", "kind", "class", "terminals", "magic", "markers", "width_um",
                 "length_um", "default_width_um", "sheet_ohm", "contact_ohm", "width_offset_um",
                 "area_cap_af_um2", "edge_cap_af_um"},
                problems_);
  DeviceModel device;
  device.name = fields.word("name");
  fields.rename("device", device.name);
  device.aliases = fields.words("aliases", false);
  device.kind = static_cast<DeviceKind>(fields.choice("kind", kinds));
  device.generator_class = classes[fields.choice("class", classes)];
  const bool mos = is_mos(device.kind);
  const bool resistor = device.kind == DeviceKind::kResistor;
  const bool diode = is_diode(device.kind);
  const char* expected_class = mos        ? "mos"
                               : resistor ? "poly_resistor or metal_resistor"
                               : diode    ? "diode"
                                          : "mim or varactor";
  const std::string& drawn = device.generator_class;
  if ((drawn == "mos") != mos || (drawn == "diode") != diode ||
      (drawn == "mim" || drawn == "varactor") != (device.kind == DeviceKind::kCapacitor)) {
    fields.problem("class", "does not fit the kind.",
                   std::string("It may be ") + expected_class + " here.");
  }
  device.terminals = static_cast<std::size_t>(fields.number("terminals", 2, 4, mos ? 4.0 : 2.0));
  device.magic_type = fields.word("magic", false);
  for (const std::string& wanted : fields.texts("markers", false)) {
    if (const auto id = layer(wanted)) {
      device.markers.push_back(*id);
    } else {
      fields.problem("markers", "names the unknown layer " + for_message(wanted) + ".");
    }
  }
  for (const std::string_view key : {std::string_view("width_um"), std::string_view("length_um")}) {
    const std::vector<double> range = fields.numbers(key, 2, 0, kMaxUm);
    if (range[0] > range[1] || range[1] <= 0) {
      fields.problem(key, "is not a range.", "Write [smallest, largest].");
    }
    (key == "width_um" ? device.min_width : device.min_length) = on_grid(fields, key, range[0]);
    (key == "width_um" ? device.max_width : device.max_length) = on_grid(fields, key, range[1]);
  }
  if (resistor) {
    device.sheet_ohm = fields.number("sheet_ohm", 1e-6, 1e9);
    device.contact_ohm = fields.number("contact_ohm", 0, 1e9, 0.0);
    device.width_offset_um = fields.number("width_offset_um", -10, 10, 0.0);
    device.default_width = length(fields, "default_width_um");
    if (to_um(device.min_width) <= device.width_offset_um) {
      fields.problem("width_offset_um", "leaves nothing of the narrowest body.");
    }
    if (device.default_width < device.min_width || device.default_width > device.max_width) {
      fields.problem("default_width_um", "is outside width_um.");
    }
  } else {
    for (const char* key : {"sheet_ohm", "contact_ohm", "default_width_um"}) {
      if (fields.has(key)) fields.problem(key, "belongs to resistors only.");
    }
  }
  if (device.kind == DeviceKind::kCapacitor) {
    device.area_cap_af_um2 = fields.number("area_cap_af_um2", 0, 1e9, 0.0);
    device.edge_cap_af_um = fields.number("edge_cap_af_um", 0, 1e9, 0.0);
    device.width_offset_um = fields.number("width_offset_um", -10, 10, 0.0);
    if (to_um(std::min(device.min_width, device.min_length)) <= device.width_offset_um) {
      fields.problem("width_offset_um", "leaves nothing of the smallest plate.");
    }
  } else {
    for (const char* key : {"area_cap_af_um2", "edge_cap_af_um"}) {
      if (fields.has(key)) fields.problem(key, "belongs to capacitors only.");
    }
    if ((mos || diode) && fields.has("width_offset_um")) {
      fields.problem("width_offset_um", "belongs to resistors and capacitors only.");
    }
  }
  std::vector<std::string> names = device.aliases;
  names.push_back(device.name);
  for (const std::string& each : names) {
    const auto [other, fresh] = device_index.emplace(lower_case(each), devices.size());
    if (!fresh && other->second < devices.size()) {
      fields.problem("aliases", "holds \"" + each + "\", which already means " +
                                    devices[other->second].name + ".");
    }
  }
  devices.push_back(std::move(device));
}

void Sections::read_devices(const YAML::Node& list) {
  if (!is_sequence(list, "devices", kMaxDevices)) return;
  for (const auto& item : list) read_device(item);
}

std::map<std::string, Corners, std::less<>> Sections::corners(const Fields& parent,
                                                              std::string_view key) {
  std::map<std::string, Corners, std::less<>> result;
  if (!parent.has(key)) {
    parent.problem(key, "is missing.");
    return result;
  }
  Fields fields(parent.node(key), "parasitics." + std::string(key), {}, problems_);
  if (!fields.is_map()) return result;
  for (const auto& item : fields.yaml()) {
    if (!item.first.IsScalar()) continue;
    const std::string shape = item.first.Scalar();
    if (!check_shape(fields, shape, shape)) continue;
    const auto values = fields.numbers(shape, 3, 0, 1e9);
    if (values[1] > values[0] || values[0] > values[2]) {
      fields.problem(shape, "is not in order.", "Write [typical, low, high].");
    }
    result[shape] = {values[0], values[1], values[2]};
  }
  return result;
}

Parasitics::Table Sections::table(const Fields& parent, std::string_view key) {
  Parasitics::Table result;
  if (!parent.has(key)) {
    parent.problem(key, "is missing.");
    return result;
  }
  Fields rows(parent.node(key), "parasitics." + std::string(key), {}, problems_);
  if (!rows.is_map()) return result;
  for (const auto& row : rows.yaml()) {
    if (!row.first.IsScalar()) continue;
    const std::string from = row.first.Scalar();
    if (!check_shape(rows, from, from)) continue;
    Fields cells(row.second, "parasitics." + std::string(key) + "." + from, {}, problems_);
    if (!cells.is_map()) continue;
    for (const auto& cell : row.second) {
      if (!cell.first.IsScalar()) continue;
      const std::string to = cell.first.Scalar();
      if (to != "sub" && !check_shape(cells, to, to)) continue;
      result[from][to] = cells.number(to, 0, 1e6);
    }
  }
  return result;
}

void Sections::read_parasitics(const YAML::Node& node) {
  if (!node.IsDefined()) return;
  Fields fields(node, "parasitics",
                {"sheet_ohm", "contact_ohm", "area_af_um2", "fringe_down_af_um", "fringe_up_af_um",
                 "sidewall", "magic_halo_um", "lines"},
                problems_);
  if (!fields.is_map()) return;
  parasitics.sheet_ohm = corners(fields, "sheet_ohm");
  parasitics.contact_ohm = corners(fields, "contact_ohm");
  parasitics.area_af_um2 = table(fields, "area_af_um2");
  parasitics.fringe_down_af_um = table(fields, "fringe_down_af_um");
  parasitics.fringe_up_af_um = table(fields, "fringe_up_af_um");
  parasitics.magic_halo_um = fields.number("magic_halo_um", 0, 100, 2.0);
  if (fields.has("lines")) read_lines(fields);
  if (!fields.has("sidewall")) {
    fields.problem("sidewall", "is missing.");
    return;
  }
  Fields rows(fields.node("sidewall"), "parasitics.sidewall", {}, problems_);
  if (!rows.is_map()) return;
  for (const auto& row : rows.yaml()) {
    if (!row.first.IsScalar()) continue;
    const std::string shape = row.first.Scalar();
    if (!check_shape(rows, shape, shape)) continue;
    Fields law(row.second, "parasitics.sidewall." + shape,
               {"k_af", "offset_um", "halo_um", "magic_k_af"}, problems_);
    SidewallLaw& entry = parasitics.sidewall[shape];
    entry.k_af = law.number("k_af", 0, 1e6);
    entry.offset_um = law.number("offset_um", 0, 100);
    entry.halo_um = law.number("halo_um", 0, 1000);
    entry.magic_k_af = law.number("magic_k_af", 0, 1e6, entry.k_af);
  }
}

void Sections::read_lines(const Fields& parent) {
  constexpr std::size_t kMostPoints = 100;
  Fields rows(parent.node("lines"), "parasitics.lines", {}, problems_);
  if (!rows.is_map()) return;
  for (const auto& row : rows.yaml()) {
    if (!row.first.IsScalar()) continue;
    const std::string shape = row.first.Scalar();
    if (!check_shape(rows, shape, shape)) continue;
    Fields line(row.second, "parasitics.lines." + shape, {"width_um", "points"}, problems_);
    if (!line.is_map()) continue;
    LineTable& table = parasitics.lines[shape];
    table.width_um = line.number("width_um", 1e-3, 1000);
    const YAML::Node points = line.node("points");
    if (!points.IsDefined() || !points.IsSequence() || points.size() < 2 ||
        points.size() > kMostPoints) {
      line.problem("points", "is not a list of 2 to 100 points.",
                   "Write [spacing_um, coupling_af_um, fringe_af_um] for each.");
      continue;
    }
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::vector<double> values = three_positive(points[i]);
      if (values.empty()) {
        line.problem("points", "has an entry that is not three positive numbers.",
                     "Write [spacing_um, coupling_af_um, fringe_af_um].");
        break;
      }
      if (!table.points.empty() && values[0] <= table.points.back().spacing_um) {
        line.problem("points", "is not in ascending order of the spacings.");
        break;
      }
      table.points.push_back({values[0], values[1], values[2]});
    }
  }
}

void Sections::read_models(const YAML::Node& node) {
  if (!node.IsDefined() || node.IsNull()) return;
  if (node.IsMap()) {
    models = YAML::Dump(node);
    return;
  }
  if (!node.IsScalar()) {
    problems_.add(node, "Section \"models\" is neither a mapping nor a file name.");
    return;
  }
  const std::string file = node.Scalar();
  // A technology may come from anywhere; it names no file but one that says what it is for.
  if (!quoting::is_word(file) || !file.ends_with(".yaml")) {
    problems_.add(node,
                  "The models file " + for_message(file) + " is no YAML file beside this one.",
                  "Name a file of the same folder that ends in .yaml.");
    return;
  }
  switch (beside_) {
    case TechnologyReader::Beside::kNowhere:
      break;  // text without a place: models stay empty
    case TechnologyReader::Beside::kEmbedded:
      if (const auto text = embedded_file(file)) models = *text;
      break;
    case TechnologyReader::Beside::kFolder: {
      auto text = read_text_file(folder_ / file, kMaxBytes);
      if (text) {
        models = std::move(text).value();
      } else {
        problems_.add(node, "The models file can not be read: " + text.error().text());
      }
      break;
    }
  }
}

void Sections::read(const YAML::Node& root) {
  Fields fields(root, "the technology file",
                {"format", "name", "description", "grid_um", "layers", "derived", "rules", "vias",
                 "routing", "devices", "parasitics", "models"},
                problems_);
  if (!fields.is_map()) return;
  if (fields.number("format", 1, 1e9) != 1) {
    fields.problem("format", "is not one that this version reads.", "It may be 1.");
  }
  name = fields.word("name");
  if (name.size() > 64) fields.problem("name", "is too long.", "At most 64 bytes.");
  if (const std::string text = fields.text("description", false);
      !quoting::is_printable(text, kMaxDescription)) {
    fields.problem("description", "is not one line of text.",
                   "At most 1000 bytes of UTF-8, no control characters.");
  }
  grid_um = fields.number("grid_um", 0.001, 1, 0.005);
  for (const char* section : {"layers", "rules", "vias", "routing", "devices", "parasitics"}) {
    if (!fields.has(section)) fields.problem(section, "is missing.", "See docs/technology.md.");
  }
  read_layers(fields.node("layers"));
  read_derived(fields.node("derived"));
  read_rules(fields.node("rules"));
  read_vias(fields.node("vias"));
  read_routing(fields.node("routing"));
  read_devices(fields.node("devices"));
  read_parasitics(fields.node("parasitics"));
  read_models(fields.node("models"));
}

}  // namespace ptah::tech
