#include "technology_reader.hpp"

#include <algorithm>

#include "ptah/core/yaml.hpp"
#include "technology_sections.hpp"

namespace ptah {
namespace {

using tech::Problems;
using tech::Sections;

constexpr std::size_t kMaxBytes = 1u << 20;

/// Pairwise tables, filled from the unconditional rules of drawn layers.
struct Tables {
  std::vector<Dbu> spacing;
  std::vector<Enclosure> enclosure;
  std::vector<Dbu> width;
};

Tables make_tables(const Sections& sections) {
  const std::size_t count = sections.layers.size();
  Tables tables{std::vector<Dbu>(count * count), std::vector<Enclosure>(count * count),
                std::vector<Dbu>(count)};
  for (const Rule& rule : sections.rules) {
    if (!rule.when.empty() || rule.layers.empty()) continue;
    const auto a = sections.drawn(rule.layers.front());
    const auto b = sections.drawn(rule.layers.back());
    if (!a || !b) continue;
    const Dbu value = static_cast<Dbu>(rule.value);
    Enclosure& pair = tables.enclosure[*a * count + *b];
    switch (rule.kind) {
      case RuleKind::kSpacing: {
        Dbu& here = tables.spacing[*a * count + *b];
        here = tables.spacing[*b * count + *a] = std::max(here, value);
        break;
      }
      case RuleKind::kEnclosure:
        pair.all = std::max(pair.all, value);
        break;
      case RuleKind::kEnclosureOneDirection:
        pair.one_direction = std::max(pair.one_direction, value);
        break;
      case RuleKind::kWidth:
      case RuleKind::kCutSize:
        if (sections.layer(rule.layers.front())) {
          tables.width[*a] = std::max(tables.width[*a], value);
        }
        break;
      default:
        break;
    }
  }
  for (Enclosure& pair : tables.enclosure) {
    pair.one_direction = std::max(pair.one_direction, pair.all);
  }
  return tables;
}

std::int64_t rule_value(const Sections& sections, RuleKind kind, const std::string& layer) {
  for (const Rule& rule : sections.rules) {
    if (rule.kind == kind && rule.when.empty() && rule.layers.front() == layer) return rule.value;
  }
  return 0;
}

}  // namespace

std::vector<Error> TechnologyReader::read(std::string_view yaml, std::string_view name,
                                          Beside beside, const std::filesystem::path& folder,
                                          Technology& into) {
  Problems problems{std::string(name)};
  Sections sections(problems, beside, folder);
  const auto root = load_yaml(yaml, name, kMaxBytes);
  if (!root) return {root.error()};
  try {
    sections.read(root.value());
  } catch (const YAML::Exception& exception) {
    problems.add_line(exception.mark.line + 1, "A value has the wrong form.");
  }
  if (!problems.empty()) return problems.list();

  const std::size_t count = sections.layers.size();
  const Tables tables = make_tables(sections);
  for (const Sections::ViaNames& names : sections.vias) {
    Via via{names.cut,
            names.lower,
            names.upper,
            tables.width[names.cut],
            tables.spacing[names.cut * count + names.cut],
            tables.enclosure[names.lower * count + names.cut],
            tables.enclosure[names.upper * count + names.cut]};
    const std::string& cut = sections.layers[names.cut].name;
    if (via.size <= 0 || via.spacing <= 0) {
      problems.add_line(names.line, "Via " + cut + " has no rule for its size or its spacing.",
                        "Add rules of kind cut_size and spacing for layer " + cut + ".");
    }
    into.vias_.push_back(via);
  }
  for (const Sections::Track& track : sections.tracks) {
    const std::string& layer = sections.layers[track.layer].name;
    RoutingLayer routing;
    routing.layer = track.layer;
    routing.horizontal = track.horizontal;
    routing.min_width = tables.width[track.layer];
    routing.spacing = tables.spacing[track.layer * count + track.layer];
    routing.wide_spacing = static_cast<Dbu>(rule_value(sections, RuleKind::kWideSpacing, layer));
    for (const Rule& rule : sections.rules) {
      if (rule.kind == RuleKind::kWideSpacing && rule.layers.front() == layer) {
        routing.wide_width = rule.wider_than;
      }
    }
    routing.min_area = rule_value(sections, RuleKind::kArea, layer);
    routing.min_hole_area = rule_value(sections, RuleKind::kHoleArea, layer);
    const auto sheet = sections.parasitics.sheet_ohm.find(layer);
    if (sheet != sections.parasitics.sheet_ohm.end()) routing.sheet_ohm = sheet->second.typical;
    if (routing.min_width <= 0 || routing.spacing <= 0 || routing.sheet_ohm <= 0) {
      problems.add_line(
          track.line, "Routing layer " + layer + " lacks a width, a spacing or a sheet resistance.",
          "Add rules of kind width and spacing and parasitics.sheet_ohm for it.");
    }
    into.routing_.push_back(routing);
  }
  if (!problems.empty()) return problems.list();

  into.name_ = sections.name;
  into.grid_ = from_um(sections.grid_um);
  for (std::size_t i = 0; i < count; ++i) {
    into.layer_index_.emplace(sections.layers[i].name, static_cast<LayerId>(i));
    into.gds_index_.emplace(sections.layers[i].drawing, static_cast<LayerId>(i));
  }
  for (std::size_t i = 0; i < sections.rules.size(); ++i) {
    into.rule_index_.emplace(sections.rules[i].id, i);
  }
  into.layers_ = std::move(sections.layers);
  into.derived_ = std::move(sections.derived);
  into.rules_ = std::move(sections.rules);
  into.devices_ = std::move(sections.devices);
  into.device_index_ = std::move(sections.device_index);
  into.parasitics_ = std::move(sections.parasitics);
  into.models_text_ = std::move(sections.models);
  into.spacing_ = tables.spacing;
  into.enclosure_ = tables.enclosure;
  into.width_ = tables.width;
  return {};
}

void TechnologyReader::set_pdk(Technology& technology, std::string name, Pdk pdk) {
  technology.identity_ = Technology::new_identity();
  technology.name_ = std::move(name);
  technology.pdk_ = std::move(pdk);
}

}  // namespace ptah
