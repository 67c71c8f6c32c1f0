#include "render/canvas.hpp"

#include <cairo-svg.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxSvg = 256u << 20;

/// Cairo names groups by a count over the life of the process; here they are counted from 0, so
/// that the same drawing is the same file.
std::string with_groups_counted(const std::string& svg) {
  constexpr std::string_view kName = "surface", kDigits = "0123456789";
  std::map<std::string, std::size_t> numbers;
  std::string text;
  std::size_t done = 0;
  for (std::size_t at; (at = svg.find(kName, done)) != std::string::npos;) {
    const std::size_t begin = at + kName.size();
    const std::size_t end = std::min(svg.find_first_not_of(kDigits, begin), svg.size());
    text.append(svg, done, begin - done);
    if (end > begin) {
      const std::size_t next = numbers.size();
      text += std::to_string(numbers.emplace(svg.substr(begin, end - begin), next).first->second);
    }
    done = end;
  }
  return text.append(svg, done);
}

}  // namespace

Canvas::Canvas(std::filesystem::path file, cairo_surface_t* surface, bool png)
    : file_(std::move(file)), surface_(surface), cairo_(cairo_create(surface)), png_(png) {
  cairo_set_source_rgb(cairo_, 1, 1, 1);
  cairo_paint(cairo_);
  cairo_select_font_face(cairo_, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
}

Canvas::Canvas(Canvas&& other) noexcept
    : file_(std::move(other.file_)),
      surface_(std::exchange(other.surface_, nullptr)),
      cairo_(std::exchange(other.cairo_, nullptr)),
      png_(other.png_) {}

Canvas::~Canvas() {
  if (cairo_ != nullptr) cairo_destroy(cairo_);
  if (surface_ != nullptr) cairo_surface_destroy(surface_);
}

Result<Canvas> Canvas::create(const std::filesystem::path& file, int width, int height) {
  const std::string extension = file.extension().string();
  const bool png = extension == ".png";
  if (!png && extension != ".svg") {
    return make_error(ErrorCode::kInvalidArgument, "A picture is a .png or an .svg file.",
                      file.string());
  }
  cairo_surface_t* surface = png ? cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)
                                 : cairo_svg_surface_create(file.c_str(), width, height);
  if (const auto status = cairo_surface_status(surface); status != CAIRO_STATUS_SUCCESS) {
    cairo_surface_destroy(surface);
    return make_error(ErrorCode::kIo, cairo_status_to_string(status), file.string());
  }
  return Canvas(file, surface, png);
}

void Canvas::text(double x, double y, double size, const std::string& line, double anchor) {
  cairo_set_font_size(cairo_, size);
  cairo_text_extents_t extents;
  cairo_text_extents(cairo_, line.c_str(), &extents);
  cairo_move_to(cairo_, x - anchor * extents.x_advance, y);
  cairo_show_text(cairo_, line.c_str());
}

Status Canvas::finish() {
  auto status = cairo_status(cairo_);
  if (status == CAIRO_STATUS_SUCCESS && png_) {
    status = cairo_surface_write_to_png(surface_, file_.c_str());
  }
  cairo_surface_finish(surface_);
  if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(surface_);
  if (status != CAIRO_STATUS_SUCCESS) {
    return make_error(ErrorCode::kIo, cairo_status_to_string(status), file_.string());
  }
  if (png_) return ok();
  PTAH_TRY(const auto svg, read_text_file(file_, kMaxSvg));
  return write_text_file(file_, with_groups_counted(svg), Durability::kCached);
}

}  // namespace ptah
