#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "ptah/geom/region.hpp"
#include "render/canvas.hpp"
#include "render/render.hpp"

namespace ptah {
namespace {

struct LayerStyle {
  std::string_view layer;
  Colour fill;
};

/// Bottom to top. Layers that are not listed (implants, markers) are not drawn: they cover what a
/// reader looks for.
constexpr std::array kStyles{
    LayerStyle{"nwell", {0.96, 0.91, 0.78, 1.0}},  LayerStyle{"diff", {0.45, 0.72, 0.42, 1.0}},
    LayerStyle{"tap", {0.72, 0.80, 0.42, 1.0}},    LayerStyle{"poly", {0.84, 0.26, 0.24, 0.85}},
    LayerStyle{"licon1", {0.25, 0.25, 0.25, 0.8}}, LayerStyle{"li1", {0.55, 0.47, 0.70, 0.6}},
    LayerStyle{"mcon", {0.15, 0.15, 0.35, 0.8}},   LayerStyle{"met1", {0.20, 0.47, 0.80, 0.60}},
    LayerStyle{"via", {0.05, 0.15, 0.45, 0.9}},    LayerStyle{"met2", {0.78, 0.28, 0.66, 0.55}},
    LayerStyle{"via2", {0.45, 0.05, 0.35, 0.9}},   LayerStyle{"met3", {0.95, 0.62, 0.15, 0.50}},
    LayerStyle{"capm", {0.60, 0.60, 0.60, 0.45}},  LayerStyle{"via3", {0.55, 0.35, 0.02, 0.9}},
    LayerStyle{"met4", {0.10, 0.62, 0.60, 0.45}},  LayerStyle{"cap2m", {0.50, 0.50, 0.55, 0.45}},
    LayerStyle{"via4", {0.02, 0.35, 0.35, 0.9}},   LayerStyle{"met5", {0.55, 0.40, 0.25, 0.45}}};

constexpr double kMargin = 24;
constexpr double kFooter = 44;

/// 1, 2 or 5 times a power of ten, about a fifth of `extent_um`.
double scale_bar_um(double extent_um) {
  const double power = std::pow(10.0, std::floor(std::log10(extent_um / 4)));
  const double mantissa = extent_um / 4 / power;
  return power * (mantissa >= 5 ? 5 : mantissa >= 2 ? 2 : 1);
}

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

}  // namespace

Status render_layout(const gds::Library& library, const std::string& top,
                     const Technology& technology, const std::filesystem::path& file,
                     const RenderOptions& options) {
  std::string cell = top;
  if (cell.empty()) {
    const auto tops = library.tops();
    if (tops.size() != 1) {
      return make_error(ErrorCode::kInvalidArgument,
                        "The layout has " + std::to_string(tops.size()) + " top cells; name one.",
                        file.string());
    }
    cell = tops.front();
  }
  PTAH_TRY(auto flat, gds::flatten(library, cell, technology));
  std::map<LayerId, std::vector<Rect>> by_layer;
  Rect box;
  for (const Shape& shape : flat.shapes) {
    by_layer[shape.layer].push_back(shape.rect);
    box = box.united(shape.rect);
  }
  if (box.empty()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "Cell `" + cell + "` has nothing on a layer of " + technology.name() + ".",
                      file.string());
  }
  const double scale = (options.width_px - 2 * kMargin) / std::max<double>(box.width(), 1);
  const double drawn = std::min(box.height() * scale, 16384.0);
  const int height = static_cast<int>(drawn + 2 * kMargin + (options.labels ? kFooter : 0));
  PTAH_TRY(auto canvas, Canvas::create(file, options.width_px, height));
  const auto x = [&](Dbu at) { return kMargin + (at - box.x0) * scale; };
  const auto y = [&](Dbu at) { return kMargin + (box.y1 - at) * scale; };

  for (const LayerStyle& style : kStyles) {
    const auto id = technology.find_layer(style.layer);
    if (!id || !by_layer.contains(*id)) continue;
    canvas.colour(style.fill);
    for (const Rect& rect : united(by_layer[*id])) {
      cairo_rectangle(canvas.cairo(), x(rect.x0), y(rect.y1), rect.width() * scale,
                      rect.height() * scale);
    }
    cairo_fill(canvas.cairo());
  }
  if (options.labels) {
    const double size = std::clamp(options.width_px / 75.0, 9.0, 26.0);
    std::map<std::string, bool> written;
    for (const auto& label : flat.labels) {
      if (!label.is_pin || std::exchange(written[label.text], true)) continue;
      cairo_text_extents_t extents;
      cairo_set_font_size(canvas.cairo(), size);
      cairo_text_extents(canvas.cairo(), label.text.c_str(), &extents);
      const double left = std::clamp(x(label.at.x) - extents.x_advance / 2, 2.0,
                                     std::max(2.0, options.width_px - extents.x_advance - 2));
      canvas.colour({1, 1, 1, 0.8});
      cairo_rectangle(canvas.cairo(), left - 3, y(label.at.y) - size * 0.85, extents.x_advance + 6,
                      size * 1.15);
      cairo_fill(canvas.cairo());
      canvas.colour({0, 0, 0, 1});
      canvas.text(left, y(label.at.y), size, label.text);
    }
    const double bar_um = scale_bar_um(to_um(box.width()));
    const double bottom = height - 20;
    cairo_rectangle(canvas.cairo(), kMargin, bottom, bar_um * 1000 * scale, 4);
    cairo_fill(canvas.cairo());
    canvas.text(kMargin, bottom - 7, 14, short_number(bar_um) + " um");
    canvas.text(options.width_px - kMargin, bottom - 3, 14,
                cell + "   " + short_number(to_um(box.width())) + " x " +
                    short_number(to_um(box.height())) + " um",
                1);
  }
  return canvas.finish();
}

}  // namespace ptah
