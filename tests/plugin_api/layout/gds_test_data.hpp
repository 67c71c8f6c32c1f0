/// Libraries, tiles and raw records for the GDSII tests.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "ptah/layout/gds.hpp"

namespace ptah::test {

inline const Technology& tech() {
  return Technology::ptah130();
}

inline gds::Polygon box(GdsLayer layer, const Rect& r) {
  return {layer, {{r.x0, r.y0}, {r.x1, r.y0}, {r.x1, r.y1}, {r.x0, r.y1}}};
}

/// "leaf" with a met1 box, and "top" with a label, the leaf turned by 90 degrees and a 3 x 2 array.
inline gds::Library sample_library() {
  gds::Library library;
  gds::Cell leaf;
  leaf.name = "leaf";
  leaf.polygons = {box({68, 20}, {0, 0, 300, 200})};
  gds::Cell top;
  top.name = "top";
  top.polygons = {box({69, 20}, {-100, -100, 5000, 50})};
  top.texts = {{{69, 16}, {0, 0}, "out"}};
  gds::Reference turned;
  turned.cell = "leaf";
  turned.at = {1000, 2000};
  turned.angle_deg = 90;
  gds::Reference array;
  array.cell = "leaf";
  array.at = {-4000, 0};
  array.mirror_x = true;
  array.columns = 3;
  array.rows = 2;
  array.column_step = {500, 0};
  array.row_step = {0, 700};
  top.references = {turned, array};
  library.cells = {leaf, top};
  return library;
}

/// Two bars in a 1000 x 600 outline, unlike its own mirror images.
inline Tile sample_tile() {
  Tile tile;
  tile.cell = "bars";
  tile.outline = {0, 0, 1000, 600};
  const LayerId met1 = tech().layer("met1");
  tile.pins = {{"A", {{met1, {100, 50, 900, 200}}}}, {"B", {{met1, {300, 400, 1000, 560}}}}};
  for (const TilePin& pin : tile.pins) tile.shapes.push_back(pin.access[0]);
  return tile;
}

/// One GDSII record.
inline std::vector<std::uint8_t> record(int type, int data_type, std::vector<int> bytes = {}) {
  const std::size_t size = bytes.size() + 4;
  std::vector<std::uint8_t> out = {static_cast<std::uint8_t>(size >> 8),
                                   static_cast<std::uint8_t>(size), static_cast<std::uint8_t>(type),
                                   static_cast<std::uint8_t>(data_type)};
  for (const int b : bytes) out.push_back(static_cast<std::uint8_t>(b));
  return out;
}

/// Four bytes, most significant first.
inline std::vector<int> word(std::int32_t value) {
  const auto v = static_cast<std::uint32_t>(value);
  return {static_cast<int>(v >> 24), static_cast<int>(v >> 16 & 255),
          static_cast<int>(v >> 8 & 255), static_cast<int>(v & 255)};
}

/// A stream of records put together for one test.
struct Stream {
  std::vector<std::uint8_t> bytes;
  Stream& add(int type, int data_type, std::vector<int> data = {}) {
    const auto r = record(type, data_type, std::move(data));
    bytes.insert(bytes.end(), r.begin(), r.end());
    return *this;
  }
  Stream& xy(const std::vector<Point>& points) {
    std::vector<int> data;
    for (const Point& p : points) {
      for (const Dbu c : {p.x, p.y}) {
        for (const int b : word(c)) data.push_back(b);
      }
    }
    return add(0x10, 3, data);
  }
  /// HEADER, BGNLIB, UNITS (nm) and the begin of the structure "T".
  static Stream begin() {
    Stream s;
    s.add(0x00, 2, {2, 88}).add(0x01, 2, std::vector<int>(24, 0)).add(0x02, 6, {'l', 0});
    // 1e-3 and 1e-9 as GDSII reals.
    s.add(0x03, 5,
          {0x3E, 0x41, 0x89, 0x37, 0x4B, 0xC6, 0xA7, 0xF0, 0x39, 0x44, 0xB8, 0x2F, 0xA0, 0x9B, 0x5A,
           0x54});
    s.add(0x05, 2, std::vector<int>(24, 0)).add(0x06, 6, {'T', 0});
    return s;
  }
  Stream& end() { return add(0x07, 0).add(0x04, 0); }
};

}  // namespace ptah::test
