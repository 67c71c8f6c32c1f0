/// Resistor networks of test structures against ladders computed by hand. A metal resistor's body
/// at the end of a wire is the probe: its terminal is where the wire ends.
#include "network.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "node_names.hpp"
#include "ptah/core/random.hpp"

namespace ptah::native {
namespace {

class Structure {
 public:
  Structure& shape(const std::string& layer, Rect rect) {
    flat_.shapes.push_back({technology_.layer(layer), rect});
    return *this;
  }
  /// A wire's end: a body of `layer` and a stub of wire behind it.
  Structure& probe(const std::string& layer, Rect body, Rect beyond) {
    return shape(layer, body).shape(layer + ".res", body).shape(layer, beyond);
  }
  Structure& port(const std::string& layer, Point at, const std::string& name) {
    flat_.labels.push_back({technology_.layer(layer), at, name, true});
    return *this;
  }
  void extract() {
    connectivity_ = find_connectivity(flat_, technology_);
    builder_.find(connectivity_, technology_, resistance_law(technology_), network_);
  }
  const Connectivity& connectivity() const { return connectivity_; }
  const ResistorNetwork& network() const { return network_; }

  /// Node of the terminal of a device of which `body` is the place.
  std::int32_t terminal_of(Rect body, std::size_t terminal) const {
    for (std::size_t d = 0; d < connectivity_.devices.size(); ++d) {
      if (connectivity_.devices[d].body == body) return network_.terminals[d][terminal];
    }
    ADD_FAILURE() << "no device at " << body.x0 << " " << body.y0;
    return 0;
  }
  /// The terminal of `body` on the net of `port`.
  std::int32_t node(Rect body, const std::string& port) const {
    for (std::size_t t = 0; t < 2; ++t) {
      const std::int32_t n = terminal_of(body, t);
      if (network_.nodes[static_cast<std::size_t>(n)].net == net(port)) return n;
    }
    ADD_FAILURE() << "no terminal on " << port;
    return 0;
  }
  NetIndex net(const std::string& name) const {
    for (std::size_t i = 0; i < connectivity_.nets.size(); ++i) {
      if (connectivity_.nets[i].name == name) return static_cast<NetIndex>(i);
    }
    ADD_FAILURE() << "no net " << name;
    return 0;
  }
  std::int32_t port_node(const std::string& name) const {
    return static_cast<std::int32_t>(network_.first[static_cast<std::size_t>(net(name))]);
  }
  /// Between two nodes, all others open: Gaussian elimination of the conductances.
  double ohm(std::int32_t a, std::int32_t b) const {
    const std::size_t n = network_.nodes.size();
    std::vector<std::vector<double>> g(n, std::vector<double>(n + 1, 0));
    for (const auto& r : network_.resistors) {
      const auto i = static_cast<std::size_t>(r.a), j = static_cast<std::size_t>(r.b);
      g[i][i] += 1 / r.ohm;
      g[j][j] += 1 / r.ohm;
      g[i][j] -= 1 / r.ohm;
      g[j][i] -= 1 / r.ohm;
    }
    for (std::size_t i = 0; i < n; ++i) g[i][i] += 1e-12;  // to ground: no row is singular
    const auto from = static_cast<std::size_t>(a), to = static_cast<std::size_t>(b);
    g[to][to] += 1e9;
    g[from][n] = 1;
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t i = 0; i < n; ++i) {
        if (i == k || g[i][k] == 0) continue;
        const double f = g[i][k] / g[k][k];
        for (std::size_t j = k; j <= n; ++j) g[i][j] -= f * g[k][j];
      }
    }
    return g[from][n] / g[from][from];
  }

 private:
  const Technology& technology_ = Technology::ptah130();
  gds::Flat flat_;
  Connectivity connectivity_;
  NetworkBuilder builder_;
  ResistorNetwork network_;
};

void expect_within(double found, double wanted, double relative = 0.01) {
  EXPECT_NEAR(found, wanted, relative * wanted);
}

struct LayerCase {
  const char* layer;
  Dbu width;
  double sheet;
};
const LayerCase kLayers[] = {{"poly", 330, 48.2},  {"li1", 290, 12.8},   {"met1", 140, 0.125},
                             {"met2", 140, 0.125}, {"met3", 300, 0.047}, {"met4", 300, 0.047},
                             {"met5", 1600, 0.029}};

TEST(ResistorNetwork, StraightWires) {
  for (const LayerCase& c : kLayers) {
    for (const bool upright : {false, true}) {
      const Dbu w = c.width;
      const auto at = [&](Dbu from, Dbu to) {
        return upright ? Rect{0, from, w, to} : Rect{from, 0, to, w};
      };
      Structure s;
      s.probe(c.layer, at(-1000, 0), at(-3000, -1000))
          .shape(c.layer, at(0, 20'000))
          .probe(c.layer, at(20'000, 21'000), at(21'000, 23'000))
          .port(c.layer, at(10'000, 10'000).center(), "a");
      s.extract();
      const auto left = s.node(at(-1000, 0), "a"), right = s.node(at(20'000, 21'000), "a");
      expect_within(s.ohm(left, right), c.sheet * 20'000 / w, 1e-6);
      // The port in the middle.
      expect_within(s.ohm(left, s.port_node("a")), c.sheet * 10'000 / w, 1e-6);
    }
  }
}

TEST(ResistorNetwork, CornersAreThoseOfAPotentialProblem) {
  // Finite differences: current enters far down the arm of width `w`, leaves far out in that of
  // width `h`; what the corner adds to both arms is counted in squares.
  for (const auto& [w, h] : {std::pair{12, 12}, {8, 16}, {16, 8}, {8, 24}}) {
    const int arm = 3 * std::max(w, h);
    const int columns = w + arm, rows = arm + h;
    const auto inside = [&](int x, int y) {
      return x >= 0 && y >= 0 && x < columns && y < rows && (x < w || y >= arm);
    };
    std::vector<double> v(static_cast<std::size_t>(columns * rows), 0.5);
    const auto at = [&](int x, int y) -> double& {
      return v[static_cast<std::size_t>(y * columns + x)];
    };
    for (int sweep = 0; sweep < 4000; ++sweep) {
      for (int y = 0; y < rows; ++y) {
        for (int x = 0; x < columns; ++x) {
          if (!inside(x, y)) continue;
          double sum = 0, weight = 0;
          for (const auto& [dx, dy] : {std::pair{1, 0}, {-1, 0}, {0, 1}, {0, -1}}) {
            if (!inside(x + dx, y + dy)) continue;
            sum += at(x + dx, y + dy);
            weight += 1;
          }
          if (y == 0) sum += 2, weight += 2;  // electrode at 1 V, half a cell away
          if (x == columns - 1) weight += 2;  // at 0 V
          at(x, y) += 1.9 * (sum / weight - at(x, y));
        }
      }
    }
    double current = 0;
    for (int x = 0; x < w; ++x) current += 2 * (1 - at(x, 0));
    const double squares =
        1 / current - static_cast<double>(arm) / w - static_cast<double>(arm) / h;
    EXPECT_NEAR(corner_squares(w, h), squares, 0.02) << w << " " << h;
  }
  EXPECT_NEAR(corner_squares(1, 1), 0.559, 0.001);
}

TEST(ResistorNetwork, BentWires) {
  for (const LayerCase& c : kLayers) {
    const Dbu w = c.width;
    Structure s;
    s.shape(c.layer, {0, 0, w, 20'000 + w})
        .shape(c.layer, {0, 20'000, 30'000 + w, 20'000 + w})
        .probe(c.layer, {0, -1000, w, 0}, {0, -3000, w, -1000})
        .probe(c.layer, {30'000 + w, 20'000, 31'000 + w, 20'000 + w},
               {31'000 + w, 20'000, 33'000 + w, 20'000 + w})
        .port(c.layer, {w / 2, 20'000 + w / 2}, "a");
    s.extract();
    const double squares = 20'000.0 / w + 30'000.0 / w + 0.559;
    expect_within(s.ohm(s.node({0, -1000, w, 0}, "a"),
                        s.node({30'000 + w, 20'000, 31'000 + w, 20'000 + w}, "a")),
                  c.sheet * squares);
  }
}

TEST(ResistorNetwork, Branches) {
  // A T: a bar of 20 um with a stem of 5 um in its middle, once lying and once standing.
  constexpr double kSheet = 0.125;
  Structure lying;
  lying.shape("met1", {0, 0, 20'000, 200})
      .shape("met1", {9'900, -5'000, 10'100, 0})
      .probe("met1", {-1000, 0, 0, 200}, {-2000, 0, -1000, 200})
      .probe("met1", {20'000, 0, 21'000, 200}, {21'000, 0, 22'000, 200})
      .probe("met1", {9'900, -6'000, 10'100, -5'000}, {9'900, -7'000, 10'100, -6'000})
      .port("met1", {5'000, 100}, "a");
  lying.extract();
  const auto left = lying.node({-1000, 0, 0, 200}, "a");
  const auto right = lying.node({20'000, 0, 21'000, 200}, "a");
  const auto stem = lying.node({9'900, -6'000, 10'100, -5'000}, "a");
  expect_within(lying.ohm(left, right), kSheet * 100);
  expect_within(lying.ohm(left, stem), kSheet * (50 + 25 + 0.5));
  expect_within(lying.ohm(right, stem), kSheet * (50 + 25 + 0.5));

  Structure standing;
  standing.shape("met1", {0, 0, 200, 20'000})
      .shape("met1", {200, 9'900, 5'200, 10'100})
      .probe("met1", {0, -1000, 200, 0}, {0, -2000, 200, -1000})
      .probe("met1", {0, 20'000, 200, 21'000}, {0, 21'000, 200, 22'000})
      .probe("met1", {5'200, 9'900, 6'200, 10'100}, {6'200, 9'900, 7'200, 10'100})
      .port("met1", {100, 5'000}, "a");
  standing.extract();
  const auto low = standing.node({0, -1000, 200, 0}, "a");
  const auto high = standing.node({0, 20'000, 200, 21'000}, "a");
  const auto side = standing.node({5'200, 9'900, 6'200, 10'100}, "a");
  expect_within(standing.ohm(low, high), kSheet * 100);
  expect_within(standing.ohm(low, side), kSheet * (50 + 25 + 0.5));
  expect_within(standing.ohm(high, side), kSheet * (50 + 25 + 0.5));
}

TEST(ResistorNetwork, ViaStacks) {
  Structure s;
  const Rect pad{-1000, -1000, 1000, 1000};
  for (const char* layer : {"li1", "met1", "met2", "met3", "met4", "met5"}) s.shape(layer, pad);
  s.shape("mcon", {-85, -85, 85, 85})
      .shape("via", {-75, -75, 75, 75})
      .shape("via2", {-100, -100, 100, 100})
      .shape("via3", {-100, -100, 100, 100})
      .shape("via4", {-400, -400, 400, 400})
      .shape("li1", {-1000, 1000, 1000, 9'000})
      .probe("li1", {-1000, 9'000, 1000, 10'000}, {-1000, 10'000, 1000, 11'000})
      .port("met5", {0, 0}, "a");
  s.extract();
  expect_within(s.ohm(s.node({-1000, 9'000, 1000, 10'000}, "a"), s.port_node("a")),
                9.3 + 4.5 + 3.41 + 3.41 + 0.38 + 12.8 * 9'000 / 2'000);
}

TEST(ResistorNetwork, PlacingAWireOnItsSideChangesNothing) {
  // A plate with a narrow wire on its side, a branch on the wire and a corner, drawn in x and in y.
  double found[2] = {0, 0};
  for (const bool turned : {false, true}) {
    Structure s;
    const auto at = [&](Rect r) { return turned ? Rect{r.y0, r.x0, r.y1, r.x1} : r; };
    s.shape("met1", at({-5'000, -6'000, 0, 4'000}))
        .shape("met1", at({0, 0, 20'000, 200}))
        .shape("met1", at({10'000, 200, 10'200, 5'000}))
        .shape("met1", at({19'800, 200, 20'000, 9'000}))
        .probe("met1", at({19'800, 9'000, 20'000, 10'000}), at({19'800, 10'000, 20'000, 11'000}))
        .port("met1", turned ? Point{-1'000, -2'500} : Point{-2'500, -1'000}, "a");
    s.extract();
    found[turned] = s.ohm(s.node(at({19'800, 9'000, 20'000, 10'000}), "a"), s.port_node("a"));
  }
  EXPECT_NEAR(found[0], found[1], 1e-9);
  // The plate adds what a wire of 0.2 um meets in it: a square and the spreading to its middle
  // line.
  const double plate = 1 + 0.5 * std::log(1 + 2 * (2'500 - 200) / 200.0) + 1'100 / 5'000.0;
  expect_within(found[0], 0.125 * (plate + 19'800 / 200.0 + 0.559 + 8'800 / 200.0));
}

TEST(ResistorNetwork, ParallelCutsAreOneResistor) {
  for (const int columns : {1, 2, 5}) {
    for (const int rows : {1, 3}) {
      Structure s;
      s.shape("met1", {-1000, -1000, 1000, 1000}).shape("met2", {-1000, -1000, 1000, 1000});
      for (int x = 0; x < columns; ++x) {
        for (int y = 0; y < rows; ++y) {
          const Point at{320 * x - 160 * (columns - 1), 320 * y - 160 * (rows - 1)};
          s.shape("via", Rect{-75, -75, 75, 75}.moved(at));
        }
      }
      // Met1 leads out at its full width, so that nothing but the cuts has a say.
      s.shape("met1", {-1000, 1000, 1000, 9000})
          .probe("met1", {-1000, 9000, 1000, 10'000}, {-1000, 10'000, 1000, 11'000})
          .port("met2", {0, 0}, "a");
      s.extract();
      expect_within(s.ohm(s.node({-1000, 9000, 1000, 10'000}, "a"), s.port_node("a")),
                    4.5 / (columns * rows) + 0.125 * 9000 / 2000);
    }
  }
}

TEST(ResistorNetwork, LoopsOfTwoMetals) {
  // A ladder of two rails of met1 and three rungs of met2, 10 um apart.
  Structure s;
  s.shape("met1", {-10'000, -70, 30'000, 70}).shape("met1", {-10'000, 9'930, 30'000, 10'070});
  for (const Dbu x : {0, 10'000, 20'000}) {
    s.shape("met2", {x - 100, -200, x + 100, 10'200})
        .shape("via", Rect{-75, -75, 75, 75}.moved({x, 0}))
        .shape("via", Rect{-75, -75, 75, 75}.moved({x, 10'000}));
  }
  s.probe("met1", {-11'000, -70, -10'000, 70}, {-12'000, -70, -11'000, 70})
      .probe("met1", {-11'000, 9'930, -10'000, 10'070}, {-12'000, 9'930, -11'000, 10'070})
      .port("met1", {25'000, 0}, "a");
  s.extract();
  const double rail = 0.125 * 10'000 / 140, rung = 2 * 4.5 + 0.125 * 10'000 / 200;
  const auto parallel = [](double a, double b) { return a * b / (a + b); };
  const double wanted = 2 * rail + parallel(rung, 2 * rail + parallel(rung, 2 * rail + rung));
  expect_within(s.ohm(s.node({-11'000, -70, -10'000, 70}, "a"),
                      s.node({-11'000, 9'930, -10'000, 10'070}, "a")),
                wanted);
}

/// An nfet of W = 2 um with a contacted gate strap and three contacts on its source.
Structure transistor() {
  Structure s;
  s.shape("diff", {-400, 0, 550, 2000})
      .shape("nsdm", {-525, -125, 675, 2125})
      .shape("poly", {0, -130, 150, 2600})
      .shape("poly", {-90, 2600, 240, 2930})
      .shape("licon1", {-10, 2680, 160, 2850})
      .shape("li1", {-10, 2600, 160, 12'930})
      .probe("li1", {-10, 12'930, 160, 13'930}, {-10, 13'930, 160, 14'930});
  for (const Dbu y : {200, 900, 1600}) s.shape("licon1", {-335, y, -165, y + 170});
  s.shape("li1", {-335, 100, -165, 1870})
      .probe("li1", {-335, -1000, -165, 100}, {-335, -2000, -165, -1000});
  return s;
}

TEST(ResistorNetwork, GateContacts) {
  Structure s = transistor();
  s.port("li1", {75, 12'000}, "g");
  s.extract();
  const Rect gate{0, 0, 150, 2000};
  const auto found = s.terminal_of(gate, terminal::kGate);
  // From the middle of the gate (y = 1000) to the strap, which is square and so runs along y over
  // its full width, to the contact in its middle (75, 2765), and li1 from there to y = 12930.
  const double poly = 48.2 * ((2600 - 1000) / 150.0 + 165 / 330.0);
  const double li1 = 12.8 * (12'930 - 2765) / 170.0;
  const double ohm = s.ohm(found, s.node({-10, 12'930, 160, 13'930}, "g"));
  expect_within(ohm, poly + 152 + li1);
}

TEST(ResistorNetwork, ContactsOfASource) {
  Structure s = transistor();
  s.port("li1", {-250, 150}, "s");
  s.extract();
  const Rect gate{0, 0, 150, 2000};
  const auto a = s.terminal_of(gate, terminal::kDrain), b = s.terminal_of(gate, terminal::kSource);
  const auto source = s.network().nodes[static_cast<std::size_t>(a)].net == s.net("s") ? a : b;
  // Three contacts are one at their centre, y = 985.
  expect_within(s.ohm(source, s.node({-335, -1000, -165, 100}, "s")),
                185.0 / 3 + 12.8 * (985 - 100) / 170.0);
}

/// Resistors join nodes of one net, every net is one piece, every terminal has a node of its net.
void expect_sound(const Structure& s) {
  const ResistorNetwork& network = s.network();
  const auto node = [&](std::int32_t i) -> const ResistorNetwork::Node& {
    return network.nodes.at(static_cast<std::size_t>(i));
  };
  DisjointSets joined(network.nodes.size());
  for (const auto& r : network.resistors) {
    EXPECT_EQ(node(r.a).net, node(r.b).net);
    EXPECT_LT(r.a, r.b);
    EXPECT_TRUE(std::isfinite(r.ohm) && r.ohm > 0) << r.ohm;
    joined.unite(r.a, r.b);
  }
  ASSERT_EQ(network.first.size(), s.connectivity().nets.size() + 1);
  for (std::size_t net = 0; net + 1 < network.first.size(); ++net) {
    ASSERT_LT(network.first[net], network.first[net + 1]);
    for (std::size_t i = network.first[net]; i < network.first[net + 1]; ++i) {
      EXPECT_EQ(network.nodes[i].net, static_cast<NetIndex>(net));
      EXPECT_GE(network.nodes[i].area_um2, 0);
      EXPECT_EQ(joined.find(static_cast<std::int32_t>(i)),
                joined.find(static_cast<std::int32_t>(network.first[net])));
    }
  }
  ASSERT_EQ(network.terminals.size(), s.connectivity().devices.size());
  for (std::size_t d = 0; d < network.terminals.size(); ++d) {
    const FoundDevice& device = s.connectivity().devices[d];
    ASSERT_EQ(network.terminals[d].size(), device.terminals.size());
    for (std::size_t t = 0; t < device.terminals.size(); ++t) {
      EXPECT_EQ(node(network.terminals[d][t]).net, device.terminals[t].net);
    }
  }
}

TEST(ResistorNetwork, EveryNetIsOnePiece) {
  Structure s = transistor();
  s.extract();
  expect_sound(s);
}

TEST(ResistorNetwork, AnyDrawingHasASoundNetwork) {
  static const char* const kDrawn[] = {"diff",     "tap",      "poly",  "licon1", "li1",  "mcon",
                                       "met1",     "via",      "met2",  "via2",   "met3", "via3",
                                       "met4",     "capm",     "nwell", "nsdm",   "psdm", "li1.res",
                                       "met1.res", "poly.res", "rpm",   "npc"};
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Rng rng(seed);
    Structure s;
    const std::uint64_t count = 20 + rng.below(150);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string layer = kDrawn[rng.below(std::size(kDrawn))];
      const Dbu x = static_cast<Dbu>(rng.below(800)) * 5, y = static_cast<Dbu>(rng.below(800)) * 5;
      const Dbu w = static_cast<Dbu>(1 + rng.below(200)) * 5;
      const Dbu h = static_cast<Dbu>(1 + rng.below(200)) * 5;
      s.shape(layer, {x, y, x + w, y + h});
      if (rng.below(10) == 0 && layer == "met1") {
        s.port("met1", {x + static_cast<Dbu>(rng.below(400)), y}, "p" + std::to_string(i));
      }
    }
    s.extract();
    expect_sound(s);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(ResistorNetwork, CapacitancesAreSharedByArea) {
  Structure s;
  s.shape("met1", {0, 0, 30'000, 200})
      .probe("met1", {-1000, 0, 0, 200}, {-2000, 0, -1000, 200})
      .probe("met1", {30'000, 0, 31'000, 200}, {31'000, 0, 32'000, 200})
      .shape("met2", {9'900, -100, 10'100, 300})
      .shape("via", {9'925, 25, 10'075, 175})
      .port("met1", {0, 100}, "a")
      .shape("met3", {0, 5'000, 1'000, 6'000})
      .port("met3", {500, 5'500}, "b");
  s.extract();
  NetNames names;
  for (const FoundNet& net : s.connectivity().nets) names.nets.push_back(net.name);
  const Nodes nodes(names, s.network(), true);
  std::vector<ExtractedCapacitor> shares;
  nodes.share(s.net("a"), s.net("b"), 30e-15, shares);
  // Met1 has 6 um^2: its left third's half, then the halves around the via, met2's 0.08 um^2.
  const double whole = 6 + 0.08;
  std::map<std::string, double> by_node;
  double sum = 0;
  for (const ExtractedCapacitor& c : shares) {
    EXPECT_EQ(c.b, "b");
    by_node[c.a] += c.farad;
    sum += c.farad;
  }
  EXPECT_NEAR(sum, 30e-15, 1e-24);
  EXPECT_NEAR(by_node["a"], 30e-15 * 1 / whole, 1e-20);
  EXPECT_EQ(by_node.size(), 4u);
  EXPECT_EQ(shares.size(), 4u);
}

}  // namespace
}  // namespace ptah::native
