#include "app/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace ptah {

namespace {

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[40];
  // Counts as they are, whatever their size; times as short as they can be said.
  std::snprintf(text, sizeof text,
                value == std::floor(value) && std::abs(value) < 1e15 ? "%.0f" : "%.9g", value);
  return text;
}

}  // namespace

void Latencies::add(const std::string& method, std::chrono::steady_clock::duration took,
                    bool error) {
  Of& of = by_method_[method];
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin();
  ++of.counts[static_cast<std::size_t>(bucket)];
  of.sum_s += seconds;
  of.errors += error;
}

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " +
           std::string(type) + "\n";
}

void MetricsText::line(std::string_view suffix, Labels labels, double value) {
  text_ += name_ + std::string(suffix);
  char before = '{';
  for (const auto& [label, content] : labels) {
    text_ += before;
    text_ += std::string(label) + "=\"";
    for (const char c : content) {
      if (c == '\\' || c == '"') text_ += '\\';
      text_ += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    text_ += '"';
    before = ',';
  }
  if (before == ',') text_ += '}';
  text_ += " " + number(value) + "\n";
}

void MetricsText::histogram(std::string_view label, std::string_view value,
                            const Latencies::Of& of) {
  std::int64_t below = 0;
  for (std::size_t i = 0; i < Latencies::kBounds.size(); ++i) {
    below += of.counts[i];
    line("_bucket", {{label, value}, {"le", number(Latencies::kBounds[i])}},
         static_cast<double>(below));
  }
  below += of.counts.back();
  line("_bucket", {{label, value}, {"le", "+Inf"}}, static_cast<double>(below));
  line("_sum", {{label, value}}, of.sum_s);
  line("_count", {{label, value}}, static_cast<double>(below));
}

}  // namespace ptah
