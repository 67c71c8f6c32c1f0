/// Figures of the daemon in the text format of Prometheus.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace ptah {

/// How long answers took, by method. What is counted is a few words for each method that was
/// called.
class Latencies {
 public:
  /// Upper bounds in seconds; one more bucket has the rest.
  static constexpr std::array kBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                      0.25,   0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0};
  struct Of {
    std::array<std::int64_t, kBounds.size() + 1> counts{};
    double sum_s = 0;
    std::int64_t errors = 0;
  };
  void add(const std::string& method, std::chrono::steady_clock::duration took, bool error);
  const std::map<std::string, Of>& all() const noexcept { return by_method_; }

 private:
  std::map<std::string, Of> by_method_;
};

/// Writes families one after another: each with its help and type, then its samples.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  /// `type`: "counter", "gauge" or "histogram". `help` says it in one sentence.
  void family(std::string_view name, std::string_view type, std::string_view help);
  /// Of the family that was begun last.
  void sample(Labels labels, double value) { line("", labels, value); }
  void sample(double value) { line("", {}, value); }
  /// Buckets, sum and count of a histogram.
  void histogram(std::string_view label, std::string_view value, const Latencies::Of& of);
  std::string take() { return std::move(text_); }

 private:
  void line(std::string_view suffix, Labels labels, double value);
  std::string name_, text_;
};

}  // namespace ptah
