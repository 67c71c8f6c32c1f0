/// Pictures of a placement, from which networks predict its quality: the features of the public
/// data set (Liu et al., "Towards Decrypting the Art of Analog Layout", DATE 2020; UT-AnLay).
///
/// A picture covers the box around all devices with grid x grid pixels; x and y are scaled each by
/// itself, so that the aspect is lost. Row 0 is the lowest. Six channels of bytes:
///   0     routing demand: nets whose pins' box covers the pixel, 1 to 4 and more
///   1..5  a part of the circuit (Device::channels); a device paints its outline in each of its
///         parts: NMOS 1, PMOS 2, capacitor 3, resistor 4
/// where 1, 2, 3, 4 are the bytes 64, 128, 192, 255, as a grey picture of 0..4 is saved. A box from
/// a to b paints the pixels [a', b') with a' = (a - left) * grid / width, divided as integers: a
/// thin one may vanish. Later devices overwrite earlier ones. Bulk pins, and a resistor's
/// substrate, are in no net's box; supplies are. A pin's box is the one around its shapes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/layout/layout.hpp"

namespace ptah::images {

constexpr int kChannels = 6;
constexpr int kGrid = 64;
/// For people.
constexpr std::array<const char*, kChannels> kTitles{"demand",   "first stage", "other stages",
                                                     "feedback", "common mode", "bias"};
/// Numbers a pixel that a network sees: each channel, then the pixel's column and row, both
/// counted from 1, where the channel is not 0.
constexpr int kInputs = 3 * kChannels;
/// Changes with each change of what is painted: models of another one are of no use.
constexpr const char* kFeatureVersion = "ut-anlay 1";

/// The bytes of 0, 1, 2, 3, 4 and more.
constexpr std::array<std::uint8_t, 5> kBytes{0, 64, 128, 192, 255};

/// Paints placements of one circuit with one set of tiles, of which it keeps what it needs.
/// [any thread]
class Painter {
 public:
  /// Fails with kInvalidArgument for a circuit without devices, or with a device that is in no
  /// channel.
  static Result<Painter> create(const Circuit& circuit, const Tiles& tiles, int grid = kGrid);

  int grid() const noexcept { return grid_; }
  std::size_t bytes() const noexcept { return static_cast<std::size_t>(kChannels * grid_ * grid_); }
  /// `out` has bytes() bytes: channel by channel, row by row. `placement` has a place for each
  /// tile.
  void paint(const Placement& placement, std::span<std::uint8_t> out) const;

 private:
  struct Pin {
    DeviceId device = 0;
    Rect box;  ///< In the tile's coordinates.
  };
  struct Body {
    Tile tile;  ///< Its outline; nothing else.
    std::uint8_t byte = 0;
    std::vector<int> channels;
  };

  int grid_ = kGrid;
  std::vector<Body> bodies_;
  std::vector<std::vector<Pin>> nets_;
};

/// One picture as floats, pixel by pixel with kInputs numbers each: a picture with "channels last".
/// `in` has kChannels * grid * grid bytes, `out` kInputs * grid * grid floats.
void expand(std::span<const std::uint8_t> in, int grid, std::span<float> out);

/// SHA-256 of what a network sees of one placement that is always the same: whoever paints another
/// picture of it, however that came, has other features. It is made of the code as it is, so that
/// nobody has to remember to change kFeatureVersion.
std::string feature_hash();

/// The six channels of a picture side by side, as SVG; `bytes` as Painter::paint leaves them.
std::string svg_of(std::span<const std::uint8_t> bytes, int grid);

}  // namespace ptah::images
