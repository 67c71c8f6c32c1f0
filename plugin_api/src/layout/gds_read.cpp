/// Reads a GDSII stream. Every length is checked against what is left of the file before it is
/// believed, and nothing is allocated that the file's own bytes do not pay for.
#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>

#include "gds_path.hpp"
#include "gds_records.hpp"
#include "ptah/layout/gds.hpp"

namespace ptah::gds {
namespace {

using detail::Record;

std::string record_name(std::uint8_t type) {
  switch (static_cast<Record>(type)) {
    case Record::kHeader:
      return "HEADER";
    case Record::kBgnLib:
      return "BGNLIB";
    case Record::kLibName:
      return "LIBNAME";
    case Record::kUnits:
      return "UNITS";
    case Record::kEndLib:
      return "ENDLIB";
    case Record::kBgnStr:
      return "BGNSTR";
    case Record::kStrName:
      return "STRNAME";
    case Record::kEndStr:
      return "ENDSTR";
    case Record::kBoundary:
      return "BOUNDARY";
    case Record::kPath:
      return "PATH";
    case Record::kSref:
      return "SREF";
    case Record::kAref:
      return "AREF";
    case Record::kText:
      return "TEXT";
    case Record::kLayer:
      return "LAYER";
    case Record::kDatatype:
      return "DATATYPE";
    case Record::kWidth:
      return "WIDTH";
    case Record::kXy:
      return "XY";
    case Record::kEndEl:
      return "ENDEL";
    case Record::kSname:
      return "SNAME";
    case Record::kColRow:
      return "COLROW";
    case Record::kNode:
      return "NODE";
    case Record::kTextType:
      return "TEXTTYPE";
    case Record::kPresentation:
      return "PRESENTATION";
    case Record::kString:
      return "STRING";
    case Record::kStrans:
      return "STRANS";
    case Record::kMag:
      return "MAG";
    case Record::kAngle:
      return "ANGLE";
    case Record::kPathType:
      return "PATHTYPE";
    case Record::kNodeType:
      return "NODETYPE";
    case Record::kBox:
      return "BOX";
    case Record::kBoxType:
      return "BOXTYPE";
    case Record::kBgnExtn:
      return "BGNEXTN";
    case Record::kEndExtn:
      return "ENDEXTN";
  }
  return "record type " + std::to_string(type);
}

struct RawRecord {
  std::size_t offset = 0;  ///< Of its header in the file.
  Record type = Record::kHeader;
  std::span<const std::uint8_t> data;
};

/// An element while its records come in; coordinates still in database units of the file.
struct Element {
  Record kind = Record::kBoundary;
  std::size_t offset = 0;
  std::optional<int> layer, datatype;
  std::vector<std::int32_t> xy;
  std::string text;  ///< STRING or SNAME.
  bool mirror = false;
  double mag = 1, angle = 0;
  int columns = 1, rows = 1;
  std::int64_t width = 0;
  int path_type = 0;
  std::int64_t begin_extension = 0, end_extension = 0;
};

class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, std::string_view name, const ReadLimits& limits)
      : bytes_(bytes), name_(name), limits_(limits) {}

  Result<Library> run() {
    if (bytes_.size() > limits_.max_bytes)
      return make_error(ErrorCode::kLimit,
                        "The file has " + std::to_string(bytes_.size()) + " bytes; at most " +
                            std::to_string(limits_.max_bytes) + " are read.",
                        name_);
    if (bytes_.size() < 6 || bytes_[2] != 0 || bytes_[3] != detail::kInt16)
      return make_error(ErrorCode::kParse, "This is not a GDSII file: it has no HEADER record.",
                        name_ + ": byte 0", "Give a binary .gds file, not compressed.");
    PTAH_TRY(next());
    bool ended = false;
    while (!ended) {
      PTAH_TRY(next());
      switch (record_.type) {
        case Record::kBgnLib:
          break;
        case Record::kLibName:
          library_.name = text();
          break;
        case Record::kUnits: {
          PTAH_TRY(units());
          break;
        }
        case Record::kBgnStr: {
          PTAH_TRY(structure());
          break;
        }
        case Record::kEndLib:
          ended = true;
          break;
        case Record::kEndStr:
        case Record::kEndEl:
        case Record::kXy:
          return unexpected("between structures");
        default:
          break;  // REFLIBS, FONTS, ATTRTABLE, GENERATIONS, FORMAT: no geometry.
      }
    }
    return std::move(library_);
  }

 private:
  std::string place(std::size_t offset) const {
    return name_ + ": byte " + std::to_string(offset) + " (" +
           record_name(static_cast<std::uint8_t>(record_.type)) + ")";
  }
  Error bad(std::string message) const {
    return make_error(ErrorCode::kParse, std::move(message), place(record_.offset));
  }
  Error unexpected(const std::string& where) const {
    return bad(record_name(static_cast<std::uint8_t>(record_.type)) + " cannot stand " + where +
               ".");
  }

  Status next() {
    const std::size_t left = bytes_.size() - position_;
    const auto truncated = [&](const std::string& what) {
      return make_error(ErrorCode::kParse, what,
                        name_ + ": byte " + std::to_string(bytes_.size()) + " (after " +
                            record_name(static_cast<std::uint8_t>(record_.type)) + ")",
                        "The file is truncated; write or copy it again.");
    };
    if (left < 4)
      return truncated(left == 0 ? "The file ends before its ENDLIB record."
                                 : "The file ends inside a record's header.");
    const std::size_t size = bytes_[position_] * 256u + bytes_[position_ + 1];
    record_.offset = position_;
    record_.type = static_cast<Record>(bytes_[position_ + 2]);
    if (size < 4 || size % 2 != 0)
      return bad("A record of " + std::to_string(size) +
                 " bytes is impossible: it is even and at least 4.");
    if (size > left)
      return truncated("The file ends inside a record that begins at byte " +
                       std::to_string(position_) + " and needs " + std::to_string(size - left) +
                       " bytes more.");
    record_.data = bytes_.subspan(position_ + 4, size - 4);
    position_ += size;
    return enough_data();
  }

  std::int32_t int16(std::size_t i) const {
    return static_cast<std::int16_t>(record_.data[2 * i] << 8 | record_.data[2 * i + 1]);
  }
  std::int32_t int32(std::size_t i) const {
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 4; ++k) word = word << 8 | record_.data[4 * i + k];
    return static_cast<std::int32_t>(word);
  }
  double real(std::size_t i) const {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 8; ++k) word = word << 8 | record_.data[8 * i + k];
    return detail::from_gds_real(word);
  }
  std::string text() const {
    std::string value(record_.data.begin(), record_.data.end());
    while (!value.empty() && value.back() == '\0') value.pop_back();
    return value;
  }
  /// Data that a record of this type must have before it is looked at.
  static std::size_t least_data(Record type) {
    switch (type) {
      case Record::kUnits:
        return 16;
      case Record::kMag:
      case Record::kAngle:
        return 8;
      case Record::kWidth:
      case Record::kBgnExtn:
      case Record::kEndExtn:
      case Record::kColRow:
        return 4;
      case Record::kLayer:
      case Record::kDatatype:
      case Record::kTextType:
      case Record::kNodeType:
      case Record::kBoxType:
      case Record::kPathType:
      case Record::kStrans:
        return 2;
      default:
        return 0;
    }
  }
  Status enough_data() const {
    const std::size_t bytes = least_data(record_.type);
    if (record_.data.size() >= bytes) return ok();
    return bad("The record has " + std::to_string(record_.data.size()) +
               " bytes of data and needs " + std::to_string(bytes) + ".");
  }

  Status units() {
    // The first number (user unit) is for people: files write one micrometre, one metre, anything.
    const double dbu = real(1);
    if (!(dbu >= 1e-15 && dbu <= 1e-3))
      return bad("The database unit must lie between 1e-15 and 1e-3 m.");
    library_.dbu_m = dbu;
    scale_ = dbu / 1e-9;
    if (std::fabs(scale_ - 1) < 1e-9) scale_ = 1;
    return ok();
  }

  Status structure() {
    Cell cell;
    while (true) {
      PTAH_TRY(next());
      switch (record_.type) {
        case Record::kStrName:
          cell.name = text();
          break;
        case Record::kBoundary:
        case Record::kPath:
        case Record::kSref:
        case Record::kAref:
        case Record::kText:
        case Record::kNode:
        case Record::kBox: {
          PTAH_TRY(element(cell));
          break;
        }
        case Record::kEndStr:
          if (cell.name.empty()) return bad("A structure has no name (STRNAME).");
          library_.cells.push_back(std::move(cell));
          return ok();
        case Record::kBgnStr:
        case Record::kEndLib:
        case Record::kXy:
        case Record::kEndEl:
          return unexpected("inside structure '" + cell.name + "'");
        default:
          break;
      }
    }
  }

  Status element(Cell& cell) {
    if (++elements_ > limits_.max_elements)
      return make_error(
          ErrorCode::kLimit,
          "The file has more than " + std::to_string(limits_.max_elements) + " elements.",
          place(record_.offset));
    Element e;
    e.kind = record_.type;
    e.offset = record_.offset;
    while (true) {
      PTAH_TRY(next());
      switch (record_.type) {
        case Record::kLayer:
          e.layer = int16(0);
          break;
        case Record::kDatatype:
        case Record::kTextType:
        case Record::kNodeType:
        case Record::kBoxType:
          e.datatype = int16(0);
          break;
        case Record::kWidth:
          e.width = std::abs(static_cast<std::int64_t>(int32(0)));
          break;
        case Record::kPathType:
          e.path_type = int16(0);
          break;
        case Record::kBgnExtn:
          e.begin_extension = int32(0);
          break;
        case Record::kEndExtn:
          e.end_extension = int32(0);
          break;
        case Record::kXy:
          if (record_.data.size() % 8 != 0) return bad("XY must hold whole pairs of coordinates.");
          for (std::size_t i = 0; i < record_.data.size() / 4; ++i) e.xy.push_back(int32(i));
          break;
        case Record::kString:
        case Record::kSname:
          e.text = text();
          break;
        case Record::kStrans:
          e.mirror = (int16(0) & 0x8000) != 0;
          break;
        case Record::kMag:
          e.mag = real(0);
          break;
        case Record::kAngle:
          e.angle = real(0);
          break;
        case Record::kColRow:
          e.columns = int16(0);
          e.rows = int16(1);
          break;
        case Record::kEndEl:
          return finish(e, cell);
        case Record::kBoundary:
        case Record::kPath:
        case Record::kSref:
        case Record::kAref:
        case Record::kText:
        case Record::kNode:
        case Record::kBox:
        case Record::kBgnStr:
        case Record::kEndStr:
        case Record::kEndLib:
          return unexpected("inside an element that began at byte " + std::to_string(e.offset));
        default:
          break;  // ELFLAGS, PLEX, PROPATTR, PROPVALUE, PRESENTATION: no geometry.
      }
    }
  }

  Error element_error(const Element& e, const std::string& message) const {
    return make_error(ErrorCode::kParse, message,
                      name_ + ": byte " + std::to_string(e.offset) + " (" +
                          record_name(static_cast<std::uint8_t>(e.kind)) + ")");
  }

  /// The coordinates of `e` in nm.
  Result<std::vector<Point>> points(const Element& e) const {
    std::vector<Point> result;
    result.reserve(e.xy.size() / 2);
    for (std::size_t i = 0; i + 1 < e.xy.size(); i += 2) {
      std::array<Dbu, 2> nm{};
      for (std::size_t k = 0; k < 2; ++k) {
        const double value = e.xy[i + k] * scale_;
        if (std::fabs(value) > std::numeric_limits<Dbu>::max())
          return element_error(e, "A coordinate is beyond the +-2.1 m that Ptah's nm can hold.");
        nm[k] = static_cast<Dbu>(std::llround(value));
      }
      result.push_back({nm[0], nm[1]});
    }
    return result;
  }

  Status finish(const Element& e, Cell& cell) {
    if (e.kind == Record::kNode) return ok();
    PTAH_TRY(auto xy, points(e));
    const bool reference = e.kind == Record::kSref || e.kind == Record::kAref;
    const std::size_t least = e.kind == Record::kAref ? 3 : 1;
    if (xy.size() < least)
      return element_error(e, "The element needs at least " + std::to_string(least) +
                                  " points and has " + std::to_string(xy.size()) + ".");
    if (reference) return add_reference(e, xy, cell);
    if (!e.layer) return element_error(e, "The element has no LAYER.");
    const GdsLayer layer{static_cast<std::int16_t>(*e.layer),
                         static_cast<std::int16_t>(e.datatype.value_or(0))};
    if (e.kind == Record::kText) {
      cell.texts.push_back({layer, xy.front(), e.text});
      return ok();
    }
    if (e.kind == Record::kPath) {
      detail::PathEnds ends;
      ends.half_width = static_cast<double>(e.width) * scale_ / 2;
      // A round end (type 1) is taken as its bounding square.
      if (e.path_type == 1 || e.path_type == 2) ends.begin = ends.end = ends.half_width;
      if (e.path_type == 4) {
        ends.begin = static_cast<double>(e.begin_extension) * scale_;
        ends.end = static_cast<double>(e.end_extension) * scale_;
      }
      auto outlines = detail::path_outlines(xy, ends);
      if (!outlines) return element_error(e, "The path's outline leaves the coordinates' range.");
      for (auto& outline : *outlines) cell.polygons.push_back({layer, std::move(outline)});
      return ok();
    }
    if (xy.size() > 1 && xy.front() == xy.back()) xy.pop_back();
    // Fewer than three points enclose nothing; other tools leave such shapes out, too.
    if (xy.size() >= 3) cell.polygons.push_back({layer, std::move(xy)});
    return ok();
  }

  Status add_reference(const Element& e, const std::vector<Point>& xy, Cell& cell) const {
    if (e.text.empty()) return element_error(e, "The reference names no structure (SNAME).");
    if (!(e.mag >= 1e-6 && e.mag <= 1e6))
      return element_error(e, "The magnification must lie between 1e-6 and 1e6.");
    Reference r;
    r.cell = e.text;
    r.at = xy.front();
    r.mirror_x = e.mirror;
    r.angle_deg = e.angle;
    r.magnification = e.mag;
    if (e.kind == Record::kAref) {
      if (e.columns < 1 || e.rows < 1)
        return element_error(e, "COLROW must hold two numbers of at least 1.");
      r.columns = e.columns;
      r.rows = e.rows;
      const auto step = [&](const Point& far, int count) {
        const auto one = [&](Dbu to, Dbu from) {
          return (static_cast<double>(to) - static_cast<double>(from)) / count;
        };
        const double dx = one(far.x, r.at.x), dy = one(far.y, r.at.y);
        constexpr double kMost = std::numeric_limits<Dbu>::max();
        return Point{static_cast<Dbu>(std::clamp(std::round(dx), -kMost, kMost)),
                     static_cast<Dbu>(std::clamp(std::round(dy), -kMost, kMost))};
      };
      r.column_step = step(xy[1], r.columns);
      r.row_step = step(xy[2], r.rows);
    }
    cell.references.push_back(std::move(r));
    return ok();
  }

  std::span<const std::uint8_t> bytes_;
  std::string name_;
  ReadLimits limits_;
  std::size_t position_ = 0;
  std::size_t elements_ = 0;
  RawRecord record_;
  double scale_ = 1;
  Library library_;
};

}  // namespace

Result<Library> read(std::span<const std::uint8_t> bytes, std::string_view name,
                     const ReadLimits& limits) {
  return Reader(bytes, name, limits).run();
}

Result<Library> read_file(const std::filesystem::path& file, const ReadLimits& limits) {
  std::error_code code;
  const auto status = std::filesystem::status(file, code);
  if (!std::filesystem::exists(status))
    return make_error(ErrorCode::kNotFound, "There is no such file.", file.string());
  if (!std::filesystem::is_regular_file(status))
    return make_error(ErrorCode::kIo, "This is not a regular file.", file.string());
  const auto size = std::filesystem::file_size(file, code);
  if (code) return make_error(ErrorCode::kIo, code.message(), file.string());
  if (size > limits.max_bytes)
    return make_error(ErrorCode::kLimit,
                      "The file has " + std::to_string(size) + " bytes; at most " +
                          std::to_string(limits.max_bytes) + " are read.",
                      file.string());
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!in && !bytes.empty())
    return make_error(ErrorCode::kIo, "The file could not be read to its end.", file.string(),
                      "Check its permissions and whether another program is writing it.");
  return read(bytes, file.string(), limits);
}

}  // namespace ptah::gds
