#include <algorithm>
#include <array>
#include <cmath>

#include "render/canvas.hpp"
#include "render/render.hpp"

namespace ptah {
namespace {

// A picture in its own units: caption, placement at the left, channels at the right.
constexpr double kPictureWidth = 1200, kPictureHeight = 620, kPictureMargin = 20;
constexpr double kTitleSize = 22, kTextSize = 17, kLine = 24;
constexpr double kPictureTop = 120;  ///< Of what is drawn, below the caption.
constexpr double kPlacement = 470;   ///< Side of the square that the placement has.
constexpr double kChannel = 205, kStep = 222, kChannelLine = 20;
constexpr int kChannelColumns = 3;
constexpr std::size_t kMostChannels = 6;

// Sheets.
constexpr double kShrunk = 0.5, kHead = 80;
constexpr std::size_t kMostRows = 64;

constexpr Colour kBlack{0, 0, 0, 1}, kGrey{0.35, 0.35, 0.35, 1};

struct KindStyle {
  DeviceKind kind;
  const char* title;
  Colour fill;
};
constexpr std::array kKinds{
    KindStyle{DeviceKind::kNmos, "NMOS", {0.55, 0.76, 0.52, 1}},
    KindStyle{DeviceKind::kPmos, "PMOS", {0.96, 0.76, 0.52, 1}},
    KindStyle{DeviceKind::kCapacitor, "capacitor", {0.72, 0.78, 0.90, 1}},
    KindStyle{DeviceKind::kResistor, "resistor", {0.80, 0.68, 0.86, 1}},
    KindStyle{DeviceKind::kNdiode, "n-diode", {0.74, 0.86, 0.66, 1}},
    KindStyle{DeviceKind::kPdiode, "p-diode", {0.98, 0.87, 0.70, 1}},
    KindStyle{DeviceKind::kBlock, "block", {0.86, 0.84, 0.78, 1}},
};

const KindStyle& style_of(DeviceKind kind) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const KindStyle& style) { return style.kind == kind; });
  return found == kKinds.end() ? kKinds.front() : *found;
}

void draw_caption(Canvas& canvas, const std::vector<std::string>& lines) {
  double y = kPictureMargin + kTitleSize;
  for (std::size_t i = 0; i < lines.size(); ++i, y += kLine) {
    canvas.colour(i == 0 ? kBlack : kGrey);
    canvas.text(kPictureMargin, y, i == 0 ? kTitleSize : kTextSize, lines[i]);
  }
}

/// As large as fits into the rectangle; none where nobody could read it.
void draw_name(Canvas& canvas, const std::string& name, double x, double y, double width,
               double height) {
  const double letters = 0.65 * static_cast<double>(std::max<std::size_t>(1, name.size()));
  const double size = std::min({kTextSize, 0.9 * height, 0.95 * width / letters});
  if (size < 5) return;
  canvas.colour(kBlack);
  canvas.text(x + width / 2, y + height / 2 + 0.36 * size, size, name, 0.5);
}

void draw_bodies(Canvas& canvas, const PlacementPicture& picture) {
  Rect box;
  for (const auto& body : picture.bodies) box = box.united(body.outline);
  const double side = std::max<double>({1, double(box.width()), double(box.height())});
  const double scale = kPlacement / side;
  const double left = kPictureMargin + (kPlacement - box.width() * scale) / 2;
  const double bottom = kPictureTop + (kPlacement + box.height() * scale) / 2;
  cairo_t* const cairo = canvas.cairo();
  cairo_set_line_width(cairo, 1);
  for (const auto& body : picture.bodies) {
    const double x = left + (double(body.outline.x0) - box.x0) * scale;
    const double y = bottom - (double(body.outline.y1) - box.y0) * scale;
    const double width = body.outline.width() * scale, height = body.outline.height() * scale;
    canvas.colour(style_of(body.kind).fill);
    cairo_rectangle(cairo, x, y, width, height);
    cairo_fill_preserve(cairo);
    canvas.colour(kGrey);
    cairo_stroke(cairo);
    draw_name(canvas, body.name, x, y, width, height);
  }
}

void draw_legend(Canvas& canvas, const PlacementPicture& picture) {
  double x = kPictureMargin;
  for (const KindStyle& style : kKinds) {
    if (std::none_of(picture.bodies.begin(), picture.bodies.end(),
                     [&](const auto& body) { return body.kind == style.kind; }))
      continue;
    canvas.colour(style.fill);
    cairo_rectangle(canvas.cairo(), x, kPictureTop + kPlacement + 8, 14, 14);
    cairo_fill(canvas.cairo());
    canvas.colour(kGrey);
    canvas.text(x + 20, kPictureTop + kPlacement + 21, kTextSize, style.title);
    x += 120;
  }
}

/// Equal bytes of a row are one rectangle, without smoothing: pixels stay pixels.
void draw_bytes(Canvas& canvas, const std::vector<std::uint8_t>& bytes, double x, double y) {
  const auto grid = static_cast<std::size_t>(std::lround(std::sqrt(double(bytes.size()))));
  if (grid == 0 || grid * grid != bytes.size()) return;
  cairo_t* const cairo = canvas.cairo();
  const double pixel = kChannel / static_cast<double>(grid);
  cairo_save(cairo);
  cairo_set_antialias(cairo, CAIRO_ANTIALIAS_NONE);
  canvas.colour(kBlack);
  cairo_rectangle(cairo, x, y, kChannel, kChannel);
  cairo_fill(cairo);
  for (std::size_t row = 0; row < grid; ++row) {
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(row * grid);
    const auto end = first + static_cast<std::ptrdiff_t>(grid);
    for (auto from = first; from != end;) {
      const auto to = std::find_if(from, end, [&](std::uint8_t byte) { return byte != *from; });
      if (*from != 0) {
        const double grey = *from / 255.0;
        canvas.colour({grey, grey, grey, 1});
        cairo_rectangle(cairo, x + double(from - first) * pixel, y + double(grid - 1 - row) * pixel,
                        double(to - from) * pixel, pixel);
        cairo_fill(cairo);
      }
      from = to;
    }
  }
  cairo_restore(cairo);
}

void draw_channels(Canvas& canvas, const PlacementPicture& picture) {
  for (std::size_t i = 0; i < std::min(kMostChannels, picture.channels.size()); ++i) {
    const auto column = static_cast<int>(i) % kChannelColumns;
    const auto row = static_cast<int>(i) / kChannelColumns;
    const double x =
        kPictureWidth - kPictureMargin - (kChannelColumns - column) * kStep + (kStep - kChannel);
    const double y = kPictureTop + row * (kChannel + kChannelLine + 14);
    canvas.colour(kGrey);
    canvas.text(x, y + kTextSize - 4, kTextSize, picture.channels[i].title);
    draw_bytes(canvas, picture.channels[i].bytes, x, y + kChannelLine);
  }
}

void draw(Canvas& canvas, const PlacementPicture& picture) {
  draw_caption(canvas, picture.caption);
  draw_bodies(canvas, picture);
  draw_legend(canvas, picture);
  draw_channels(canvas, picture);
}

Status check(const PlacementPicture& picture, const std::filesystem::path& file) {
  if (!picture.bodies.empty()) return ok();
  return make_error(ErrorCode::kInvalidArgument, "There is no device to draw.", file.string());
}

}  // namespace

Status draw_placement(const PlacementPicture& picture, const std::filesystem::path& file) {
  PTAH_TRY(check(picture, file));
  PTAH_TRY(auto canvas,
           Canvas::create(file, static_cast<int>(kPictureWidth), static_cast<int>(kPictureHeight)));
  draw(canvas, picture);
  return canvas.finish();
}

Status draw_sheet(const std::string& title, const std::vector<PictureColumn>& columns,
                  const std::filesystem::path& file) {
  std::size_t rows = 0;
  for (const auto& [name, pictures] : columns) {
    rows = std::max(rows, pictures.size());
    for (const PlacementPicture& picture : pictures) {
      PTAH_TRY(check(picture, file));
    }
  }
  if (rows == 0 || rows > kMostRows) {
    return make_error(ErrorCode::kInvalidArgument,
                      "A sheet has 1 to " + std::to_string(kMostRows) + " rows, not " +
                          std::to_string(rows) + ".",
                      file.string());
  }
  const double width = kShrunk * kPictureWidth, height = kShrunk * kPictureHeight;
  PTAH_TRY(auto canvas,
           Canvas::create(file, static_cast<int>(width * static_cast<double>(columns.size())),
                          static_cast<int>(kHead + height * static_cast<double>(rows))));
  canvas.colour(kBlack);
  canvas.text(kPictureMargin, 30, 18, title);
  for (std::size_t column = 0; column < columns.size(); ++column) {
    const double x = width * static_cast<double>(column);
    canvas.colour(kGrey);
    canvas.text(x + kPictureMargin / 2, 62, 15, columns[column].first);
    for (std::size_t row = 0; row < columns[column].second.size(); ++row) {
      cairo_save(canvas.cairo());
      cairo_translate(canvas.cairo(), x, kHead + height * static_cast<double>(row));
      cairo_scale(canvas.cairo(), kShrunk, kShrunk);
      draw(canvas, columns[column].second[row]);
      cairo_restore(canvas.cairo());
    }
  }
  return canvas.finish();
}

}  // namespace ptah
