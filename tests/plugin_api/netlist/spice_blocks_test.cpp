/// Subcircuits that are not opened, because a cell is bound to them.
#include "netlist_test.hpp"
#include "ptah/layout/block.hpp"

namespace ptah::test {
namespace {

SpiceOptions with_block(std::initializer_list<std::string> names) {
  SpiceOptions options = per_finger();
  options.blocks = names;
  return options;
}

constexpr const char* kTwoStages =
    ".subckt top in out vdd vss\n"
    "X1 in mid vdd vss inv\n"
    "X2 mid out vdd vss INV m=2\n"
    "M1 out in vss vss nfet w=1u l=0.15u nf=2\n"
    ".ends\n"
    ".subckt Inv a y p n\n"
    "M1 y a n n nfet w=1u l=0.15u nf=2\n"
    "M2 y a p p pfet w=1u l=0.15u nf=2\n"
    ".ends\n";

TEST(SpiceBlocks, ACallOfABoundSubcircuitIsOneDevice) {
  const ReadCircuit read = read_ok(kTwoStages, with_block({"inv"}));
  const Circuit& c = read.circuit;
  ASSERT_EQ(c.devices.size(), 4u);
  EXPECT_EQ(nets(c, "X1"), "in mid vdd vss");
  EXPECT_EQ(nets(c, "X2_1"), "mid out vdd vss");
  EXPECT_EQ(nets(c, "X2_2"), "mid out vdd vss");
  for (const char* name : {"X1", "X2_1", "X2_2"}) {
    EXPECT_EQ(device(c, name).kind, DeviceKind::kBlock);
    EXPECT_EQ(device(c, name).model, "Inv");
  }
  ASSERT_EQ(read.all.blocks.count("inv"), 1u);
  const Block& block = *read.all.blocks.at("inv");
  EXPECT_EQ(device(c, "X1").block.get(), &block);
  EXPECT_THAT(block.ports, ElementsAre("a", "y", "p", "n"));
  ASSERT_NE(block.content, nullptr);
  EXPECT_EQ(nets(*block.content, "M2"), "y a p p");
  EXPECT_EQ(block.content->ports.size(), 4u);
}

TEST(SpiceBlocks, AnEmptySubcircuitSaysThePortsOfAModel) {
  const ReadCircuit read = read_ok(
      ".subckt top a b\nXQ1 b b a pnp_5x5\nR1 a b 2k\n.ends\n.subckt pnp_5x5 c b e\n.ends\n",
      with_block({"pnp_5x5"}));
  const Block& block = *read.all.blocks.at("pnp_5x5");
  EXPECT_TRUE(block.empty);
  EXPECT_EQ(block.content, nullptr);
  EXPECT_FALSE(block.not_simulated);
  EXPECT_EQ(nets(read.circuit, "XQ1"), "b b a");
}

TEST(SpiceBlocks, AModelWithoutASubcircuitHasNoOrderOfPorts) {
  const Error error =
      read_error(".subckt top a b\nXQ1 b b a pnp_5x5\n.ends\n", with_block({"pnp_5x5"}));
  EXPECT_THAT(error.message, HasSubstr("no .subckt"));
  EXPECT_EQ(error.where, "t.sp:2");
}

TEST(SpiceBlocks, OneCellHasOneSize) {
  const Error error = read_error(
      ".subckt top a b\nX1 a b leaf w1=1u\nX2 a b leaf w1=2u\n.ends\n"
      ".subckt leaf a b w1=1u\nM1 a b b b nfet w=w1 l=0.15u\n.ends\n",
      with_block({"leaf"}));
  EXPECT_THAT(error.message, HasSubstr("different parameters"));
  EXPECT_EQ(error.where, "t.sp:3");
}

TEST(SpiceBlocks, WhatCanNotBeSimulatedIsLeftToWhoWantsTo) {
  const ReadCircuit read = read_ok(
      ".subckt top a b g\nX1 a b leaf\nX2 a b free\nX3 a b global\nM1 a g b b nfet w=1u "
      "l=1u\n.ends\n"
      ".global vddx\n"
      ".subckt leaf a b\nXM1 a b b b some_fet w=1u l=1u\n.ends\n"
      ".subckt free a b\nM1 a b b b nfet w=1u l=1u nf=ZZZ\n.ends\n"
      ".subckt global a b\nM1 a vddx b b nfet w=1u l=1u\n.ends\n",
      with_block({"leaf", "free", "global"}));
  const auto says = [&](const char* name) {
    const auto& why = read.all.blocks.at(name)->not_simulated;
    return why ? why->text() : std::string();
  };
  EXPECT_THAT(says("leaf"), AllOf(HasSubstr("some_fet"), HasSubstr("t.sp:9")));
  EXPECT_THAT(says("free"), HasSubstr("finger count of M1"));
  EXPECT_THAT(says("global"), HasSubstr("vddx"));
}

TEST(SpiceBlocks, TheTopIsNoBlock) {
  EXPECT_THAT(read_error(kTwoStages, with_block({"top"})).message, HasSubstr("bound to a cell"));
}

TEST(SpiceBlocks, ACallHasANetForEachPort) {
  const Error error =
      read_error(".subckt top a b\nX1 a leaf\nR1 a b 2k\n.ends\n.subckt leaf a b\n.ends\n",
                 with_block({"leaf"}));
  EXPECT_THAT(error.message, HasSubstr("2 ports"));
}

}  // namespace
}  // namespace ptah::test
