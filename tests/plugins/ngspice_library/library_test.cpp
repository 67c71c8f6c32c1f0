/// ngspice's shared library against its program: the same decks give the same digits, and whatever
/// goes wrong inside is an Error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "circuit_fixture.hpp"
#include "hostile_benches.hpp"
#include "library_simulation.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

using testing::HasSubstr;

/// The value as it comes back from the program: printed into an ASCII raw file, and read again.
double printed(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.15e", value);
  return std::strtod(text, nullptr);
}

void expect_same_digits(const Waveform& program, const Waveform& library) {
  EXPECT_EQ(program.analysis, library.analysis);
  EXPECT_EQ(program.x_name, library.x_name);
  ASSERT_EQ(program.names, library.names);
  ASSERT_EQ(program.x.size(), library.x.size());
  for (std::size_t i = 0; i < program.x.size(); ++i) {
    ASSERT_EQ(program.x[i], printed(library.x[i])) << "point " << i;
    for (std::size_t k = 0; k < program.y.size(); ++k) {
      ASSERT_EQ(program.y[k][i].real(), printed(library.y[k][i].real()))
          << program.names[k] << " point " << i;
      ASSERT_EQ(program.y[k][i].imag(), printed(library.y[k][i].imag()))
          << program.names[k] << " point " << i;
    }
  }
}

/// Largest difference, relative to the largest value of the vector.
double difference(const Waveform& a, const Waveform& b) {
  double worst = 0;
  for (std::size_t k = 0; k < a.y.size(); ++k) {
    double largest = 0, off = 0;
    for (std::size_t i = 0; i < a.y[k].size(); ++i) {
      largest = std::max(largest, std::abs(a.y[k][i]));
      off = std::max(off, std::abs(a.y[k][i] - b.y[k][i]));
    }
    worst = std::max(worst, off / largest);
  }
  return worst;
}

long resident_kib() {
  std::ifstream file("/proc/self/statm");
  long size = 0, resident = 0;
  file >> size >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

ExtractedNetlist rc_netlist() {
  ExtractedNetlist netlist;
  netlist.name = "rc";
  netlist.ports = {"in", "out", "gnd"};
  netlist.resistors = {{"in", "out", 1e3}};
  netlist.capacitors = {{"out", "gnd", 1e-9}};
  return netlist;
}

Testbench rc_testbench(std::vector<std::string> analyses) {
  Testbench bench;
  bench.dut = "rc";
  bench.dut_ports = {"in", "out", "gnd"};
  bench.cards = {"xdut in out 0 rc", "Vin in 0 dc 1 ac 1 pulse(0 1 0 1n 1n 1 2)"};
  bench.analyses = std::move(analyses);
  bench.outputs = {"v(out)", "i(Vin)"};
  return bench;
}

/// What an extractor adds: areas that differ from finger to finger, coupling, wires.
ExtractedNetlist with_parasitics(ExtractedNetlist netlist, int seed) {
  int serial = seed;
  for (ExtractedDevice& device : netlist.devices) {
    if (device.model.find("fet") == std::string::npos) continue;
    const double w = device.parameters["w"];
    const bool outer = ++serial % 3 == 0;
    device.parameters["ad"] = w * (outer ? 0.29 : 0.14);
    device.parameters["as"] = w * 0.2675;
    device.parameters["pd"] = 2 * w + 0.53;
    device.parameters["ps"] = outer ? 2 * w + 0.29 : 0.29;
  }
  std::vector<std::string> nets;
  for (const ExtractedDevice& device : netlist.devices) {
    for (const std::string& net : device.nets) {
      if (std::find(nets.begin(), nets.end(), net) == nets.end()) nets.push_back(net);
    }
  }
  for (std::size_t i = 0; i + 1 < nets.size(); ++i) {
    netlist.capacitors.push_back({nets[i], nets[i + 1], 1e-16 * (7 + seed + static_cast<int>(i))});
  }
  return netlist;
}

class SameAsProgram : public test::CircuitOnTechnology {
 protected:
  void open() override {
    auto loaded = test::load_circuit(GetParam().circuit, 4, *technology_);
    ASSERT_TRUE(loaded) << loaded.error().text();
    bench_ = loaded.value().testbench;
    netlist_ = with_parasitics(schematic_netlist(loaded.value().circuit, *technology_), 1);
  }

  Testbench bench_;
  ExtractedNetlist netlist_;
  SimpleJobContext job_;
};

TEST_P(SameAsProgram, ToAllPrintedDigits) {
  bench_.analyses = {bench_.analyses.front(),
                     ".op",
                     ".ac dec 7 10 1meg",
                     ".dc Vin 0.8 1 0.05",
                     ".noise " + bench_.outputs.front() + " Vin dec 5 1k 1meg",
                     ".tran 10n 400n"};
  const auto program = simulate_with_ngspice(netlist_, bench_, *technology_, {}, job_);
  ASSERT_TRUE(program) << program.error().text();
  LibrarySimulation simulation({.flatten = false});
  const auto library = simulation.simulate(netlist_, bench_, *technology_, job_);
  ASSERT_TRUE(library) << library.error().text();
  ASSERT_EQ(program.value().size(), library.value().size());
  for (std::size_t i = 0; i < program.value().size(); ++i) {
    SCOPED_TRACE(bench_.analyses[i]);
    expect_same_digits(program.value()[i], library.value()[i]);
  }
}

TEST_P(SameAsProgram, WithExpandedModels) {
  const auto program = simulate_with_ngspice(netlist_, bench_, *technology_, {}, job_);
  ASSERT_TRUE(program) << program.error().text();
  LibrarySimulation simulation({});
  const auto library = simulation.simulate(netlist_, bench_, *technology_, job_);
  ASSERT_TRUE(library) << library.error().text();
  ASSERT_EQ(program.value()[0].y[0].size(), library.value()[0].y[0].size());
  const double off = difference(program.value()[0], library.value()[0]);
  // Sums in another order: rounding, which an operating point found by stepping magnifies. As many
  // digits as ngspice prints.
  EXPECT_LT(off, 1e-7);
  const std::clock_t start = std::clock();
  constexpr int kRuns = 20;
  for (int i = 0; i < kRuns; ++i) {
    ASSERT_TRUE(
        simulation.simulate(with_parasitics(netlist_, i), bench_, *technology_, job_).has_value());
  }
  const double spent_ms = 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::printf("%s on %s: %.2f ms of processor time a run, differs by %.1e\n", GetParam().circuit,
              GetParam().technology, spent_ms / kRuns, off);
}

INSTANTIATE_TEST_SUITE_P(
    All, SameAsProgram,
    testing::Values(test::Case{"five_transistors_ota", "ptah130"},
                    test::Case{"miller_ota", "ptah130"}, test::Case{"ahuja_ota", "ptah130"},
                    test::Case{"ota_ff", "ptah130"}, test::Case{"lpf", "ptah130"},
                    test::Case{"five_transistors_ota", "sky130A"},
                    test::Case{"miller_ota", "sky130A"}, test::Case{"ahuja_ota", "sky130A"},
                    test::Case{"ota_ff", "sky130A"}, test::Case{"lpf", "sky130A"}),
    [](const auto& test_case) {
      return std::string(test_case.param.circuit) + "_" + test_case.param.technology;
    });

TEST(LibrarySimulationModels, AreThoseOfTheTechnologyThatIsAskedFor) {
  if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
  // As shipped under the shipped name, but slow.
  const std::filesystem::path shipped = PTAH_SOURCE_DIR "/configs/technologies";
  auto folder = ScratchDir::create(std::filesystem::temp_directory_path(), "models");
  ASSERT_TRUE(folder) << folder.error().text();
  auto models = read_text_file(shipped / "ptah130_models.yaml", 1u << 20);
  ASSERT_TRUE(models) << models.error().text();
  const std::string typical = "tt: {}";
  const std::size_t at = models.value().find(typical);
  ASSERT_NE(at, std::string::npos);
  models.value().replace(at, typical.size(),
                         "tt: {nmos: {vth_v: 0.07, mobility: 0.86}, pmos: {vth_v: 0.1, mobility: "
                         "0.81}}");
  const auto path = folder.value().path();
  ASSERT_TRUE(write_text_file(path / "ptah130_models.yaml", models.value(), Durability::kCached));
  std::filesystem::copy_file(shipped / "ptah130.yaml", path / "ptah130.yaml");
  auto slow = Technology::load(path / "ptah130.yaml");
  ASSERT_TRUE(slow) << slow.error().text();
  ASSERT_EQ(slow.value().name(), Technology::ptah130().name());

  // One lies where the other lay.
  std::optional<Technology> technology = Technology::ptah130();
  const auto loaded = test::load_circuit("five_transistors_ota", 4, *technology);
  ASSERT_TRUE(loaded) << loaded.error().text();
  const ExtractedNetlist netlist =
      with_parasitics(schematic_netlist(loaded.value().circuit, *technology), 1);
  const Testbench& bench = loaded.value().testbench;
  SimpleJobContext job;
  LibrarySimulation kept({});
  const auto first = kept.simulate(netlist, bench, *technology, job);
  ASSERT_TRUE(first) << first.error().text();
  technology.emplace(std::move(slow.value()));
  const auto second = kept.simulate(netlist, bench, *technology, job);
  ASSERT_TRUE(second) << second.error().text();
  const auto fresh = LibrarySimulation({}).simulate(netlist, bench, *technology, job);
  ASSERT_TRUE(fresh) << fresh.error().text();
  EXPECT_EQ(difference(second.value()[0], fresh.value()[0]), 0);
  EXPECT_GT(difference(first.value()[0], fresh.value()[0]), 1e-3);
}

/// Simulations of one object, which keeps circuits, against those of objects that know nothing.
TEST_P(SameAsProgram, KeptCircuitsSayWhatFreshOnesSay) {
  LibrarySimulation kept({});
  for (int i = 0; i < 8; ++i) {
    SCOPED_TRACE(i);
    const ExtractedNetlist netlist = with_parasitics(netlist_, i * 7 % 5);
    if (i == 3) {  // What fails in between leaves nothing behind.
      Testbench broken = bench_;
      broken.outputs = {"v(nowhere)"};
      EXPECT_FALSE(kept.simulate(netlist, broken, *technology_, job_));
      broken = bench_;
      broken.cards.push_back("D1 in out nosuchdiode");
      EXPECT_FALSE(kept.simulate(netlist, broken, *technology_, job_));
    }
    LibrarySimulation fresh({});
    const auto a = kept.simulate(netlist, bench_, *technology_, job_);
    const auto b = fresh.simulate(netlist, bench_, *technology_, job_);
    test::expect_equal(a, b);
  }
}

class Library : public testing::Test {
 protected:
  Result<std::vector<Waveform>> simulate(const ExtractedNetlist& netlist, const Testbench& bench) {
    return simulation_.simulate(netlist, bench, technology_, job_);
  }

  Technology technology_ = Technology::ptah130();
  SimpleJobContext job_;
  LibrarySimulation simulation_{{}};
};

TEST_F(Library, RunsEveryKindOfAnalysisAndOutputAsTheProgramDoes) {
  if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
  Testbench bench =
      rc_testbench({".op", ".DC Vin -1 1 0.5", ".tran 10n 5u", ".noise V(out) Vin dec 10 1 1MEG",
                    ".ac lin 5 1k 2k", ".dc temp 0 50 10", ".noise v(out) Vin oct 3 1 1k",
                    ".dc Iload 0 1u 0.25u"});
  bench.cards.push_back("Iload out 0 dc 0");
  const auto program = simulate_with_ngspice(rc_netlist(), bench, technology_, {}, job_);
  const auto library = simulate(rc_netlist(), bench);
  ASSERT_TRUE(program) << program.error().text();
  ASSERT_TRUE(library) << library.error().text();
  ASSERT_EQ(library.value().size(), bench.analyses.size());
  for (std::size_t i = 0; i < bench.analyses.size(); ++i) {
    SCOPED_TRACE(bench.analyses[i]);
    expect_same_digits(program.value()[i], library.value()[i]);
  }
}

TEST_F(Library, TakesTheDifferenceOfTwoNets) {
  Testbench bench = rc_testbench({".ac dec 5 1k 1meg"});
  bench.outputs = {"v(in,OUT)", "v(in)", "v(out)", "v(in,0)"};
  const auto result = simulate(rc_netlist(), bench);
  ASSERT_TRUE(result) << result.error().text();
  const Waveform& ac = result.value()[0];
  ASSERT_EQ(ac.names.size(), 4u);
  for (std::size_t i = 0; i < ac.x.size(); ++i) {
    EXPECT_EQ(ac.y[0][i], ac.y[1][i] - ac.y[2][i]);
    EXPECT_EQ(ac.y[3][i], ac.y[1][i]);
  }
}

TEST_F(Library, SaysInNgspicesWordsThatACircuitDoesNotConverge) {
  Testbench bench = rc_testbench({".op"});
  bench.cards.push_back("Vother in 0 dc 2");
  const auto result = simulate(rc_netlist(), bench);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kToolFailed);
  EXPECT_THAT(result.error().message, HasSubstr("does not converge"));
  EXPECT_THAT(result.error().message, HasSubstr("singular matrix"));
  EXPECT_TRUE(simulate(rc_netlist(), rc_testbench({".op"})));
}

TEST_F(Library, NamesWhatDoesNotExistAndGoesOn) {
  const std::vector<std::pair<std::string, std::string>> broken = {
      {"xextra in out nosuchcell", "nosuchcell"},
      {"M1 in out 0 0 nosuchmodel w=1u l=1u", "nosuchmodel"},
      {"D1 in out nosuchdiode", "nosuchdiode"},
      {"R7 in out {nosuchparameter}", "nosuchparameter"},
      {"E1 out 0 in 0 gain='1+'", ""}};
  for (int round = 0; round < 3; ++round) {
    for (const auto& [card, word] : broken) {
      Testbench bench = rc_testbench({".op"});
      const std::size_t end = card.find('\n');
      bench.cards.push_back(card.substr(0, end));
      if (end != std::string::npos) bench.cards.push_back(card.substr(end + 1));
      const auto result = simulate(rc_netlist(), bench);
      ASSERT_FALSE(result) << card;
      EXPECT_EQ(result.error().code, ErrorCode::kToolFailed);
      EXPECT_THAT(result.error().message, HasSubstr(word)) << card;
      const auto good = simulate(rc_netlist(), rc_testbench({".op"}));
      ASSERT_TRUE(good) << "after " << card << ": " << good.error().text();
      EXPECT_EQ(good.value()[0].y[0][0].real(), 1);
    }
  }
}

TEST_F(Library, NamesAnOutputThatDoesNotExist) {
  Testbench bench = rc_testbench({".ac dec 5 1k 1meg"});
  bench.outputs = {"v(out)", "v(nowhere)"};
  const auto result = simulate(rc_netlist(), bench);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("nowhere"));
}

TEST_F(Library, EndsAnAnalysisThatTakesTooLong) {
  LibrarySimulation hasty({.wall_s = 0.3});
  const auto start = std::chrono::steady_clock::now();
  const auto result =
      hasty.simulate(rc_netlist(), rc_testbench({".tran 1p 1 0 1p"}), technology_, job_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kLimit);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  const auto next = simulate(rc_netlist(), rc_testbench({".tran 10n 5u"}));
  ASSERT_TRUE(next) << next.error().text();
}

/// Cancelled from the second poll on.
class Cancelling final : public JobContext {
 public:
  bool cancelled() const noexcept override { return ++polls_ > 1; }
  void progress(double, std::string_view) override {}
  void log(LogLevel, std::string_view) override {}
  std::uint64_t seed() const noexcept override { return 0; }
  const std::filesystem::path& scratch_dir() const noexcept override { return scratch_; }

 private:
  mutable int polls_ = 0;
  std::filesystem::path scratch_ = std::filesystem::temp_directory_path();
};

TEST_F(Library, StopsWhenCancelled) {
  Cancelling job;
  const auto start = std::chrono::steady_clock::now();
  const auto result =
      simulation_.simulate(rc_netlist(), rc_testbench({".tran 1p 1 0 1p"}), technology_, job);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_TRUE(simulate(rc_netlist(), rc_testbench({".op"})));
}

TEST_F(Library, LeavesTheHostsSignalHandlersAlone) {
  std::vector<void (*)(int)> before;
  const std::vector<int> signals = {SIGINT, SIGTERM, SIGFPE, SIGSEGV, SIGILL, SIGTSTP};
  const auto mine = [](int) {};
  for (const int signal : signals) std::signal(signal, mine);
  EXPECT_TRUE(simulate(rc_netlist(), rc_testbench({".op"})));
  for (const int signal : signals) {
    EXPECT_EQ(std::signal(signal, SIG_DFL), static_cast<void (*)(int)>(mine)) << signal;
  }
}

/// The working folder stays, nothing is written into it, and no start file of it or of the user is
/// read. ngspice starts once in a process, so this is a process of its own.
TEST_F(Library, ReadsNoStartFilesAndWritesNone) {
  const auto folder = ScratchDir::create(testing::TempDir(), "cwd");
  ASSERT_TRUE(folder);
  const auto marker = folder.value().path() / "marker";
  std::ofstream(folder.value().path() / ".spiceinit") << "shell touch " << marker.string() << "\n";
  EXPECT_EXIT(
      {
        if (chdir(folder.value().path().c_str()) != 0) std::exit(3);
        LibrarySimulation fresh({});
        const bool good =
            fresh.simulate(rc_netlist(), rc_testbench({".op"}), technology_, job_).has_value();
        const bool same =
            std::filesystem::current_path() == std::filesystem::canonical(folder.value().path());
        std::exit(good && same ? 0 : 4);
      },
      testing::ExitedWithCode(0), "");
  EXPECT_FALSE(std::filesystem::exists(marker));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.value().path()), {}), 1);
}

TEST_F(Library, FilesOfTheUserStayAsTheyAre) {
  const auto folder = ScratchDir::create(testing::TempDir(), "victim");
  const test::Victim victim(folder.value().path());
  ExtractedNetlist netlist = rc_netlist();
  netlist.capacitors.push_back({"in", "out", 1e-9});
  netlist.resistors.clear();  // so that the circuit is kept, and its values are set by commands
  ASSERT_TRUE(simulate(netlist, rc_testbench({".ac dec 5 1k 1meg"})));
  for (const auto& [what, bench] :
       test::hostile_benches(rc_testbench({".ac dec 5 1k 1meg"}), victim.path())) {
    const auto result = simulate(netlist, bench);
    ASSERT_FALSE(result) << what;
    EXPECT_FALSE(result.error().hint.empty()) << what;
    EXPECT_TRUE(victim.untouched()) << what;
  }
}

TEST_F(Library, MultipliersEqualCopies) {
  auto loaded = test::load_circuit("miller_ota", 4, technology_);
  ASSERT_TRUE(loaded) << loaded.error().text();
  const ExtractedNetlist copies = schematic_netlist(loaded.value().circuit, technology_);
  ExtractedNetlist merged = copies;
  merged.devices.clear();
  for (const ExtractedDevice& device : copies.devices) {
    const auto same = std::find_if(
        merged.devices.begin(), merged.devices.end(), [&](const ExtractedDevice& other) {
          return other.model == device.model && other.nets == device.nets &&
                 other.parameters.at("m") > 0 &&
                 other.name.substr(0, other.name.find('_')) ==
                     device.name.substr(0, device.name.find('_'));
        });
    if (same != merged.devices.end()) {
      same->parameters["m"] += 1;
    } else {
      merged.devices.push_back(device);
      merged.devices.back().parameters["m"] = 1;
    }
  }
  ASSERT_LT(merged.devices.size(), copies.devices.size() / 2);
  for (const bool flatten : {false, true}) {
    LibrarySimulation simulation({.flatten = flatten});
    const auto a = simulation.simulate(copies, loaded.value().testbench, technology_, job_);
    const auto b = simulation.simulate(merged, loaded.value().testbench, technology_, job_);
    ASSERT_TRUE(a) << a.error().text();
    ASSERT_TRUE(b) << b.error().text();
    EXPECT_LT(difference(a.value()[0], b.value()[0]), 1e-9);
  }
}

TEST_F(Library, KeepsSoManyCircuitsAndForgetsTheOldest) {
  auto loaded = test::load_circuit("five_transistors_ota", 2, technology_);
  ASSERT_TRUE(loaded) << loaded.error().text();
  const ExtractedNetlist netlist = schematic_netlist(loaded.value().circuit, technology_);
  std::vector<std::vector<Waveform>> first;
  constexpr std::size_t kCircuits = NgspiceLibrary::kMostKept + 5;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < kCircuits; ++i) {
      Testbench bench = loaded.value().testbench;
      bench.cards.push_back("Cload" + std::to_string(i) + " " + bench.dut_ports.back() + " 0 " +
                            std::to_string(i + 1) + "f");
      auto found = simulate(with_parasitics(netlist, static_cast<int>(i)), bench);
      ASSERT_TRUE(found) << found.error().text();
      if (round == 0) {
        first.push_back(std::move(found.value()));
      } else {
        ASSERT_EQ(found.value()[0].y, first[i][0].y) << "circuit " << i << " round " << round;
      }
    }
  }
}

TEST_F(Library, ACancelledRunOfAKeptCircuitLeavesNothingBehind) {
  auto loaded = test::load_circuit("five_transistors_ota", 2, technology_);
  ASSERT_TRUE(loaded) << loaded.error().text();
  const ExtractedNetlist netlist =
      with_parasitics(schematic_netlist(loaded.value().circuit, technology_), 1);
  Testbench bench = loaded.value().testbench;
  bench.analyses = {".tran 1p 1 0 1p"};
  Cancelling job;
  const auto stopped = simulation_.simulate(netlist, bench, technology_, job);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  bench.analyses = {".ac dec 10 1k 1g"};
  const auto after = simulate(netlist, bench);
  LibrarySimulation fresh({});
  const auto expected = fresh.simulate(netlist, bench, technology_, job_);
  ASSERT_TRUE(after) << after.error().text();
  ASSERT_TRUE(expected);
  EXPECT_EQ(after.value()[0].y, expected.value()[0].y);
}

/// PTAH_LIBRARY_RUNS=10000 for the long version.
TEST_F(Library, KeepsItsMemory) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer holds back what is freed";
#endif
  const char* wanted = std::getenv("PTAH_LIBRARY_RUNS");
  const int runs = wanted != nullptr ? std::atoi(wanted) : 400;
  auto loaded = test::load_circuit("five_transistors_ota", 2, technology_);
  ASSERT_TRUE(loaded) << loaded.error().text();
  const ExtractedNetlist netlist = schematic_netlist(loaded.value().circuit, technology_);
  const auto once = [&](int i) {
    return simulate(with_parasitics(netlist, i % 50), loaded.value().testbench).has_value();
  };
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(once(i));
  const long before = resident_kib();
  for (int i = 0; i < runs; ++i) {
    ASSERT_TRUE(once(i));
    if (wanted != nullptr && i % 1000 == 0) std::printf("%d runs: %ld KiB\n", i, resident_kib());
  }
  const long after = resident_kib();
  std::printf("%d runs: resident memory %ld -> %ld KiB\n", runs, before, after);
  EXPECT_LT(after - before, 1024);
}

}  // namespace
}  // namespace ptah
