/// A cairo surface that becomes a PNG or an SVG file, by the file's extension.
#pragma once

#include <cairo.h>

#include <filesystem>
#include <string>

#include "ptah/core/error.hpp"

namespace ptah {

struct Colour {
  double red, green, blue, alpha = 1;
};

class Canvas {
 public:
  /// Pixels (PNG) or points (SVG). Fails when the extension is neither or the file can not be made.
  static Result<Canvas> create(const std::filesystem::path& file, int width, int height);
  Canvas(Canvas&& other) noexcept;
  Canvas& operator=(Canvas&&) = delete;
  ~Canvas();

  cairo_t* cairo() noexcept { return cairo_; }
  void colour(Colour c) noexcept { cairo_set_source_rgba(cairo_, c.red, c.green, c.blue, c.alpha); }
  /// `anchor` 0: starts at x, 0.5: centred, 1: ends at x.
  void text(double x, double y, double size, const std::string& line, double anchor = 0);
  /// Writes the file; nothing may be drawn after it.
  Status finish();

 private:
  Canvas(std::filesystem::path file, cairo_surface_t* surface, bool png);
  std::filesystem::path file_;
  cairo_surface_t* surface_;
  cairo_t* cairo_;
  bool png_;
};

}  // namespace ptah
