#include "placement_images.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "ptah/core/random.hpp"

namespace ptah::images {
namespace {

using ::testing::HasSubstr;

constexpr LayerId kLayer = 1;

/// Devices of any size; pins are where a test puts them.
struct Scene {
  Circuit circuit;
  Tiles tiles;
  Placement placement;

  Scene& nets(int count) {
    for (int i = 0; i < count; ++i) circuit.nets.push_back({"n" + std::to_string(i)});
    return *this;
  }
  Scene& device(DeviceKind kind, std::vector<int> channels, std::vector<NetId> connected, Rect at,
                std::vector<std::pair<std::string, std::vector<Rect>>> pins = {}) {
    Device device;
    device.name = "d" + std::to_string(circuit.devices.size());
    device.kind = kind;
    device.nets = std::move(connected);
    device.channels = std::move(channels);
    circuit.devices.push_back(device);
    Tile tile;
    tile.kind = kind;
    tile.outline = {0, 0, at.width(), at.height()};
    for (auto& [terminal, rects] : pins) {
      TilePin pin{terminal, {}};
      for (const Rect& rect : rects) pin.access.push_back({kLayer, rect});
      tile.pins.push_back(pin);
    }
    tiles.push_back(tile);
    placement.tiles.push_back({{at.x0, at.y0}, Orientation::kR0, at});
    return *this;
  }
  std::vector<std::uint8_t> paint(int grid = kGrid) const {
    const auto painter = Painter::create(circuit, tiles, grid);
    EXPECT_TRUE(painter) << painter.error().text();
    std::vector<std::uint8_t> bytes(painter.value().bytes());
    painter.value().paint(placement, bytes);
    return bytes;
  }
};

/// One channel as text, the highest row first: '.', then 1 to 4.
std::string text(const std::vector<std::uint8_t>& bytes, int grid, int channel) {
  std::string lines;
  for (int y = grid - 1; y >= 0; --y) {
    for (int x = 0; x < grid; ++x) {
      const std::uint8_t byte = bytes[static_cast<std::size_t>((channel * grid + y) * grid + x)];
      const auto* found = std::find(kBytes.begin(), kBytes.end(), byte);
      lines += byte == 0 ? '.' : static_cast<char>('0' + (found - kBytes.begin()));
    }
    lines += '\n';
  }
  return lines;
}

TEST(PlacementImages, DevicesPaintTheirKindWhereTheyStand) {
  // The box is 1600 x 800 nm, so that a pixel of 8 x 8 is 200 x 100 nm.
  Scene scene;
  scene.device(DeviceKind::kNmos, {1}, {}, {0, 0, 400, 400})
      .device(DeviceKind::kPmos, {1, 3}, {}, {800, 0, 1600, 200})
      .device(DeviceKind::kCapacitor, {3}, {}, {0, 500, 1000, 800})
      .device(DeviceKind::kResistor, {5}, {}, {1200, 500, 1600, 800});
  const auto bytes = scene.paint(8);
  EXPECT_EQ(text(bytes, 8, 1),
            "........\n"
            "........\n"
            "........\n"
            "........\n"
            "11......\n"
            "11......\n"
            "11..2222\n"
            "11..2222\n");
  EXPECT_EQ(text(bytes, 8, 3),
            "33333...\n"
            "33333...\n"
            "33333...\n"
            "........\n"
            "........\n"
            "........\n"
            "....2222\n"
            "....2222\n");
  EXPECT_EQ(text(bytes, 8, 5).substr(0, 18),
            "......44\n"
            "......44\n");
  for (const int channel : {0, 2, 4})
    EXPECT_EQ(text(bytes, 8, channel).find_first_not_of(".\n"), std::string::npos);
}

TEST(PlacementImages, AThinDeviceBetweenTwoPixelsVanishes) {
  Scene scene;
  scene.device(DeviceKind::kNmos, {1}, {}, {0, 0, 800, 800})
      .device(DeviceKind::kPmos, {2}, {}, {310, 0, 390, 800});  // 3.1 to 3.9 pixels
  EXPECT_EQ(text(scene.paint(8), 8, 2).find('2'), std::string::npos);
  EXPECT_NE(text(scene.paint(64), 64, 2).find('2'), std::string::npos);
}

TEST(PlacementImages, ALaterDevicePaintsOverAnEarlierOne) {
  Scene scene;
  scene.device(DeviceKind::kNmos, {1}, {}, {0, 0, 800, 800})
      .device(DeviceKind::kResistor, {1}, {}, {0, 0, 400, 800});
  EXPECT_EQ(text(scene.paint(8), 8, 1).substr(0, 8), "44441111");
}

/// Two transistors in opposite corners of a box of 800 x 800, joined by `count` nets.
Scene joined(int count) {
  Scene scene;
  scene.nets(4);
  const std::vector<std::string> names{"D", "G", "S", "B"};
  std::vector<NetId> nets{0, 1, 2, 3};
  for (int i = count; i < 4; ++i) nets[static_cast<std::size_t>(i)] = kNoNet;
  std::vector<std::pair<std::string, std::vector<Rect>>> pins;
  for (const std::string& name : names) pins.push_back({name, {{0, 0, 100, 100}}});
  scene.device(DeviceKind::kNmos, {1}, nets, {0, 0, 100, 100}, pins)
      .device(DeviceKind::kNmos, {1}, nets, {700, 700, 800, 800}, pins);
  return scene;
}

TEST(PlacementImages, DemandCountsNetsWithoutBulksUpToFour) {
  EXPECT_EQ(joined(1).paint(8)[0], 64);
  EXPECT_EQ(joined(2).paint(8)[20], 128);
  EXPECT_EQ(joined(3).paint(8)[63], 192);
  EXPECT_EQ(joined(4).paint(8)[63], 192) << "the bulk's net counts";
  Scene many;
  many.nets(300);
  for (int i = 0; i < 300; ++i) {
    many.device(DeviceKind::kCapacitor, {1}, {i, kNoNet}, {0, 0, 800, 800},
                {{"TOP", {{0, 0, 800, 800}}}, {"BOTTOM", {{0, 0, 10, 10}}}});
  }
  EXPECT_EQ(many.paint(8)[0], 255);
}

TEST(PlacementImages, APinIsTheBoxAroundItsShapes) {
  Scene scene;
  scene.nets(1).device(DeviceKind::kNmos, {1}, {0, kNoNet, kNoNet, kNoNet}, {0, 0, 800, 800},
                       {{"D", {{0, 0, 100, 100}, {300, 200, 400, 300}}}});
  EXPECT_EQ(text(scene.paint(8), 8, 0).substr(45),
            "1111....\n"
            "1111....\n"
            "1111....\n");
}

TEST(PlacementImages, AResistorsSubstrateIsNoPin) {
  Scene scene;
  scene.nets(1).device(DeviceKind::kResistor, {1}, {kNoNet, kNoNet, 0}, {0, 0, 800, 800},
                       {{"SUB", {{0, 0, 800, 800}}}});
  EXPECT_EQ(scene.paint(8)[0], 0);
}

TEST(PlacementImages, PinsMoveWithTheirMirroredTile) {
  Scene scene;
  scene.nets(1).device(DeviceKind::kNmos, {1}, {0, kNoNet, kNoNet, kNoNet}, {0, 0, 800, 800},
                       {{"D", {{0, 0, 200, 100}}}});
  scene.placement.tiles[0].orientation = Orientation::kR180;
  EXPECT_EQ(text(scene.paint(8), 8, 0).substr(0, 8), "......11");
}

Scene random_scene(std::uint64_t seed) {
  Rng rng(seed);
  Scene scene;
  scene.nets(8);
  for (int i = 0; i < 12; ++i) {
    const Dbu x = static_cast<Dbu>(rng.below(300)) * 100,
              y = static_cast<Dbu>(rng.below(300)) * 100;
    const Dbu w = 1000 + static_cast<Dbu>(rng.below(30)) * 100;
    const Dbu h = 1000 + static_cast<Dbu>(rng.below(30)) * 100;
    scene.device(rng.below(2) == 0 ? DeviceKind::kNmos : DeviceKind::kPmos,
                 {static_cast<int>(1 + rng.below(5))},
                 {static_cast<NetId>(rng.below(8)), static_cast<NetId>(rng.below(8)),
                  static_cast<NetId>(rng.below(8)), 0},
                 {x, y, x + w, y + h},
                 {{"D", {{0, 0, 100, h}}}, {"G", {{300, 0, 400, h}}}, {"S", {{600, 0, 700, h}}}});
  }
  return scene;
}

TEST(PlacementImages, AShiftOfAllChangesNothing) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Scene scene = random_scene(seed);
    const auto before = scene.paint();
    for (PlacedTile& tile : scene.placement.tiles) tile.origin = tile.origin + Point{-12300, 4500};
    EXPECT_EQ(scene.paint(), before) << seed;
  }
}

TEST(PlacementImages, EachAxisIsScaledByItself) {
  // Twice as wide in all, and the same picture.
  Scene narrow, wide;
  for (const int factor : {1, 2}) {
    Scene& scene = factor == 1 ? narrow : wide;
    scene.device(DeviceKind::kNmos, {1}, {}, {0, 0, 1000 * factor, 700})
        .device(DeviceKind::kPmos, {4}, {}, {1300 * factor, 900, 2100 * factor, 1700});
  }
  EXPECT_EQ(narrow.paint(), wide.paint());
}

TEST(PlacementImages, ExpandedPixelsHaveCoordinatesWhereTheyArePainted) {
  const Scene scene = random_scene(3);
  const auto bytes = scene.paint();
  std::vector<float> inputs(kInputs * kGrid * kGrid);
  expand(bytes, kGrid, inputs);
  for (int y = 0; y < kGrid; ++y) {
    for (int x = 0; x < kGrid; ++x) {
      for (int channel = 0; channel < kChannels; ++channel) {
        const float byte = bytes[static_cast<std::size_t>((channel * kGrid + y) * kGrid + x)];
        const float* pixel = inputs.data() + ((y * kGrid + x) * kChannels + channel) * 3;
        ASSERT_EQ(pixel[0], byte);
        ASSERT_EQ(pixel[1], byte == 0 ? 0 : x + 1);
        ASSERT_EQ(pixel[2], byte == 0 ? 0 : y + 1);
      }
    }
  }
}

TEST(PlacementImages, TheFeaturesHaveAHash) {
  EXPECT_EQ(feature_hash(), "8a7c2cc1916ef2e067b27268b9c0cb127cb3905631ce8992182e775b5ec122e4")
      << "models are of no use with other features: change this and kFeatureVersion on purpose";
}

TEST(PlacementImages, AsSvgEachStretchOfARowIsOneBox) {
  Scene scene;
  scene.device(DeviceKind::kNmos, {1}, {}, {0, 0, 800, 800})
      .device(DeviceKind::kResistor, {1}, {}, {0, 0, 400, 800});
  const std::string svg = svg_of(scene.paint(8), 8);
  std::size_t boxes = 0;
  for (std::size_t at = svg.find("rgb("); at != std::string::npos; at = svg.find("rgb(", at + 1))
    ++boxes;
  EXPECT_EQ(boxes, 16u) << "two in each of eight rows";
}

TEST(PlacementImages, ACircuitWithoutPartsIsRefusedWithASentence) {
  Scene scene;
  scene.device(DeviceKind::kNmos, {1}, {}, {0, 0, 800, 800})
      .device(DeviceKind::kNmos, {}, {}, {0, 0, 800, 800});
  const auto painter = Painter::create(scene.circuit, scene.tiles);
  ASSERT_FALSE(painter);
  EXPECT_EQ(painter.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(painter.error().message, HasSubstr("d1"));
  EXPECT_FALSE(Painter::create(Circuit{}, {}));
}

}  // namespace
}  // namespace ptah::images
