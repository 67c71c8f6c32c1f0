/// Measures (docs/measures.md) for people: of one layout beside its schematic, and summed up over
/// many layouts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ptah/core/json.hpp"
#include "terminal.hpp"

namespace ptah::cli {

/// The upper median; 0 of nothing.
double median(std::vector<double> values);

/// "61.25 dB", "3.21 MHz"
std::string measure_text(double value, const std::string& unit);

/// Measure, layout, schematic, and why one is absent; "" without measures. Both are what
/// metrics.json holds; `schematic` may be null.
std::string measure_table(const Json& measures, const Json& schematic);

/// What a layout's line says of the run's specs: "met", "breaks gain >= 40 dB (23.1 dB)"; "" where
/// there are none.
std::string specs_text(const Json& line);

class SpecSummary {
 public:
  /// One layout's metrics.json.
  void add(const Json& metrics);
  bool empty() const noexcept { return entries_.empty(); }
  /// Layouts that meet all of them.
  std::int64_t feasible() const noexcept { return feasible_; }
  /// By spec: {"met", "broken", "absent"}: layouts; those without a value are broken, too.
  Json to_json() const;
  /// A row a spec: circuit, spec, met, broken, minimum, maximum.
  void add_rows(Table& table, const std::string& circuit) const;

 private:
  struct Entry {
    std::int64_t met = 0, broken = 0, absent = 0;
    std::vector<double> values;
  };
  std::vector<std::string> order_;
  std::map<std::string, Entry> entries_;
  std::int64_t feasible_ = 0;
};

class MeasureSummary {
 public:
  /// One layout's metrics.json.
  void add(const Json& metrics);
  /// By name: {"unit", "median", "min", "max", "count", "schematic_median", "absent": {reason:
  /// count}}; what has no value is null.
  Json to_json() const;
  /// A row a measure: circuit, measure, median, minimum, maximum, schematic, absent.
  void add_rows(Table& table, const std::string& circuit) const;

 private:
  struct Entry {
    std::string unit;
    std::vector<double> values, schematic;  ///< The schematic's: one an assignment.
    std::map<std::string, std::int64_t> absent;
  };
  std::map<std::string, Entry> entries_;
};

}  // namespace ptah::cli
