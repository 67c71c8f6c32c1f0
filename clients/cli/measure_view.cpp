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

}  // namespace ptah::cli
