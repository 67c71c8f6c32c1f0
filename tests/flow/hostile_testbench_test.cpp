// Testbenches that would overwrite a file of the user, in both flows and among measures.
#include <fstream>

#include "flow_fixture.hpp"

namespace ptah {
namespace {

class HostileTestbench : public FlowTest, public testing::WithParamInterface<const char*> {
 protected:
  static std::string shipped(const char* file) {
    return read_text_file(std::filesystem::path(PTAH_SOURCE_DIR) /
                          "configs/circuits/five_transistors_ota" / file)
        .value();
  }
  std::string write(const char* name, const std::string& text) {
    EXPECT_TRUE(write_text_file(folder("own") / name, text).has_value());
    return (folder("own") / name).string();
  }
  /// `text` with `before` replaced.
  static std::string with(std::string text, const std::string& before, const std::string& after) {
    const std::size_t at = text.find(before);
    EXPECT_NE(at, std::string::npos) << before;
    return text.replace(at, before.size(), after);
  }
  Json spec(const std::string& bench) {
    return {{"netlist", write("mine.sp", shipped("five_transistors_ota.sp"))},
            {"pairs", write("pairs.json", shipped("pairs.json"))},
            {"testbench", write("bench.spice", bench)},
            {"flow", GetParam()},
            {"variants", 1},
            {"measuring", "all"}};
  }
};

TEST_P(HostileTestbench, IsRefusedWithItsPlaceAndTheFileStays) {
  const std::string file = write("victim", "the only copy\n");
  const std::string good = shipped("testbench.spice");
  ASSERT_TRUE(plan(spec(good)).has_value());
  const std::string ac = ".ac dec 50 1k 10g", out = "v(VOUT)";
  for (const std::string& bench :
       {with(good, ac, ac + " > " + file), with(good, ac, ac + " >> " + file),
        with(good, ac, ac + "\n.op > " + file), with(good, ac, ".dc Vin 0 1 0.1 > " + file),
        with(good, ac, ".noise v(VOUT) Vin dec 10 1 1k > " + file),
        with(good, out, "v(VOUT>" + file + ")"), with(good, "xdut ", "xdut>" + file + " ")}) {
    const auto planned = plan(spec(bench));
    ASSERT_TRUE(planned.has_error()) << bench;
    EXPECT_NE(planned.error().where.find("bench.spice:"), std::string::npos)
        << planned.error().text();
    EXPECT_FALSE(planned.error().hint.empty()) << planned.error().text();
  }

  Json measured = spec(good);
  const std::string measures =
      "measures:\n  - {name: g, kind: gain, testbench: other.spice, output: ";
  measured["measures"] = write("measures.yaml", measures + "v(outd)}\n");
  write("other.spice", shipped("open_loop.spice"));
  ASSERT_TRUE(plan(measured).has_value());
  write("other.spice", with(shipped("open_loop.spice"), ".op", ".op > " + file));
  const auto other = plan(measured);
  ASSERT_TRUE(other.has_error());
  EXPECT_NE(other.error().where.find("other.spice:"), std::string::npos) << other.error().text();
  write("measures.yaml", measures + "'v(outd>" + file + ")'}\n");
  EXPECT_TRUE(plan(measured).has_error());

  EXPECT_EQ(read_text_file(file).value(), "the only copy\n");
}

INSTANTIATE_TEST_SUITE_P(Flows, HostileTestbench, testing::Values("osiris", "native"));

}  // namespace
}  // namespace ptah
