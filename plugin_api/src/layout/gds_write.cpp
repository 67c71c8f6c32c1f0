#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "gds_records.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/layout/gds.hpp"

namespace ptah::gds {
namespace {

using detail::Record;

/// Data and header of a record together hold at most this (GDSII: a 16 bit length, even).
constexpr std::size_t kMaxRecord = 0xFFFE;
/// Points that fit an XY record.
constexpr std::size_t kMaxPoints = (kMaxRecord - 4) / 8;

class Writer {
 public:
  void record(Record type, std::uint8_t data_type, std::span<const std::uint8_t> data) {
    const std::size_t size = 4 + data.size();
    out_.push_back(static_cast<std::uint8_t>(size >> 8));
    out_.push_back(static_cast<std::uint8_t>(size));
    out_.push_back(static_cast<std::uint8_t>(type));
    out_.push_back(data_type);
    out_.insert(out_.end(), data.begin(), data.end());
  }
  void none(Record type) { record(type, detail::kNoData, {}); }
  void int16s(Record type, std::initializer_list<int> values) {
    std::vector<std::uint8_t> data;
    for (const int v : values) put16(data, v);
    record(type, detail::kInt16, data);
  }
  void bits(Record type, std::uint16_t value) {
    std::vector<std::uint8_t> data;
    put16(data, value);
    record(type, detail::kBits, data);
  }
  void reals(Record type, std::initializer_list<double> values) {
    std::vector<std::uint8_t> data;
    for (const double v : values) {
      const std::uint64_t word = detail::to_gds_real(v);
      for (int shift = 56; shift >= 0; shift -= 8)
        data.push_back(static_cast<std::uint8_t>(word >> shift));
    }
    record(type, detail::kReal64, data);
  }
  void text(Record type, std::string_view value) {
    std::vector<std::uint8_t> data(value.begin(), value.end());
    if (data.size() > kMaxRecord - 4) data.resize(kMaxRecord - 4);
    if (data.size() % 2 != 0) data.push_back(0);
    record(type, detail::kAscii, data);
  }
  void points(std::span<const Point> values, double scale) {
    std::vector<std::uint8_t> data;
    data.reserve(values.size() * 8);
    for (const Point& p : values) {
      put32(data, scaled(p.x, scale));
      put32(data, scaled(p.y, scale));
    }
    record(Record::kXy, detail::kInt32, data);
  }

  std::vector<std::uint8_t> take() { return std::move(out_); }

 private:
  static std::int32_t scaled(Dbu nm, double scale) {
    constexpr double kMost = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::int32_t>(std::lround(std::clamp(nm * scale, -kMost, kMost)));
  }
  static void put16(std::vector<std::uint8_t>& data, int v) {
    const auto word = static_cast<std::uint16_t>(v);
    data.push_back(static_cast<std::uint8_t>(word >> 8));
    data.push_back(static_cast<std::uint8_t>(word));
  }
  static void put32(std::vector<std::uint8_t>& data, std::int32_t v) {
    const auto word = static_cast<std::uint32_t>(v);
    for (int shift = 24; shift >= 0; shift -= 8)
      data.push_back(static_cast<std::uint8_t>(word >> shift));
  }
  std::vector<std::uint8_t> out_;
};

void write_polygon(Writer& w, const Polygon& polygon, double scale) {
  std::vector<Point> points = polygon.points;
  if (points.empty()) return;
  points.push_back(points.front());
  w.none(Record::kBoundary);
  w.int16s(Record::kLayer, {polygon.layer.layer});
  w.int16s(Record::kDatatype, {polygon.layer.datatype});
  // More points than a record holds go on in the next one, as other writers do.
  std::span<const Point> rest = points;
  while (!rest.empty()) {
    const auto part = rest.first(std::min(rest.size(), kMaxPoints));
    w.points(part, scale);
    rest = rest.subspan(part.size());
  }
  w.none(Record::kEndEl);
}

void write_text(Writer& w, const Text& text, double scale) {
  w.none(Record::kText);
  w.int16s(Record::kLayer, {text.layer.layer});
  w.int16s(Record::kTextType, {text.layer.datatype});
  w.points(std::array{text.at}, scale);
  w.text(Record::kString, text.text);
  w.none(Record::kEndEl);
}

/// start + step * count, held in range.
Dbu sum(Dbu start, Dbu step, int count) {
  const std::int64_t wide = start + static_cast<std::int64_t>(step) * count;
  return static_cast<Dbu>(std::clamp<std::int64_t>(wide, std::numeric_limits<Dbu>::min(),
                                                   std::numeric_limits<Dbu>::max()));
}

void write_reference(Writer& w, const Reference& r, double scale) {
  const bool array = r.columns != 1 || r.rows != 1;
  w.none(array ? Record::kAref : Record::kSref);
  w.text(Record::kSname, r.cell);
  if (r.mirror_x || r.angle_deg != 0 || r.magnification != 1) {
    w.bits(Record::kStrans, r.mirror_x ? 0x8000 : 0);
    if (r.magnification != 1) w.reals(Record::kMag, {r.magnification});
    if (r.angle_deg != 0) w.reals(Record::kAngle, {r.angle_deg});
  }
  if (array) {
    w.int16s(Record::kColRow, {r.columns, r.rows});
    // The second and third points are the first one moved by all columns and by all rows.
    const auto moved = [&](Point step, int count) {
      return Point{sum(r.at.x, step.x, count), sum(r.at.y, step.y, count)};
    };
    w.points(std::array{r.at, moved(r.column_step, r.columns), moved(r.row_step, r.rows)}, scale);
  } else {
    w.points(std::array{r.at}, scale);
  }
  w.none(Record::kEndEl);
}

}  // namespace

namespace detail {

std::uint64_t to_gds_real(double value) {
  if (value == 0 || !std::isfinite(value)) return 0;
  // Sign, 7 bit exponent of 16 with bias 64, 56 bit fraction in [1/16, 1).
  const std::uint64_t sign = value < 0 ? 1ull << 63 : 0;
  int exponent2 = 0;
  double fraction = std::frexp(std::fabs(value), &exponent2);
  int exponent16 = exponent2 / 4;
  int shift = exponent2 - exponent16 * 4;
  if (shift > 0) {
    shift -= 4;
    ++exponent16;
  }
  fraction = std::ldexp(fraction, shift);
  const int biased = exponent16 + 64;
  if (biased < 0) return 0;
  if (biased > 127) return sign | 0x7FFF'FFFF'FFFF'FFFFull;
  const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, 56));
  return sign | static_cast<std::uint64_t>(biased) << 56 | mantissa;
}

double from_gds_real(std::uint64_t word) {
  const int exponent16 = static_cast<int>(word >> 56 & 0x7F) - 64;
  const double fraction = std::ldexp(static_cast<double>(word & 0x00FF'FFFF'FFFF'FFFFull), -56);
  const double value = std::ldexp(fraction, 4 * exponent16);
  return word >> 63 ? -value : value;
}

}  // namespace detail

const Cell* Library::find(std::string_view cell) const noexcept {
  for (const Cell& c : cells) {
    if (c.name == cell) return &c;
  }
  return nullptr;
}

std::vector<std::string> Library::tops() const {
  std::set<std::string_view> used;
  for (const Cell& c : cells) {
    for (const Reference& r : c.references) used.insert(r.cell);
  }
  std::vector<std::string> result;
  for (const Cell& c : cells) {
    if (!used.contains(c.name)) result.push_back(c.name);
  }
  return result;
}

std::vector<std::uint8_t> write(const Library& library) {
  // A fixed time stamp: equal libraries have equal bytes.
  const std::initializer_list<int> kTimes = {2000, 1, 1, 0, 0, 0, 2000, 1, 1, 0, 0, 0};
  const double scale = 1e-9 / library.dbu_m;
  Writer w;
  w.int16s(Record::kHeader, {600});
  w.int16s(Record::kBgnLib, kTimes);
  w.text(Record::kLibName, library.name);
  // The user unit is the micrometre.
  w.reals(Record::kUnits, {library.dbu_m / 1e-6, library.dbu_m});
  for (const Cell& cell : library.cells) {
    w.int16s(Record::kBgnStr, kTimes);
    w.text(Record::kStrName, cell.name);
    for (const Polygon& polygon : cell.polygons) write_polygon(w, polygon, scale);
    for (const Text& text : cell.texts) write_text(w, text, scale);
    for (const Reference& reference : cell.references) write_reference(w, reference, scale);
    w.none(Record::kEndStr);
  }
  w.none(Record::kEndLib);
  return w.take();
}

Status write_file(const Library& library, const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = write(library);
  return write_text_file(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace ptah::gds
