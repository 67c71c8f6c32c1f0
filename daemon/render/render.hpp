/// Pictures for people: layouts and Bode plots, PNG or SVG by the file's extension (cairo).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/sim/waveform.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

struct RenderOptions {
  int width_px = 1200;  ///< 64..8192; the height follows from the layout.
  bool labels = true;   ///< Port names and a scale bar.
};

/// Draws `top` (empty: the only top cell) with the technology's layers, lowest first.
Status render_layout(const gds::Library& library, const std::string& top,
                     const Technology& technology, const std::filesystem::path& file,
                     const RenderOptions& options = {});

struct BodeCurve {
  std::string name;  ///< "pre-layout"
  std::vector<double> frequency_hz;
  std::vector<std::complex<double>> value;
};

/// Magnitude in dB and phase in degrees over a logarithmic frequency axis.
Status plot_bode(const std::vector<BodeCurve>& curves, const std::string& title,
                 const std::filesystem::path& file);

/// A placement as it is drawn: what is placed where, and beside it pictures of it.
struct PlacementPicture {
  struct Body {
    std::string name;
    DeviceKind kind = DeviceKind::kNmos;
    Rect outline;
  };
  /// Bytes of a square picture, row by row from the lowest: 0 black, 255 white.
  struct Channel {
    std::string title;
    std::vector<std::uint8_t> bytes;
  };
  std::vector<std::string> caption;  ///< The first line is the title.
  std::vector<Body> bodies;          ///< At least one.
  std::vector<Channel> channels;     ///< At most six.
};

/// One placement.
Status draw_placement(const PlacementPicture& picture, const std::filesystem::path& file);

/// Many: a column each, with its title above it; the longest has at most 64.
using PictureColumn = std::pair<std::string, std::vector<PlacementPicture>>;
Status draw_sheet(const std::string& title, const std::vector<PictureColumn>& columns,
                  const std::filesystem::path& file);

}  // namespace ptah
