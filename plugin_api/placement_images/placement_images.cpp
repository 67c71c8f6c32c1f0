#include "placement_images.hpp"

#include <algorithm>
#include <array>

#include "ptah/core/sha256.hpp"

namespace ptah::images {
namespace {

constexpr std::uint8_t kMostDemand = kBytes.size() - 1;

std::uint8_t byte_of(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::kNmos:
      return kBytes[1];
    case DeviceKind::kPmos:
      return kBytes[2];
    case DeviceKind::kCapacitor:
      return kBytes[3];
    case DeviceKind::kResistor:
      return kBytes[4];
    // Networks know the kinds that they have seen: a diode is a diffusion of its doping.
    case DeviceKind::kNdiode:
      return kBytes[1];
    case DeviceKind::kPdiode:
      return kBytes[2];
    case DeviceKind::kBlock:
      break;
  }
  return 0;
}

bool is_bulk(const Device& device, std::size_t terminal) {
  // Of a diode both terminals are pins.
  return !is_diode(device.kind) && bulk_terminal(device.kind, device.nets.size()) == terminal;
}

/// From layout coordinates to half-open ranges of pixels.
class Scale {
 public:
  Scale(const Rect& box, int grid)
      : box_(box),
        grid_(grid),
        width_(std::max<std::int64_t>(1, box.width())),
        height_(std::max<std::int64_t>(1, box.height())) {}

  struct Pixels {
    int x0, y0, x1, y1;
  };
  Pixels operator()(const Rect& rect) const {
    const auto x = [this](Dbu at) {
      return clamped((std::int64_t{at} - box_.x0) * grid_ / width_);
    };
    const auto y = [this](Dbu at) {
      return clamped((std::int64_t{at} - box_.y0) * grid_ / height_);
    };
    return {x(rect.x0), y(rect.y0), x(rect.x1), y(rect.y1)};
  }

 private:
  int clamped(std::int64_t pixel) const {
    return static_cast<int>(std::clamp<std::int64_t>(pixel, 0, grid_));
  }

  Rect box_;
  int grid_;
  std::int64_t width_, height_;
};

}  // namespace

Result<Painter> Painter::create(const Circuit& circuit, const Tiles& tiles, int grid) {
  const std::string where = "circuit " + circuit.name;
  if (circuit.devices.empty() || tiles.size() != circuit.devices.size()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "A picture needs at least one device, and a tile for each.", where);
  }
  Painter painter;
  painter.grid_ = grid;
  painter.nets_.resize(circuit.nets.size());
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const Device& device = circuit.devices[i];
    if (device.channels.empty()) {
      return make_error(ErrorCode::kInvalidArgument,
                        "Device " + device.name +
                            " is in no part of the circuit, and the networks see placements part "
                            "by part.",
                        where, "Give the circuit a channels.json that names every device.");
    }
    Body& body = painter.bodies_.emplace_back();
    body.tile.outline = tiles[i].outline;
    body.byte = byte_of(device.kind);
    body.channels = device.channels;
    const auto names = terminal_names(device);
    for (std::size_t k = 0; k < device.nets.size(); ++k) {
      const TilePin* pin = tiles[i].find_pin(names[k]);
      if (is_bulk(device, k) || device.nets[k] == kNoNet || pin == nullptr) continue;
      Rect box;
      for (const Shape& shape : pin->access) box = box.united(shape.rect);
      if (!box.empty()) {
        painter.nets_[static_cast<std::size_t>(device.nets[k])].push_back(
            {static_cast<DeviceId>(i), box});
      }
    }
  }
  return painter;
}

void Painter::paint(const Placement& placement, std::span<std::uint8_t> out) const {
  const auto side = static_cast<std::size_t>(grid_);
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  std::vector<Transform> places;
  places.reserve(bodies_.size());
  Rect box;
  for (std::size_t i = 0; i < bodies_.size(); ++i) {
    places.push_back(transform(bodies_[i].tile, placement.tiles[i]));
    box = box.united(places.back()(bodies_[i].tile.outline));
  }
  const Scale scale(box, grid_);

  for (const std::vector<Pin>& net : nets_) {
    Rect around;
    for (const Pin& pin : net)
      around = around.united(places[static_cast<std::size_t>(pin.device)](pin.box));
    if (around.empty()) continue;
    const auto [x0, y0, x1, y1] = scale(around);
    for (int y = y0; y < y1; ++y) {
      std::uint8_t* row = out.data() + static_cast<std::size_t>(y) * side;
      for (int x = x0; x < x1; ++x) row[x] += row[x] < kMostDemand ? 1 : 0;
    }
  }
  for (std::size_t i = 0; i < side * side; ++i) out[i] = kBytes[out[i]];

  for (std::size_t i = 0; i < bodies_.size(); ++i) {
    const auto [x0, y0, x1, y1] = scale(places[i](bodies_[i].tile.outline));
    for (const int channel : bodies_[i].channels) {
      std::uint8_t* picture = out.data() + static_cast<std::size_t>(channel) * side * side;
      for (int y = y0; y < y1; ++y) {
        std::uint8_t* row = picture + static_cast<std::size_t>(y) * side;
        std::fill(row + x0, row + std::max(x0, x1), bodies_[i].byte);
      }
    }
  }
}

void expand(std::span<const std::uint8_t> in, int grid, std::span<float> out) {
  const auto side = static_cast<std::size_t>(grid);
  const std::size_t plane = side * side;
  float* to = out.data();
  for (std::size_t y = 0; y < side; ++y) {
    for (std::size_t x = 0; x < side; ++x) {
      const std::uint8_t* from = in.data() + y * side + x;
      for (int channel = 0; channel < kChannels; ++channel, from += plane, to += 3) {
        const bool there = *from != 0;
        to[0] = *from;
        to[1] = there ? static_cast<float>(x + 1) : 0.0F;
        to[2] = there ? static_cast<float>(y + 1) : 0.0F;
      }
    }
  }
}

std::string feature_hash() {
  // Every kind of device, two that overlap, one that is turned, in all channels; six nets that
  // cross.
  constexpr std::array kKinds{DeviceKind::kNmos, DeviceKind::kPmos, DeviceKind::kCapacitor,
                              DeviceKind::kResistor, DeviceKind::kNmos};
  constexpr int kSide = 16;
  Circuit circuit;
  Tiles tiles;
  Placement placement;
  for (int i = 0; i < 6; ++i) circuit.nets.push_back({std::string(1, static_cast<char>('a' + i))});
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    const int number = static_cast<int>(i);
    Device device;
    device.kind = kKinds[i];
    const std::size_t terminals = device.is_mos() ? 4 : kKinds[i] == DeviceKind::kResistor ? 3 : 2;
    for (std::size_t k = 0; k < terminals; ++k)
      device.nets.push_back(static_cast<NetId>((2 * i + k) % circuit.nets.size()));
    device.channels = {number + 1};
    if (number > 1) device.channels.insert(device.channels.begin(), 1);
    Tile tile;
    tile.kind = kKinds[i];
    tile.outline = {0, 0, 1700 + 300 * number, 2900 - 400 * number};
    Dbu at = 100;
    for (const std::string_view name : terminal_names(tile.kind, terminals)) {
      tile.pins.push_back({std::string(name), {{1, {at, at, at + 150, at + 90}}}});
      at += 250;
    }
    tiles.push_back(std::move(tile));
    circuit.devices.push_back(std::move(device));
    placement.tiles.push_back({{1100 * number, 900 * ((3 * number) % 5)},
                               i == 2 ? Orientation::kMX : Orientation::kR0,
                               {}});
  }
  const auto painter = Painter::create(circuit, tiles, kSide);
  if (!painter) return {};
  std::vector<std::uint8_t> bytes(painter.value().bytes());
  painter.value().paint(placement, bytes);
  std::vector<float> seen(static_cast<std::size_t>(kInputs * kSide * kSide));
  expand(bytes, kSide, seen);
  Sha256 hash;
  // Whole numbers below 256, so that every machine has the same bytes of them.
  for (const float value : seen) {
    const auto byte = static_cast<std::uint8_t>(value);
    hash.add(&byte, 1);
  }
  return hash.hex();
}

std::string svg_of(std::span<const std::uint8_t> bytes, int grid) {
  constexpr int kPixel = 3, kGap = 12, kTitle = 20;
  const int side = grid * kPixel, step = side + kGap;
  const auto number = [](int value) { return std::to_string(value); };
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" +
                    number(kChannels * step + kGap) + "\" height=\"" +
                    number(side + kTitle + kGap) +
                    "\" font-family=\"sans-serif\" font-size=\"12\">\n"
                    "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
  for (int channel = 0; channel < kChannels; ++channel) {
    const int left = kGap + channel * step;
    svg += "<text x=\"" + number(left) + "\" y=\"14\">" +
           kTitles[static_cast<std::size_t>(channel)] + "</text>\n<rect x=\"" + number(left) +
           "\" y=\"" + number(kTitle) + "\" width=\"" + number(side) + "\" height=\"" +
           number(side) + "\"/>\n";
    for (int y = 0; y < grid; ++y) {
      const auto row = bytes.subspan(static_cast<std::size_t>((channel * grid + y) * grid),
                                     static_cast<std::size_t>(grid));
      for (auto from = row.begin(); from != row.end();) {
        const auto to = std::find_if(from, row.end(), [&](std::uint8_t b) { return b != *from; });
        if (*from != 0) {
          // Row 0 is the lowest.
          svg += "<rect x=\"" + number(left + static_cast<int>(from - row.begin()) * kPixel) +
                 "\" y=\"" + number(kTitle + (grid - 1 - y) * kPixel) + "\" width=\"" +
                 number(static_cast<int>(to - from) * kPixel) + "\" height=\"" + number(kPixel) +
                 "\" fill=\"rgb(" + number(*from) + "," + number(*from) + "," + number(*from) +
                 ")\"/>\n";
        }
        from = to;
      }
    }
  }
  return svg + "</svg>\n";
}

}  // namespace ptah::images
