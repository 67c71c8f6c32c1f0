/// GDSII in and out. Writing is byte-for-byte reproducible (fixed time stamps, cells in order).
/// Reading is for files of any origin: bounded, and an error says the byte offset and the record.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/geom/geometry.hpp"
#include "ptah/layout/layout.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah::gds {

struct Polygon {
  GdsLayer layer;
  std::vector<Point> points;  ///< Closed implicitly; nm.
  friend bool operator==(const Polygon&, const Polygon&) = default;
};

struct Text {
  GdsLayer layer;  ///< layer, texttype
  Point at;
  std::string text;
  friend bool operator==(const Text&, const Text&) = default;
};

/// SREF or AREF. The transform is GDSII's: mirror about x first, then rotate, then scale, then
/// move.
struct Reference {
  std::string cell;
  Point at;
  double angle_deg = 0;
  double magnification = 1;
  bool mirror_x = false;
  int columns = 1, rows = 1;
  Point column_step, row_step;
  friend bool operator==(const Reference&, const Reference&) = default;
};

struct Cell {
  std::string name;
  std::vector<Polygon> polygons;  ///< Boundaries and boxes; paths become polygons when read.
  std::vector<Text> texts;
  std::vector<Reference> references;
  friend bool operator==(const Cell&, const Cell&) = default;
};

struct Library {
  std::string name = "ptah";
  double dbu_m = 1e-9;  ///< The database unit; coordinates are scaled to nm when read.
  std::vector<Cell> cells;

  const Cell* find(std::string_view cell) const noexcept;
  /// Cells that no other cell references, in file order.
  std::vector<std::string> tops() const;
};

struct ReadLimits {
  std::size_t max_bytes = 512u << 20;
  std::size_t max_elements = 20'000'000;
  int max_depth = 64;  ///< Of the hierarchy, when flattened.
};

Result<Library> read(std::span<const std::uint8_t> bytes, std::string_view name,
                     const ReadLimits& limits = {});
Result<Library> read_file(const std::filesystem::path& file, const ReadLimits& limits = {});
std::vector<std::uint8_t> write(const Library& library);
/// Written aside, synced, renamed.
Status write_file(const Library& library, const std::filesystem::path& file);

/// Everything below one cell in its coordinates. Manhattan polygons are cut into rectangles; a
/// 45-degree edge is an error that names its place; `kept` counts shapes on unknown layers, which
/// are dropped.
struct Flat {
  struct Label {
    LayerId layer;
    Point at;
    std::string text;
    bool is_pin;  ///< On the layer's pin purpose: a port.
  };
  /// A cell below the top one, mirrored or turned by half turns alone.
  struct Placed {
    std::string cell;
    Transform to_top;
  };
  std::vector<Shape> shapes;
  std::vector<Label> labels;
  std::vector<Placed> cells;  ///< On every level; those turned by quarters or scaled are none.
  std::size_t dropped = 0;
};
Result<Flat> flatten(const Library& library, std::string_view cell, const Technology& technology,
                     const ReadLimits& limits = {});

/// The layout as a hierarchy: one cell a distinct tile, the top cell `top` with its wires, port
/// shapes and labels (text on the pin purpose, which Magic turns into ports). Blocks come with the
/// cells of their files; one of ours whose name such a cell has already is called otherwise.
Library from_layout(const Circuit& circuit, const Tiles& tiles, const Layout& layout,
                    const Technology& technology, const std::string& top);
/// A single tile with its pins labelled, for checking it alone.
Library from_tile(const Tile& tile, const Technology& technology);

}  // namespace ptah::gds
