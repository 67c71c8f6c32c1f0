#include "measure_view.hpp"

#include <algorithm>
#include <cstdio>

namespace ptah::cli {
namespace {

using Align = Table::Align;

bool has_value(const Json& measure) {
  return measure.is_object() && measure.contains("value") && measure["value"].is_number();
}

std::string value_text(const Json& measure) {
  return has_value(measure) ? measure_text(measure["value"], measure.value("unit", "")) : "-";
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string measure_text(double value, const std::string& unit) {
  if (unit != "dB" && unit != "deg") return engineering(value, unit);
  char text[64];  // nobody reads millidecibels
  std::snprintf(text, sizeof text, "%.4g %s", value, unit.c_str());
  return text;
}

std::string measure_table(const Json& measures, const Json& schematic) {
  if (!measures.is_object() || measures.empty()) return "";
  Table table({"measure", "layout", "schematic", "absent because"},
              {Align::kLeft, Align::kRight, Align::kRight, Align::kLeft});
  for (const auto& [name, measure] : measures.items()) {
    const Json before = schematic.is_object() ? schematic.value(name, Json()) : Json();
    std::string reason;
    if (!has_value(measure)) {
      reason = measure.is_object() ? measure.value("reason", "") : "";
    } else if (before.is_object() && !has_value(before)) {
      reason = "schematic: " + before.value("reason", "");
    }
    table.add({name, value_text(measure), value_text(before), reason});
  }
  return table.text();
}

void MeasureSummary::add(const Json& metrics) {
  const Json measures = metrics.value("measures", Json::object()),
             before = metrics.value("measures_schematic", Json::object());
  for (const auto& [name, measure] : measures.items()) {
    Entry& entry = entries_[name];
    entry.unit = measure.value("unit", "");
    if (has_value(measure)) {
      entry.values.push_back(measure["value"]);
    } else {
      ++entry.absent[measure.value("reason", "")];
    }
  }
  for (const auto& [name, measure] : before.items()) {
    if (has_value(measure)) entries_[name].schematic.push_back(measure["value"]);
  }
}

Json MeasureSummary::to_json() const {
  Json json = Json::object();
  for (const auto& [name, entry] : entries_) {
    const bool some = !entry.values.empty();
    json[name] = {
        {"unit", entry.unit},
        {"median", some ? Json(median(entry.values)) : Json()},
        {"min", some ? Json(*std::min_element(entry.values.begin(), entry.values.end())) : Json()},
        {"max", some ? Json(*std::max_element(entry.values.begin(), entry.values.end())) : Json()},
        {"count", entry.values.size()},
        {"schematic_median", entry.schematic.empty() ? Json() : Json(median(entry.schematic))},
        {"absent", entry.absent}};
  }
  return json;
}

void MeasureSummary::add_rows(Table& table, const std::string& circuit) const {
  std::string first = circuit;
  for (const auto& [name, entry] : entries_) {
    const auto text = [&](double value) { return measure_text(value, entry.unit); };
    std::string absent;
    for (const auto& [reason, count] : entry.absent) {
      absent += (absent.empty() ? "" : " ") + std::to_string(count) + ": " + reason;
    }
    const bool some = !entry.values.empty();
    table.add({first, name, some ? text(median(entry.values)) : "-",
               some ? text(*std::min_element(entry.values.begin(), entry.values.end())) : "-",
               some ? text(*std::max_element(entry.values.begin(), entry.values.end())) : "-",
               entry.schematic.empty() ? "-" : text(median(entry.schematic)), absent});
    first.clear();
  }
}

namespace {

/// Of "gain >= 40 dB".
std::string unit_in(const std::string& spec) {
  return spec.substr(spec.rfind(' ') + 1);
}

Json specs_of(const Json& line) {
  const Json specs = line.value("specs", Json());
  return specs.is_array() ? specs : Json::array();
}

}  // namespace

std::string specs_text(const Json& line) {
  const Json specs = specs_of(line);
  if (specs.empty()) return "";
  std::string text;
  std::size_t broken = 0;
  for (const Json& item : specs) {
    if (item.value("met", false) || ++broken > 1) continue;
    const std::string spec = item.value("spec", "");
    const Json value = item.value("value", Json());
    text = "breaks " + spec + " (" +
           (value.is_number() ? measure_text(value, unit_in(spec)) : item.value("reason", "")) +
           ")";
  }
  if (broken == 0) return "met";
  return text + (broken > 1 ? " and " + std::to_string(broken - 1) + " more" : "");
}

void SpecSummary::add(const Json& metrics) {
  const Json specs = specs_of(metrics);
  if (specs.empty()) return;
  feasible_ += metrics.value("feasible", false);
  for (const Json& item : specs) {
    const std::string spec = item.value("spec", "");
    if (!entries_.contains(spec)) order_.push_back(spec);
    Entry& entry = entries_[spec];
    ++(item.value("met", false) ? entry.met : entry.broken);
    const Json value = item.value("value", Json());
    if (value.is_number()) {
      entry.values.push_back(value);
    } else {
      ++entry.absent;
    }
  }
}

Json SpecSummary::to_json() const {
  Json json = Json::object();
  for (const auto& [spec, entry] : entries_)
    json[spec] = {{"met", entry.met}, {"broken", entry.broken}, {"absent", entry.absent}};
  return json;
}

void SpecSummary::add_rows(Table& table, const std::string& circuit) const {
  for (const std::string& spec : order_) {
    const Entry& entry = entries_.at(spec);
    const auto text = [&](auto extreme) {
      return entry.values.empty()
                 ? std::string("-")
                 : measure_text(*extreme(entry.values.begin(), entry.values.end()), unit_in(spec));
    };
    const auto least = [](auto a, auto b) { return std::min_element(a, b); };
    const auto most = [](auto a, auto b) { return std::max_element(a, b); };
    table.add({circuit, spec, std::to_string(entry.met), std::to_string(entry.broken), text(least),
               text(most)});
  }
}

}  // namespace ptah::cli
