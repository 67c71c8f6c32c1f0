#include "flow/circuit_input.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ptah {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CircuitInput one_transistor() {
  CircuitInput input;
  input.netlist = {"one.sp", ".subckt one d g s b\nM1 d g s b nfet w=1 l=0.15 nf=2\n.ends\n"};
  return input;
}

// measures.yaml may come from anywhere, and name what lies beside it.
TEST(CircuitInput, ATestbenchThatOnlyMeasuresNameIsNotQuoted) {
  CircuitInput input = one_transistor();
  input.benches = {{"private.key", "* a key\n.geheim 4711\n"}};
  const auto loaded = load_circuit(input, Technology::ptah130());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().where, "private.key:2");
  EXPECT_THAT(loaded.error().text(), Not(HasSubstr("geheim")));
  EXPECT_THAT(loaded.error().message, HasSubstr("is not supported in a testbench"));
}

TEST(CircuitInput, ATestbenchThatTheRequestNamesIsQuoted) {
  CircuitInput input = one_transistor();
  input.testbench = {"bench.spice", "* a bench\n.acc dec 1 1 10\n"};
  const auto loaded = load_circuit(input, Technology::ptah130());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().where, "bench.spice:2");
  EXPECT_THAT(loaded.error().message, HasSubstr("\".acc\""));
}

}  // namespace
}  // namespace ptah
