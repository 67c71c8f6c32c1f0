// A circuit whose files came with the request is the one that a path names, and opens nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "flow/circuit_input.hpp"
#include "flow/plan.hpp"
#include "inputs.hpp"
#include "ptah/core/run_tool.hpp"
#include "store/stored_path.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SentSources : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("PTAH_CONFIGS", PTAH_SOURCE_DIR "/configs", 1);
    auto scratch = ScratchDir::create(fs::temp_directory_path(), "ptah-sources");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
  }

  std::string write(const std::string& name, const std::string& text) const {
    const fs::path file = scratch_->path() / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file.string();
  }
  static Result<Json> plan(const Json& spec) {
    PTAH_TRY(const auto read, rpc::read_struct<rpc::RunSpec>(spec));
    return plan_run(read);
  }
  /// The plan of a netlist by its path, and that of the files which a client gathers for it.
  void expect_same_plan(Json spec) const {
    spec["assignments"] = 3;
    auto by_path = plan(spec);
    ASSERT_TRUE(by_path) << by_path.error().text();
    ASSERT_TRUE(gather_sources(spec));
    ASSERT_FALSE(spec.contains("netlist"));
    auto sent = plan(spec);
    ASSERT_TRUE(sent) << sent.error().text();
    EXPECT_EQ(sent.value()["sources"].size(), spec["sources"]["files"].size());

    const fs::path store = scratch_->path() / "store";
    const Json& kept = sent.value()["common"]["input"];
    const fs::path file = stored_path(store, kept["bundle"].get<std::string>());
    fs::create_directories(file.parent_path());
    std::ofstream(file) << spec["sources"].dump();
    const auto inputs = {circuit_input_from_json(by_path.value()["common"]["input"]),
                         circuit_input_from_json(kept, store.string())};
    std::vector<std::string> circuits;
    for (const auto& input : inputs) {
      ASSERT_TRUE(input) << input.error().text();
      auto loaded = load_circuit(input.value(), Technology::ptah130());
      ASSERT_TRUE(loaded) << loaded.error().text();
      circuits.push_back(write_spice(loaded.value().circuit, Technology::ptah130()));
      for (const auto& [name, bench] : loaded.value().benches) circuits.back() += "\n" + name;
    }
    EXPECT_EQ(circuits[0], circuits[1]) << "what the chains read";
    for (Json* each : {&by_path.value(), &sent.value()}) {
      each->erase("sources");
      each->at("common").erase("input");
    }
    EXPECT_EQ(sent.value(), by_path.value());
  }

  std::optional<ScratchDir> scratch_;
};

TEST_F(SentSources, GiveThePlanThatThePathGives) {
  const fs::path circuits = PTAH_SOURCE_DIR "/configs/circuits";
  int tried = 0;
  for (const auto& entry : fs::directory_iterator(circuits)) {
    if (!entry.is_directory()) continue;
    Json spec{{"netlist", (entry.path() / (entry.path().filename().string() + ".sp")).string()}};
    for (const auto& [field, name] : {std::pair("pairs", "pairs.json"),
                                      {"testbench", "testbench.spice"},
                                      {"measures", "measures.yaml"}}) {
      if (fs::exists(entry.path() / name)) spec[field] = (entry.path() / name).string();
    }
    SCOPED_TRACE(entry.path());
    expect_same_plan(spec);
    ++tried;
  }
  EXPECT_GE(tried, 4);
  write("own/lib/leaf.sp",
        ".include sizes.inc\n.subckt leaf a b g\nM1 a g b b nfet w=w1 l=0.15u nf=ZZZ\n.ends\n");
  write("own/lib/sizes.inc", ".lib ../sizes.lib wide\n");
  write("own/sizes.lib", ".lib wide\n.param w1=2u\n.endl\n");
  expect_same_plan(
      {{"netlist", write("own/top.sp",
                         "* \xc2\xb5m\n.lib /x/libs.tech/models.lib tt\n"
                         ".include lib/leaf.sp\n"
                         ".subckt top a b g\nx1 a b g leaf\nx2 b a g leaf\n.ends\n")}});
}

TEST_F(SentSources, ThatLeadOutAreRefusedAndNothingIsOpened) {
  const std::string secret = write("secret.sp", ".param w1=1u\n");
  write("inside/nothing", "");
  const std::string top = ".subckt one d g s b\nM1 d g s b nfet w=w1 l=0.15u nf=2\n.ends\n";
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  ASSERT_GE(watch, 0);
  ASSERT_GE(::inotify_add_watch(watch, secret.c_str(), IN_OPEN | IN_ACCESS), 0);
  const fs::path before = fs::current_path();
  fs::current_path(scratch_->path() / "inside");
  for (const std::string& wanted : {secret, std::string("../secret.sp")}) {
    const Json sources{{"netlist", "one.sp"},
                       {"files", {{"one.sp", ".include " + wanted + "\n" + top}}}};
    const auto planned = plan({{"sources", sources}});
    ASSERT_FALSE(planned) << wanted;
    EXPECT_EQ(planned.error().code, ErrorCode::kDenied) << wanted;
    EXPECT_EQ(planned.error().where, "one.sp:1");
    EXPECT_THAT(planned.error().message, HasSubstr(wanted));
  }
  fs::current_path(before);
  char events[512];
  EXPECT_LT(::read(watch, events, sizeof events), 0) << "the file was opened";
  std::ifstream(secret).get();
  EXPECT_GT(::read(watch, events, sizeof events), 0) << "the watch does not see it";
  ::close(watch);
}

TEST_F(SentSources, AreListedWithSizeAndHash) {
  const Json sources{{"netlist", "one.sp"},
                     {"files",
                      {{"one.sp",
                        ".include w.inc\n.subckt one d g s b\nM1 d g s b nfet w=w1 l=0.15u nf=ZZZ\n"
                        ".ends\n"},
                       {"w.inc", ".param w1=1u\n"}}}};
  const auto planned = plan({{"sources", sources}});
  ASSERT_TRUE(planned) << planned.error().text();
  const Json& list = planned.value()["sources"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1],
            (Json{{"name", "w.inc"},
                  {"bytes", 13},
                  {"sha256", "e0385e135d82c2444d643fa704ac98ca6b60cb38126569b14ddc69dcf2c87db8"}}));
}

TEST_F(SentSources, HoldTheTestbenchesThatMeasuresName) {
  const Json sources{
      {"netlist", "one.sp"},
      {"measures", "m/measures.yaml"},
      {"files",
       {{"one.sp", ".subckt one d g s b\nM1 d g s b nfet w=1u l=0.15u nf=2\n.ends\n"},
        {"noise.spice", "not this one"},
        {"m/measures.yaml", "measures:\n  - {name: n, kind: noise, testbench: noise.spice}\n"}}}};
  const auto planned = plan({{"sources", sources}});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, ErrorCode::kNotFound) << planned.error().text();
  EXPECT_EQ(planned.error().where, "m/measures.yaml");
  EXPECT_THAT(planned.error().message, HasSubstr("noise.spice"));
}

}  // namespace
}  // namespace ptah
