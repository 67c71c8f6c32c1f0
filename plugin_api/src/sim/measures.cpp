#include "ptah/sim/measures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace ptah {
namespace {

using Values = std::vector<std::complex<double>>;

struct Answer {
  std::optional<double> value;
  std::string reason;
};

Answer none(std::string reason) {
  return {std::nullopt, std::move(reason)};
}

std::string hertz(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g Hz", value);
  return text;
}

const Waveform* find_analysis(const std::vector<Waveform>& waveforms, std::string_view kind) {
  for (const Waveform& waveform : waveforms) {
    if (waveform.analysis == kind) return &waveform;
  }
  return nullptr;
}

/// The values of `name`, the first ones where it is empty; nullptr when absent or misshapen.
const Values* find_output(const Waveform& waveform, const std::string& name) {
  const Values* values = nullptr;
  if (!name.empty()) {
    values = waveform.find(name);
  } else if (!waveform.y.empty()) {
    values = &waveform.y.front();
  }
  return values != nullptr && values->size() == waveform.x.size() && !values->empty() ? values
                                                                                      : nullptr;
}

std::vector<double> decibels(const Values& values) {
  std::vector<double> result;
  result.reserve(values.size());
  for (const auto& value : values) result.push_back(20 * std::log10(std::abs(value)));
  return result;
}

/// Phase from the first point on, degrees, without jumps.
std::vector<double> lags(const Values& values) {
  std::vector<double> result;
  result.reserve(values.size());
  double phase = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) phase += std::arg(values[i] * std::conj(values[i - 1]));
    result.push_back(phase * 180 / std::numbers::pi);
  }
  return result;
}

/// `y` at `x`, linear between two points; nullopt outside.
std::optional<double> interpolate(const std::vector<double>& x, const std::vector<double>& y,
                                  double at) {
  if (x.empty() || at < x.front() || at > x.back()) return std::nullopt;
  const auto next = std::lower_bound(x.begin(), x.end(), at);
  const auto i = static_cast<std::size_t>(next - x.begin());
  if (i == 0 || x[i] == at) return y[i];
  const double part = (at - x[i - 1]) / (x[i] - x[i - 1]);
  return y[i - 1] + part * (y[i] - y[i - 1]);
}

/// Where `y` first falls through `level`.
std::optional<double> falls_through(const std::vector<double>& x, const std::vector<double>& y,
                                    double level) {
  for (std::size_t i = 1; i < y.size(); ++i) {
    if (!(y[i - 1] >= level && y[i] < level)) continue;
    return x[i - 1] + (x[i] - x[i - 1]) * (level - y[i - 1]) / (y[i] - y[i - 1]);
  }
  return std::nullopt;
}

/// A sweep as measures look at it.
struct Sweep {
  const Waveform* waveform = nullptr;
  const Values* values = nullptr;
  std::vector<double> gain_db;
  std::string range;  ///< "between 1000 Hz and 1e+09 Hz"
};

class Evaluator {
 public:
  explicit Evaluator(const std::vector<Waveform>& waveforms) : waveforms_(waveforms) {}

  Answer operator()(const MeasureSpec& spec) const {
    switch (spec.kind) {
      case MeasureKind::kOffset:
      case MeasureKind::kOffsetMagnitude:
      case MeasureKind::kSupplyCurrent:
        return operating_point(spec);
      case MeasureKind::kDcRejection:
        return dc_rejection(spec);
      case MeasureKind::kNoise:
      case MeasureKind::kSpotNoise:
        return noise(spec);
      default:
        return sweep(spec);
    }
  }

 private:
  static std::string missing(const std::string& output) {
    return output.empty() ? "The testbench has no output." : "There is no vector " + output + ".";
  }

  Answer operating_point(const MeasureSpec& spec) const {
    const Waveform* op = find_analysis(waveforms_, "op");
    if (op == nullptr) op = find_analysis(waveforms_, "dc");
    if (op == nullptr) return none("The testbench has no .op analysis, nor .dc.");
    const Values* values = find_output(*op, spec.output);
    if (values == nullptr) return none(missing(spec.output));
    if (spec.kind == MeasureKind::kSupplyCurrent) return {-values->front().real(), ""};
    const Values* reference = find_output(*op, spec.reference);
    if (reference == nullptr) return none(missing(spec.reference));
    const double offset = values->front().real() - reference->front().real();
    return {spec.kind == MeasureKind::kOffsetMagnitude ? std::abs(offset) : offset, ""};
  }

  Answer dc_rejection(const MeasureSpec& spec) const {
    const Waveform* dc = find_analysis(waveforms_, "dc");
    if (dc == nullptr) return none("The testbench has no .dc analysis.");
    const Values* values = find_output(*dc, spec.output);
    if (values == nullptr) return none(missing(spec.output));
    const Values* reference = find_output(*dc, spec.reference);
    if (reference == nullptr) return none(missing(spec.reference));
    const auto moved = [](const Values& of) { return of.back().real() - of.front().real(); };
    const double offset = moved(*values) - moved(*reference);
    if (offset == 0) return none("The offset does not move with the source that .dc sweeps.");
    return {20 * std::log10(std::abs((dc->x.back() - dc->x.front()) / offset)), ""};
  }

  Answer noise(const MeasureSpec& spec) const {
    const Waveform* waveform = find_analysis(waveforms_, "noise");
    if (waveform == nullptr) return none("The testbench has no .noise analysis.");
    const Values* values = find_output(*waveform, "onoise_spectrum");
    if (values == nullptr) return none("The analysis has no onoise_spectrum.");
    const std::vector<double>& x = waveform->x;
    std::vector<double> y;
    for (const auto& value : *values) y.push_back(value.real());
    if (spec.kind == MeasureKind::kSpotNoise) {
      const double at = spec.at_hz.value_or(x.front());
      const auto found = interpolate(x, y, at);
      if (!found) return none("The noise sweep does not reach " + hertz(at) + ".");
      return {*found, ""};
    }
    const double from = spec.from_hz.value_or(x.front()), to = spec.to_hz.value_or(x.back());
    for (double& value : y) value *= value;
    const auto first = interpolate(x, y, from), last = interpolate(x, y, to);
    if (!first || !last) {
      return none("The noise sweep does not cover " + hertz(from) + " to " + hertz(to) + ".");
    }
    double power = 0, x0 = from, y0 = *first;
    const auto add = [&](double x1, double y1) {
      power += (x1 - x0) * (y0 + y1) / 2;
      x0 = x1;
      y0 = y1;
    };
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (x[i] > from && x[i] < to) add(x[i], y[i]);
    }
    add(to, *last);
    return {std::sqrt(power), ""};
  }

  Answer sweep(const MeasureSpec& spec) const {
    const Waveform* ac = find_analysis(waveforms_, "ac");
    if (ac == nullptr) return none("The testbench has no .ac analysis.");
    const Values* values = find_output(*ac, spec.output);
    if (values == nullptr) return none(missing(spec.output));
    const Sweep sweep{ac, values, decibels(*values),
                      "between " + hertz(ac->x.front()) + " and " + hertz(ac->x.back())};
    switch (spec.kind) {
      case MeasureKind::kGain:
        return at(sweep.waveform->x, sweep.gain_db, spec.at_hz);
      case MeasureKind::kRejection:
        return rejection(spec, sweep);
      case MeasureKind::kBandwidth:
        return bandwidth(sweep);
      case MeasureKind::kUnityGainFrequency:
        return unity_gain(sweep);
      case MeasureKind::kPhaseMargin:
        return phase_margin(sweep);
      default:
        return gain_margin(sweep);
    }
  }

  static Answer at(const std::vector<double>& x, const std::vector<double>& y,
                   std::optional<double> hz) {
    const auto found = interpolate(x, y, hz.value_or(x.front()));
    if (!found) return none("The sweep does not reach " + hertz(*hz) + ".");
    return {*found, ""};
  }

  static Answer rejection(const MeasureSpec& spec, const Sweep& sweep) {
    const Values* reference = find_output(*sweep.waveform, spec.reference);
    if (reference == nullptr) return none(missing(spec.reference));
    const Answer over = at(sweep.waveform->x, decibels(*reference), spec.at_hz);
    Answer answer = at(sweep.waveform->x, sweep.gain_db, spec.at_hz);
    if (answer.value) *answer.value -= *over.value;
    return answer;
  }

  static Answer bandwidth(const Sweep& sweep) {
    const double level = sweep.gain_db.front() - 10 * std::log10(2.0);
    const auto found = falls_through(sweep.waveform->x, sweep.gain_db, level);
    if (!found) return none("The gain never falls by 3 dB " + sweep.range + ".");
    return {*found, ""};
  }

  static Answer unity_gain(const Sweep& sweep) {
    if (sweep.gain_db.front() <= 0) {
      return none("The gain starts at or below 0 dB, at " + hertz(sweep.waveform->x.front()) + ".");
    }
    const auto found = falls_through(sweep.waveform->x, sweep.gain_db, 0);
    if (!found) return none("The gain never falls through 0 dB " + sweep.range + ".");
    return {*found, ""};
  }

  static Answer phase_margin(const Sweep& sweep) {
    const Answer unity = unity_gain(sweep);
    if (!unity.value) return unity;
    return {180 + *interpolate(sweep.waveform->x, lags(*sweep.values), *unity.value), ""};
  }

  static Answer gain_margin(const Sweep& sweep) {
    const auto found = falls_through(sweep.waveform->x, lags(*sweep.values), -180);
    if (!found) return none("The phase never lags by 180 degrees " + sweep.range + ".");
    return {-*interpolate(sweep.waveform->x, sweep.gain_db, *found), ""};
  }

  const std::vector<Waveform>& waveforms_;
};

}  // namespace

std::string unit_of(MeasureKind kind) {
  switch (kind) {
    case MeasureKind::kBandwidth:
    case MeasureKind::kUnityGainFrequency:
      return "Hz";
    case MeasureKind::kPhaseMargin:
      return "deg";
    case MeasureKind::kOffset:
    case MeasureKind::kOffsetMagnitude:
    case MeasureKind::kNoise:
      return "V";
    case MeasureKind::kSupplyCurrent:
      return "A";
    case MeasureKind::kSpotNoise:
      return "V/sqrt(Hz)";
    default:
      return "dB";
  }
}

std::vector<Measure> evaluate_measures(const std::vector<MeasureSpec>& specs,
                                       const std::vector<Waveform>& waveforms) {
  const Evaluator evaluate(waveforms);
  std::vector<Measure> measures;
  for (const MeasureSpec& spec : specs) {
    Answer answer = evaluate(spec);
    if (answer.value && !std::isfinite(*answer.value)) answer = none("The value is not finite.");
    measures.push_back({spec.name, unit_of(spec.kind), answer.value, std::move(answer.reason)});
  }
  return measures;
}

Json to_json(const std::vector<Measure>& measures) {
  Json json = Json::object();
  for (const Measure& measure : measures) {
    Json& entry = json[measure.name];
    entry["unit"] = measure.unit;
    if (measure.value) {
      entry["value"] = *measure.value;
    } else {
      entry["reason"] = measure.reason;
    }
  }
  return json;
}

}  // namespace ptah
