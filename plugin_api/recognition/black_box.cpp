#include "recognition/black_box.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "ptah/core/letter_case.hpp"

namespace ptah::native {
namespace {

/// Magic marks an error on one side of it, which is another one when the cell is turned.
constexpr Dbu kBeside = 200;
constexpr const char* kPinPrefix = "ptah_pin_";
constexpr const char* kSharedPrefix = "ptah_block_";

std::vector<std::shared_ptr<const Block>> blocks_of(const Circuit& circuit) {
  std::vector<std::shared_ptr<const Block>> blocks;
  for (const Device& device : circuit.devices) {
    if (device.block != nullptr &&
        std::find(blocks.begin(), blocks.end(), device.block) == blocks.end()) {
      blocks.push_back(device.block);
    }
  }
  return blocks;
}

std::size_t pin_count(const Block& block) {
  return block.terminals.size() + block.inner.size();
}

std::string pin_name(const Block& block, std::size_t pin) {
  return pin < block.terminals.size()
             ? block.terminals[pin]
             : "inside:" + std::to_string(pin - block.terminals.size() + 1);
}

const Shape& pin_place(const Block& block, std::size_t pin) {
  if (pin >= block.terminals.size()) return block.inner[pin - block.terminals.size()];
  // Landings come first and are none of the cell's own.
  const std::vector<Shape>& access = block.tile.pins[pin].access;
  const auto own = std::find_if(access.begin(), access.end(), [&](const Shape& shape) {
    return std::find(block.landings.begin(), block.landings.end(), shape) == block.landings.end();
  });
  return own == access.end() ? access.front() : *own;
}

/// From the coordinates of the block to those of its cell.
Rect in_cell(const Block& block, const Rect& rect) {
  return rect.moved(Point{} - block.origin);
}

std::vector<Shape> placed_shapes(const Block& block, const std::vector<Shape>& shapes,
                                 const Transform& cell_to_top) {
  std::vector<Shape> placed;
  placed.reserve(shapes.size());
  for (const Shape& shape : shapes)
    placed.push_back({shape.layer, cell_to_top(in_cell(block, shape.rect))});
  return placed;
}

Transform from_block(const Block& block, const Transform& cell_to_top) {
  return {cell_to_top.orientation, cell_to_top(Point{} - block.origin)};
}

Rect outline_of(const Block& block, const PlacedBlock& placed) {
  return placed.to_layout(block.tile.outline);
}

std::vector<PlacedBlock> find_blocks(const gds::Flat& flat,
                                     const std::vector<std::shared_ptr<const Block>>& blocks) {
  std::vector<PlacedBlock> found;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    for (const gds::Flat::Placed& cell : flat.cells) {
      if (cell.cell == blocks[b]->cell) found.push_back({b, from_block(*blocks[b], cell.to_top)});
    }
  }
  // What a block holds is part of it, also where that is a block elsewhere.
  const auto outline = [&](const PlacedBlock& placed) {
    return outline_of(*blocks[placed.block], placed);
  };
  std::vector<PlacedBlock> outermost;
  for (const PlacedBlock& each : found) {
    const bool inside = std::any_of(found.begin(), found.end(), [&](const PlacedBlock& other) {
      return other.block != each.block &&
             blocks[other.block]->library.find(blocks[each.block]->cell) != nullptr &&
             outline(other).contains(outline(each));
    });
    if (!inside) outermost.push_back(each);
  }
  return outermost;
}

}  // namespace

bool has_blocks(const Circuit& circuit) noexcept {
  return std::any_of(circuit.devices.begin(), circuit.devices.end(),
                     [](const Device& device) { return device.block != nullptr; });
}

BoxedCircuit BlackBoxes::of(const Circuit& circuit, const Technology& technology) {
  const auto blocks = blocks_of(circuit);
  if (!technology_ || base_ != technology.identity() || blocks != blocks_) {
    std::vector<DeviceModel> models;
    first_model_.clear();
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      first_model_.push_back(technology.devices().size() + models.size());
      for (std::size_t pin = 0; pin < pin_count(*blocks[b]); ++pin) {
        DeviceModel model;
        model.name = kPinPrefix + std::to_string(b) + "_" + std::to_string(pin);
        model.kind = DeviceKind::kBlock;
        model.terminals = 2;
        model.generator_class = model.name;
        models.push_back(std::move(model));
      }
    }
    technology_ = technology.with_devices(models);
    base_ = technology.identity();
    blocks_ = blocks;
  }
  BoxedCircuit boxed{*technology_, circuit, blocks_, first_model_};
  boxed.circuit.devices.clear();
  boxed.circuit.matched.clear();
  for (const Device& device : circuit.devices) {
    if (device.block == nullptr) {
      boxed.circuit.devices.push_back(device);
      continue;
    }
    const auto b = static_cast<std::size_t>(
        std::find(blocks_.begin(), blocks_.end(), device.block) - blocks_.begin());
    const Block& block = *device.block;
    const auto add_net = [&](std::string name) {
      boxed.circuit.nets.push_back({std::move(name)});
      return static_cast<NetId>(boxed.circuit.nets.size()) - 1;
    };
    const NetId shared = add_net(kSharedPrefix + device.name);
    for (std::size_t pin = 0; pin < pin_count(block); ++pin) {
      Device part;
      part.kind = DeviceKind::kBlock;
      part.name = device.name + ":" + pin_name(block, pin);
      part.model = technology_->devices()[first_model_[b] + pin].name;
      part.where = device.where;
      part.nets = {pin < block.terminals.size() ? device.nets.at(pin)
                                                : add_net(device.name + ":" + pin_name(block, pin)),
                   shared};
      boxed.circuit.devices.push_back(std::move(part));
    }
  }
  return boxed;
}

BoxedLayout BoxedCircuit::open(const gds::Flat& flat) const {
  BoxedLayout boxed;
  boxed.flat.labels = flat.labels;
  boxed.flat.dropped = flat.dropped;
  std::map<Shape, int> taken;
  std::vector<Shape> wires;
  // Whatever lies in the layout at all, with how often.
  std::vector<Shape> drawn = flat.shapes;
  std::sort(drawn.begin(), drawn.end());
  const auto count = [&](const Shape& shape) {
    const auto [begin, end] = std::equal_range(drawn.begin(), drawn.end(), shape);
    return static_cast<int>(end - begin);
  };
  for (const PlacedBlock& placed : find_blocks(flat, blocks)) {
    const Block& block = *blocks[placed.block];
    std::map<Shape, int> wanted;
    for (const Shape& shape : block.own) ++wanted[Shape{shape.layer, placed.to_layout(shape.rect)}];
    const bool whole = std::all_of(wanted.begin(), wanted.end(), [&](const auto& each) {
      const auto before = taken.find(each.first);
      const int used = before == taken.end() ? 0 : before->second;
      return count(each.first) >= used + each.second;
    });
    if (!whole) {
      boxed.strange.push_back({"lvs.block",
                               "a cell " + block.cell + " of the layout is not the one that " +
                                   block.name + " is bound to: its shapes differ",
                               {},
                               outline_of(block, placed)});
      continue;
    }
    for (const auto& [shape, times] : wanted) taken[shape] += times;
    for (const Shape& shape : block.wires)
      wires.push_back({shape.layer, placed.to_layout(shape.rect)});
    boxed.placed.push_back(placed);
  }
  boxed.flat.shapes.reserve(flat.shapes.size());
  for (const Shape& shape : flat.shapes) {
    const auto found = taken.find(shape);
    if (found != taken.end() && found->second > 0) {
      --found->second;
    } else {
      boxed.flat.shapes.push_back(shape);
    }
  }
  boxed.flat.shapes.insert(boxed.flat.shapes.end(), wires.begin(), wires.end());
  return boxed;
}

std::vector<BoxPin> BoxedCircuit::pins(const BoxedLayout& layout) const {
  std::vector<BoxPin> pins;
  for (std::size_t i = 0; i < layout.placed.size(); ++i) {
    const PlacedBlock& placed = layout.placed[i];
    const Block& block = *blocks[placed.block];
    for (std::size_t pin = 0; pin < pin_count(block); ++pin) {
      const Shape& place = pin_place(block, pin);
      pins.push_back({i, first_model[placed.block] + pin, block.name + ":" + pin_name(block, pin),
                      place.layer, placed.to_layout(place.rect),
                      kSharedPrefix + std::to_string(i)});
    }
  }
  return pins;
}

void BoxedCircuit::add_pins(const BoxedLayout& layout, Connectivity& connectivity) const {
  std::vector<NetIndex> shared;
  for (std::size_t i = 0; i < layout.placed.size(); ++i) {
    shared.push_back(static_cast<NetIndex>(connectivity.nets.size()));
    FoundNet net;
    net.name = kSharedPrefix + std::to_string(i);
    net.box = outline_of(*blocks[layout.placed[i].block], layout.placed[i]);
    connectivity.nets.push_back(std::move(net));
  }
  for (const BoxPin& pin : pins(layout)) {
    FoundDevice device;
    device.model = pin.model;
    device.body = pin.place;
    const Point middle = pin.place.center();
    NetIndex on = kNone;
    for (const NetRect& piece : connectivity.conductors.at(pin.layer)) {
      if (piece.rect.contains(middle)) on = piece.net;
    }
    if (on == kNone) continue;  // its metal is gone: a pin is missing
    device.terminals = {{on, pin.layer, pin.place}, {shared[pin.placed], pin.layer, pin.place}};
    connectivity.devices.push_back(std::move(device));
  }
}

std::vector<Violation> BoxedCircuit::differences(const BoxedLayout& layout) const {
  std::vector<Violation> list = layout.strange;
  std::vector<int> wanted(blocks.size(), 0), found(blocks.size(), 0);
  for (const Device& device : circuit.devices) {
    for (std::size_t b = 0; b < blocks.size(); ++b)
      wanted[b] += device.model == technology.devices()[first_model[b]].name;
  }
  for (const PlacedBlock& placed : layout.placed) ++found[placed.block];
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    if (wanted[b] == found[b]) continue;
    list.push_back({"lvs.block",
                    "the layout has " + std::to_string(found[b]) + " cells " + blocks[b]->cell +
                        ", the schematic " + std::to_string(wanted[b]) + " " + blocks[b]->name,
                    {},
                    {}});
  }
  return list;
}

void BoxedCircuit::close(ExtractedNetlist& netlist) const {
  struct Instance {
    std::size_t block = 0;
    std::vector<std::string> nets;  ///< By port.
  };
  std::map<std::string, Instance> instances;  // by the net that its pins share
  std::set<std::string> gone;
  std::vector<ExtractedDevice> kept;
  for (ExtractedDevice& device : netlist.devices) {
    if (!device.model.starts_with(kPinPrefix)) {
      kept.push_back(std::move(device));
      continue;
    }
    const DeviceModel* found = technology.find_device(device.model);
    const auto model = static_cast<std::size_t>(found - technology.devices().data());
    const auto after = std::upper_bound(first_model.begin(), first_model.end(), model);
    const auto b = static_cast<std::size_t>(after - first_model.begin()) - 1;
    const Block& block = *blocks[b];
    const std::size_t pin = model - first_model[b];
    gone.insert(device.nets.at(1));
    if (pin >= block.terminals.size()) {
      gone.insert(device.nets.at(0));
      continue;
    }
    Instance& instance = instances[device.nets.at(1)];
    instance.block = b;
    instance.nets.resize(block.ports.size());
    instance.nets.at(block.port_of[pin]) = device.nets.at(0);
  }
  netlist.devices = std::move(kept);
  std::size_t number = 0;
  for (auto& [shared, instance] : instances) {
    const Block& block = *blocks[instance.block];
    const std::string name = "block" + std::to_string(++number);
    for (std::size_t port = 0; port < instance.nets.size(); ++port) {
      if (instance.nets[port].empty()) instance.nets[port] = name + "." + block.ports[port];
    }
    add_block(block, name, instance.nets, technology, netlist);
  }
  std::erase_if(netlist.capacitors, [&](const ExtractedCapacitor& capacitor) {
    return gone.contains(capacitor.a) || gone.contains(capacitor.b);
  });
}

Result<const std::vector<Violation>*> BlockErrors::of(const std::shared_ptr<const Block>& block,
                                                      const Technology& technology,
                                                      const Judge& judge) {
  for (const Known& known : known_) {
    if (known.block == block && known.technology == technology.identity()) return &known.violations;
  }
  constexpr std::size_t kMostKnown = 64;
  if (known_.size() == kMostKnown) known_.clear();
  gds::Flat flat;
  flat.shapes = placed_shapes(*block, block->own, Transform{});
  PTAH_TRY(Verdict verdict, judge(block->library, block->cell, flat));
  known_.push_back({block, technology.identity(), std::move(verdict.violations)});
  return &known_.back().violations;
}

Status BlockErrors::tell_apart(const LayoutFile& layout, const Circuit& circuit,
                               const Technology& technology, const Judge& judge, Verdict& verdict) {
  if (verdict.errors == 0 || !has_blocks(circuit)) return ok();
  gds::Flat storage;
  PTAH_TRY(const gds::Flat* flat, flat_layout(layout, technology, storage));
  const auto blocks = blocks_of(circuit);
  std::map<std::string, std::vector<Rect>> alone;  // by rule, in the layout
  for (const PlacedBlock& placed : find_blocks(*flat, blocks)) {
    const Block& block = *blocks[placed.block];
    PTAH_TRY(const std::vector<Violation>* own, of(blocks[placed.block], technology, judge));
    for (const Violation& violation : *own) {
      alone[violation.rule].push_back(
          placed.to_layout(violation.place.moved(block.origin)).bloated(kBeside));
    }
  }
  const std::size_t before = verdict.violations.size();
  std::erase_if(verdict.violations, [&](const Violation& violation) {
    const auto places = alone.find(violation.rule);
    return places != alone.end() && !violation.place.empty() &&
           std::any_of(places->second.begin(), places->second.end(),
                       [&](const Rect& place) { return place.contains(violation.place); });
  });
  const std::size_t theirs = before - verdict.violations.size();
  if (theirs == 0) return ok();
  verdict.errors = std::max<std::int64_t>(0, verdict.errors - static_cast<std::int64_t>(theirs));
  verdict.clean = verdict.errors == 0;
  verdict.summary = std::to_string(verdict.errors) + (verdict.errors == 1 ? " error" : " errors") +
                    " beside " + std::to_string(theirs) + " that fixed blocks have alone";
  if (!verdict.violations.empty()) verdict.summary += ", first: " + verdict.violations.front().text;
  return ok();
}

}  // namespace ptah::native
