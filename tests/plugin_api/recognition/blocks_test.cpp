// Fixed blocks: what is read of a cell, how it lies in a layout, and what a layout says of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "native_lvs.hpp"
#include "recognition/black_box.hpp"
#include "recognition/block_cell.hpp"
#include "tiles.hpp"

namespace ptah::native {
namespace {

const Technology& tech() {
  return Technology::ptah130();
}

Device transistor() {
  Device device;
  device.name = "M1";
  device.model = "sky130_fd_pr__nfet_01v8";
  device.nets = {0, 1, 2, 3};
  device.width = 1050;
  device.length = 150;
  device.fingers = 2;
  return device;
}

/// A transistor of two fingers as a colleague's cell: its pins labelled, at an odd place, one level
/// down.
gds::Library transistor_cell(const std::string& name = "switch") {
  const auto tile = sky130::generate_tile(transistor(), tech());
  EXPECT_TRUE(tile) << tile.error().text();
  gds::Library library = gds::from_tile(tile.value(), tech());
  gds::Cell top{name, {}, {}, {}};
  gds::Reference reference;
  reference.cell = library.cells.front().name;
  reference.at = {-3335, 1215};
  top.references.push_back(reference);
  for (const gds::Text& text : library.cells.front().texts)
    top.texts.push_back({text.layer, text.at + reference.at, text.text});
  library.cells.front().texts.clear();
  library.cells.push_back(top);
  return library;
}

struct Bound {
  Status status = ok();
  std::shared_ptr<Block> block = std::make_shared<Block>();
  std::vector<Note> notes;
};

Bound bind(const gds::Library& library,
           const std::vector<std::string>& ports = {"D", "G", "S", "B"},
           const std::string& cell = {}) {
  Bound bound;
  bound.block->name = "switch";
  bound.block->ports = ports;
  bound.status =
      bind_cell(*bound.block, {"switch.gds", gds::write(library), cell}, tech(), bound.notes);
  return bound;
}

void expect_refused(const Bound& bound, const std::string& says) {
  ASSERT_FALSE(bound.status);
  EXPECT_NE(bound.status.error().text().find(says), std::string::npos)
      << bound.status.error().text();
  EXPECT_EQ(bound.status.error().where, "switch.gds");
}

gds::Polygon box(const char* layer, const Rect& r) {
  return {tech().layer(tech().layer(layer)).drawing,
          {{r.x0, r.y0}, {r.x1, r.y0}, {r.x1, r.y1}, {r.x0, r.y1}}};
}

TEST(Blocks, PinsAreTheMetalBelowTheLabels) {
  const Bound bound = bind(transistor_cell());
  ASSERT_TRUE(bound.status) << bound.status.error().text();
  const Block& block = *bound.block;
  EXPECT_EQ(block.cell, "switch");
  EXPECT_EQ(block.library.cells.size(), 2u);
  EXPECT_EQ(block.terminals, (std::vector<std::string>{"D", "G", "S", "B"}));
  EXPECT_EQ(block.tile.outline.x0, 0);
  EXPECT_EQ(block.tile.outline.width() % kPlacementGrid, 0);
  EXPECT_EQ(block.tile.outline.height() % kPlacementGrid, 0);
  // Where a wire can land: a square of its width on the routing grid.
  for (const TilePin& pin : block.tile.pins) {
    ASSERT_FALSE(pin.access.empty());
    for (const Shape& shape : pin.access) {
      EXPECT_TRUE(block.tile.outline.contains(shape.rect));
      EXPECT_NE(std::find_if(block.tile.shapes.begin(), block.tile.shapes.end(),
                             [&](const Shape& drawn) {
                               return drawn.layer == shape.layer && drawn.rect.overlaps(shape.rect);
                             }),
                block.tile.shapes.end());
    }
  }
  for (const Shape& shape : block.tile.shapes) EXPECT_TRUE(block.tile.outline.contains(shape.rect));
  // No device is left of it: neither diffusion nor gates.
  for (const Shape& shape : block.wires) {
    const std::string& layer = tech().layer(shape.layer).name;
    EXPECT_TRUE(layer != "diff" && layer != "poly") << layer;
  }
}

TEST(Blocks, ALabelInTwoPlacesIsTwoPins) {
  gds::Library library = transistor_cell();
  gds::Cell& top = library.cells.back();
  const GdsLayer pin = tech().layer(tech().layer("met1")).pin;
  top.polygons = {box("met1", {20000, 0, 20600, 600}), box("met1", {22000, 0, 22600, 600})};
  top.texts.push_back({pin, {20300, 300}, "G"});
  top.texts.push_back({pin, {22300, 300}, "g"});
  const Bound bound = bind(library);
  ASSERT_TRUE(bound.status) << bound.status.error().text();
  EXPECT_EQ(bound.block->terminals.size(), 6u);
  EXPECT_EQ(std::count(bound.block->port_of.begin(), bound.block->port_of.end(), 1u), 3);
}

TEST(Blocks, WhatCanNotBeBoundIsSaidInASentence) {
  const gds::Library good = transistor_cell();
  expect_refused(bind(good, {"D", "G", "S", "B"}, "other"), "no cell \"other\"");
  expect_refused(bind(good, {"D", "G", "S", "B", "out"}), "The port out of switch has no label");
  expect_refused(bind(good, {"D", "G", "S"}), "The pin \"B\" of the cell switch is no port");

  gds::Library shorted = good;
  const gds::Text text = shorted.cells.back().texts.front();
  shorted.cells.back().texts.push_back({text.layer, text.at, "S"});
  expect_refused(bind(shorted), "lie on one net");

  gds::Library off = good;
  off.cells.back().polygons = {box("met1", {20000, 0, 20601, 600})};
  expect_refused(bind(off), "off the grid of 5 nm");

  gds::Library nowhere = good;
  nowhere.cells.back().texts.push_back({text.layer, {50000, 50000}, "out"});
  expect_refused(bind(nowhere, {"D", "G", "S", "B", "out"}), "lies on no metal");

  gds::Library two = good;
  two.cells.push_back({"another", {box("met1", {0, 0, 500, 500})}, {}, {}});
  two.cells[1].name = "first";
  expect_refused(bind(two), "2 top cells");

  gds::Library empty;
  empty.cells.push_back({"switch", {}, {}, {}});
  expect_refused(bind(empty), "nothing is drawn");

  Bound broken;
  broken.block->name = "switch";
  broken.status = bind_cell(*broken.block, {"switch.gds", {1, 2, 3}, ""}, tech(), broken.notes);
  EXPECT_FALSE(broken.status);
}

TEST(Blocks, UnknownLayersStayAndAreNoted) {
  gds::Library library = transistor_cell();
  library.cells.back().polygons.push_back({{200, 7}, {{0, 0}, {500, 0}, {0, 500}}});
  const Bound bound = bind(library);
  ASSERT_TRUE(bound.status) << bound.status.error().text();
  EXPECT_EQ(bound.block->library.cells.back(), library.cells.back());
  ASSERT_EQ(bound.notes.size(), 1u);
  EXPECT_NE(bound.notes.front().what.find("stay as they are"), std::string::npos);
}

TEST(Blocks, MetalOffTheRoutingGridGetsALanding) {
  gds::Library library = transistor_cell();
  gds::Cell& top = library.cells.back();
  const GdsLayer pin = tech().layer(tech().layer("met1")).pin;
  // As wide as a wire, between two lines of the grid of 100 nm.
  top.polygons = {box("met1", {20080, 0, 20220, 3000})};
  top.texts.push_back({pin, {20150, 1500}, "out"});
  const Bound beside = bind(library, {"D", "G", "S", "B", "out"});
  ASSERT_TRUE(beside.status) << beside.status.error().text();
  ASSERT_EQ(beside.block->landings.size(), 1u);
  const Rect landing = beside.block->landings.front().rect;
  EXPECT_EQ((landing.x0 + landing.x1) / 2 % kPlacementGrid, 0);
  EXPECT_EQ(beside.block->tile.shapes.size(), beside.block->own.size() + 1);
  // Foreign metal all round leaves no room.
  top.polygons.push_back(box("met1", {19800, 0, 19940, 3000}));
  top.polygons.push_back(box("met1", {20360, 0, 20500, 3000}));
  expect_refused(bind(library, {"D", "G", "S", "B", "out"}), "No wire can land on the port out");
}

TEST(Blocks, TheLowestLayerIsLiftedToWires) {
  gds::Library library = transistor_cell();
  gds::Cell& top = library.cells.back();
  top.polygons = {box("li1", {20000, 0, 20600, 600})};
  top.texts.push_back({tech().layer(tech().layer("li1")).label, {20300, 300}, "out"});
  const Bound bound = bind(library, {"D", "G", "S", "B", "out"});
  ASSERT_TRUE(bound.status) << bound.status.error().text();
  ASSERT_EQ(bound.block->landings.size(), 2u);
  EXPECT_EQ(tech().layer(bound.block->landings[0].layer).name, "mcon");
  EXPECT_EQ(tech().layer(bound.block->landings[1].layer).name, "met1");
}

/// Two switches in series between ports a and b, with one gate, and nothing wired.
struct Drawn {
  Circuit circuit;
  Tiles tiles;
  Layout layout;
};

Drawn two_switches(const std::shared_ptr<Block>& block) {
  Drawn drawn;
  Circuit& circuit = drawn.circuit;
  circuit.name = "pair";
  for (const char* name : {"D", "G", "S", "B"}) circuit.nets.push_back({name});
  circuit.ports = {0, 1, 2, 3};
  for (int i = 0; i < 2; ++i) {
    Device device;
    device.name = "X" + std::to_string(i + 1);
    device.kind = DeviceKind::kBlock;
    device.model = block->name;
    device.nets = {0, 1, 2, 3};
    device.block = block;
    circuit.devices.push_back(device);
    drawn.tiles.push_back(block->tile);
    drawn.layout.placement.tiles.push_back(
        {{i * 20000, 300}, i == 0 ? Orientation::kMX : Orientation::kR180, {}});
  }
  return drawn;
}

TEST(Blocks, TheWriterKeepsTheCellAndItsName) {
  const gds::Library library = transistor_cell();
  const Bound bound = bind(library);
  ASSERT_TRUE(bound.status) << bound.status.error().text();
  const Drawn drawn = two_switches(bound.block);
  const gds::Library written =
      gds::from_layout(drawn.circuit, drawn.tiles, drawn.layout, tech(), "pair");
  ASSERT_EQ(written.cells.size(), 3u);
  for (const gds::Cell& cell : library.cells) {
    ASSERT_NE(written.find(cell.name), nullptr) << cell.name;
    EXPECT_EQ(*written.find(cell.name), cell);
  }
  const auto flat = gds::flatten(written, "pair", tech());
  ASSERT_TRUE(flat) << flat.error().text();
  ASSERT_EQ(flat.value().cells.size(), 4u);  // two switches, a transistor in each
  // The shapes lie where the tiles do.
  for (std::size_t i = 0; i < 2; ++i) {
    const Transform t = transform(drawn.tiles[i], drawn.layout.placement.tiles[i]);
    for (const Shape& shape : bound.block->own) {
      const Shape placed{shape.layer, t(shape.rect)};
      EXPECT_NE(std::find(flat.value().shapes.begin(), flat.value().shapes.end(), placed),
                flat.value().shapes.end());
    }
  }
}

/// `two_switches` with a bar of metal from each pin to its twin, by hand.
gds::Flat wired(const Drawn& drawn) {
  auto flat = gds::flatten(
      gds::from_layout(drawn.circuit, drawn.tiles, drawn.layout, tech(), "pair"), "pair", tech());
  EXPECT_TRUE(flat);
  return std::move(flat).value();
}

TEST(Blocks, ABlackBoxIsItsPins) {
  const Bound bound = bind(transistor_cell());
  ASSERT_TRUE(bound.status) << bound.status.error().text();
  Drawn drawn = two_switches(bound.block);
  // One instance; each pin labelled as its port.
  drawn.circuit.devices.pop_back();
  drawn.tiles.pop_back();
  drawn.layout.placement.tiles.pop_back();
  gds::Flat flat = wired(drawn);
  const Transform t = transform(drawn.tiles[0], drawn.layout.placement.tiles[0]);
  const auto label = [&](std::size_t pin, const std::string& text) {
    const Shape& access = bound.block->tile.pins[pin].access.front();
    flat.labels.push_back({access.layer, t(access.rect).center(), text, true});
  };
  for (std::size_t pin = 0; pin < 4; ++pin) label(pin, bound.block->terminals[pin]);
  BlackBoxes boxes;
  const auto verdict = [&](const gds::Flat& layout) {
    const BoxedCircuit boxed = boxes.of(drawn.circuit, tech());
    const BoxedLayout opened = boxed.open(layout);
    if (const auto different = boxed.differences(opened); !different.empty())
      return different.front().text;
    Connectivity found = find_connectivity(opened.flat, boxed.technology);
    boxed.add_pins(opened, found);
    const auto compared = compare(found, boxed.circuit, boxed.technology);
    return compared ? compared.value().summary : compared.error().text();
  };
  EXPECT_EQ(verdict(flat), "match");
  // Ports exchanged.
  gds::Flat exchanged = flat;
  std::swap(exchanged.labels[0].text, exchanged.labels[2].text);
  EXPECT_NE(verdict(exchanged), "match");
  // Two pins joined by a wire of ours.
  gds::Flat shorted = flat;
  const Rect from = t(bound.block->tile.pins[0].access.front().rect);
  const Rect to = t(bound.block->tile.pins[2].access.front().rect);
  shorted.shapes.push_back({bound.block->tile.pins[0].access.front().layer, from.united(to)});
  EXPECT_NE(verdict(shorted), "match");
  // A shape of the cell is gone; the cell is gone.
  gds::Flat changed = flat;
  changed.shapes.erase(changed.shapes.begin());
  EXPECT_NE(verdict(changed).find("is not the one"), std::string::npos) << verdict(changed);
  gds::Flat none = flat;
  none.cells.clear();
  EXPECT_NE(verdict(none).find("has 0 cells"), std::string::npos) << verdict(none);
}

TEST(Blocks, NothingMayTouchANetInside) {
  gds::Library library = transistor_cell();
  gds::Cell& top = library.cells.back();
  top.polygons = {box("met2", {20000, 0, 23000, 600})};
  const Bound bound = bind(library);
  ASSERT_TRUE(bound.status) << bound.status.error().text();
  ASSERT_EQ(bound.block->inner.size(), 1u);
  Drawn drawn = two_switches(bound.block);
  const gds::Flat flat = wired(drawn);
  BlackBoxes boxes;
  const BoxedCircuit boxed = boxes.of(drawn.circuit, tech());
  // A wire between the nets inside of the two: not what the schematic has.
  const BoxedLayout opened = boxed.open(flat);
  Connectivity apart = find_connectivity(opened.flat, boxed.technology);
  boxed.add_pins(opened, apart);
  const auto inner_nets = [](const Connectivity& found) {
    std::set<NetIndex> nets;
    for (const FoundDevice& device : found.devices) nets.insert(device.terminals.front().net);
    return nets.size();
  };
  gds::Flat touching = flat;
  const Rect first =
      transform(drawn.tiles[0], drawn.layout.placement.tiles[0])(bound.block->inner.front().rect);
  const Rect second =
      transform(drawn.tiles[1], drawn.layout.placement.tiles[1])(bound.block->inner.front().rect);
  touching.shapes.push_back({tech().layer("met2"), first.united(second)});
  const BoxedLayout joined_layout = boxed.open(touching);
  Connectivity joined = find_connectivity(joined_layout.flat, boxed.technology);
  boxed.add_pins(joined_layout, joined);
  EXPECT_EQ(inner_nets(joined) + 1, inner_nets(apart));
}

TEST(Blocks, AnExtractedNetlistHasTheirDevices) {
  const Bound bound = bind(transistor_cell());
  ASSERT_TRUE(bound.status) << bound.status.error().text();
  auto content = std::make_shared<Circuit>();
  content->name = "switch";
  for (const char* name : {"D", "G", "S", "B"}) content->nets.push_back({name});
  content->ports = {0, 1, 2, 3};
  content->devices = {transistor()};
  bound.block->content = content;
  const Drawn drawn = two_switches(bound.block);
  BlackBoxes boxes;
  const BoxedCircuit boxed = boxes.of(drawn.circuit, tech());
  const std::string pin = "ptah_pin_0_";
  ExtractedNetlist netlist;
  netlist.ports = {"a", "b"};
  for (int i = 0; i < 4; ++i) {
    ExtractedDevice device;
    device.model = pin + std::to_string(i);
    device.nets = {std::string(1, static_cast<char>('a' + i)), "ptah_block_0"};
    netlist.devices.push_back(device);
  }
  netlist.capacitors = {{"a", "ptah_block_0", 1e-15}, {"a", "b", 1e-15}};
  boxed.close(netlist);
  ASSERT_EQ(netlist.devices.size(), 2u);  // a device a finger
  EXPECT_EQ(netlist.devices[0].model, "sky130_fd_pr__nfet_01v8");
  EXPECT_EQ(netlist.devices[0].nets, (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(netlist.capacitors.size(), 1u);
  const ExtractedNetlist schematic = schematic_netlist(drawn.circuit, tech());
  ASSERT_EQ(schematic.devices.size(), 4u);
  EXPECT_EQ(schematic.devices[0].nets, (std::vector<std::string>{"D", "G", "S", "B"}));
}

TEST(Blocks, ErrorsThatTheyHaveAloneAreTold) {
  const Bound bound = bind(transistor_cell());
  ASSERT_TRUE(bound.status) << bound.status.error().text();
  Drawn drawn = two_switches(bound.block);
  const gds::Flat flat = wired(drawn);
  const auto error_in = [](const gds::Flat& alone) {
    return Violation{"m1.1", "Metal 1 width", "met1", alone.shapes.front().rect};
  };
  int asked = 0;
  const BlockErrors::Judge judge = [&](const gds::Library& library, const std::string& top,
                                       const gds::Flat& alone) -> Result<Verdict> {
    ++asked;
    const auto flat_alone = gds::flatten(library, top, tech());
    EXPECT_TRUE(flat_alone);
    auto shapes = flat_alone.value().shapes;
    std::sort(shapes.begin(), shapes.end());
    auto expected = alone.shapes;
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(shapes, expected);
    Verdict verdict;
    verdict.errors = 1;
    verdict.violations = {error_in(alone)};
    return verdict;
  };
  Verdict verdict;
  for (std::size_t i = 0; i < 2; ++i) {
    const Transform t = transform(drawn.tiles[i], drawn.layout.placement.tiles[i]);
    verdict.violations.push_back(
        {"m1.1", "Metal 1 width", "met1", t(bound.block->own.front().rect)});
  }
  verdict.violations.push_back({"m1.2", "Metal 1 spacing", "met1", {0, 0, 10, 10}});
  verdict.errors = 3;
  BlockErrors errors;
  ASSERT_TRUE(errors.tell_apart({{}, "pair", &flat}, drawn.circuit, tech(), judge, verdict));
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(verdict.errors, 1);
  ASSERT_EQ(verdict.violations.size(), 1u);
  EXPECT_EQ(verdict.violations.front().rule, "m1.2");
  EXPECT_NE(verdict.summary.find("beside 2"), std::string::npos) << verdict.summary;
}

}  // namespace
}  // namespace ptah::native
