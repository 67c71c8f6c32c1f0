#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "render/canvas.hpp"
#include "render/render.hpp"

namespace ptah {
namespace {

constexpr int kWidth = 900;
constexpr int kHeight = 640;
constexpr double kLeft = 80, kRight = 48, kTop = 50, kBottom = 60, kGap = 40;
constexpr double kFloorDb = -200;  ///< Zeros are drawn here.

constexpr std::array kColours{Colour{0.12, 0.37, 0.70, 1}, Colour{0.85, 0.33, 0.10, 1},
                              Colour{0.20, 0.55, 0.25, 1}, Colour{0.50, 0.25, 0.60, 1}};

struct Axis {
  double low, high, step;
};

/// Steps of 1, 2 or 5 times a power of ten that cover the values with at most eight of them.
Axis nice_axis(double low, double high) {
  if (high - low < 1e-9) {
    low -= 1;
    high += 1;
  }
  const double raw = (high - low) / 6;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  const double mantissa = raw / power;
  const double step = power * (mantissa > 5 ? 10 : mantissa > 2 ? 5 : mantissa > 1 ? 2 : 1);
  return {std::floor(low / step) * step, std::ceil(high / step) * step, step};
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

std::string frequency(int decade) {
  static constexpr std::array<const char*, 5> kUnits{" Hz", " kHz", " MHz", " GHz", " THz"};
  const int unit = std::clamp(decade / 3, 0, 4);
  return number(std::pow(10.0, decade - 3 * unit)) + kUnits[static_cast<std::size_t>(unit)];
}

struct Trace {
  std::vector<double> log_f, value;
};

/// Phase in degrees without jumps of a full turn.
std::vector<double> unwrapped_phase(const std::vector<std::complex<double>>& values) {
  std::vector<double> phase;
  phase.reserve(values.size());
  double turns = 0;
  for (const auto& value : values) {
    double degrees = std::arg(value) * 180 / std::numbers::pi + turns;
    if (!phase.empty()) {
      while (degrees - phase.back() > 180) degrees -= 360, turns -= 360;
      while (degrees - phase.back() < -180) degrees += 360, turns += 360;
    }
    phase.push_back(degrees);
  }
  return phase;
}

void draw_panel(Canvas& canvas, const std::vector<Trace>& traces, double top, double height,
                double first_decade, double last_decade, const std::string& unit, bool label_x) {
  double low = std::numeric_limits<double>::max();
  double high = std::numeric_limits<double>::lowest();
  for (const Trace& trace : traces) {
    for (double value : trace.value) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  const Axis axis = nice_axis(low, high);
  const double width = kWidth - kLeft - kRight;
  const auto x = [&](double decade) {
    return kLeft + (decade - first_decade) / (last_decade - first_decade) * width;
  };
  const auto y = [&](double value) {
    return top + height - (value - axis.low) / (axis.high - axis.low) * height;
  };
  cairo_t* cairo = canvas.cairo();
  cairo_set_line_width(cairo, 1);
  for (double value = axis.low; value <= axis.high + axis.step / 2; value += axis.step) {
    canvas.colour({0.85, 0.85, 0.85, 1});
    cairo_move_to(cairo, kLeft, y(value));
    cairo_line_to(cairo, kLeft + width, y(value));
    cairo_stroke(cairo);
    canvas.colour({0.2, 0.2, 0.2, 1});
    canvas.text(kLeft - 8, y(value) + 4, 13, number(std::abs(value) < 1e-9 ? 0 : value), 1);
  }
  for (int decade = static_cast<int>(std::ceil(first_decade - 1e-9));
       decade <= std::floor(last_decade + 1e-9); ++decade) {
    canvas.colour({0.85, 0.85, 0.85, 1});
    cairo_move_to(cairo, x(decade), top);
    cairo_line_to(cairo, x(decade), top + height);
    cairo_stroke(cairo);
    canvas.colour({0.2, 0.2, 0.2, 1});
    if (label_x) canvas.text(x(decade), top + height + 20, 13, frequency(decade), 0.5);
  }
  canvas.text(kLeft, top - 8, 13, unit);
  cairo_set_line_width(cairo, 2);
  for (std::size_t i = 0; i < traces.size(); ++i) {
    canvas.colour(kColours[i % kColours.size()]);
    for (std::size_t k = 0; k < traces[i].value.size(); ++k) {
      (k == 0 ? cairo_move_to : cairo_line_to)(cairo, x(traces[i].log_f[k]), y(traces[i].value[k]));
    }
    cairo_stroke(cairo);
  }
}

}  // namespace

Status plot_bode(const std::vector<BodeCurve>& curves, const std::string& title,
                 const std::filesystem::path& file) {
  std::vector<Trace> magnitude, phase;
  double first = std::numeric_limits<double>::max();
  double last = std::numeric_limits<double>::lowest();
  for (const BodeCurve& curve : curves) {
    if (curve.frequency_hz.size() != curve.value.size() || curve.value.size() < 2 ||
        curve.frequency_hz.front() <= 0) {
      return make_error(ErrorCode::kInvalidArgument,
                        "A Bode plot needs two points or more at frequencies above zero.",
                        curve.name);
    }
    Trace& db = magnitude.emplace_back();
    Trace& degrees = phase.emplace_back();
    for (std::size_t i = 0; i < curve.value.size(); ++i) {
      const double decade = std::log10(curve.frequency_hz[i]);
      first = std::min(first, decade);
      last = std::max(last, decade);
      const double size = std::abs(curve.value[i]);
      db.log_f.push_back(decade);
      db.value.push_back(size > 0 ? std::max(20 * std::log10(size), kFloorDb) : kFloorDb);
    }
    degrees.log_f = db.log_f;
    degrees.value = unwrapped_phase(curve.value);
  }
  if (curves.empty()) return make_error(ErrorCode::kInvalidArgument, "There is no curve to plot.");

  PTAH_TRY(auto canvas, Canvas::create(file, kWidth, kHeight));
  const double height = (kHeight - kTop - kBottom - kGap) / 2;
  canvas.colour({0, 0, 0, 1});
  canvas.text(kLeft, 24, 16, title);
  double legend = kWidth - kRight;
  for (std::size_t i = curves.size(); i-- > 0;) {
    canvas.colour(kColours[i % kColours.size()]);
    canvas.text(legend, 24, 14, curves[i].name, 1);
    cairo_text_extents_t extents;
    cairo_text_extents(canvas.cairo(), curves[i].name.c_str(), &extents);
    legend -= extents.x_advance + 20;
  }
  draw_panel(canvas, magnitude, kTop, height, first, last, "magnitude, dB", false);
  draw_panel(canvas, phase, kTop + height + kGap, height, first, last, "phase, degrees", true);
  return canvas.finish();
}

}  // namespace ptah
