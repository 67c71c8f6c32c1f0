/// The cases of the placement benchmark, and what the peer reaches on them.
///
/// Peer: ALIGN f0eb296e3 with the OSIRIS PDK ("osiris") and with its own PDK of July 2026 ("own"),
/// on a 2-core EPYC virtual machine; simulated annealing with an ILP, 10,000 iterations, seed 0.
/// CPU seconds are of place and route together, as ALIGN reports nothing finer.
#pragma once

#include <limits>

namespace ptah::bench {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Peer {
  double cpu_s, area_um2, hpwl_um;
};

struct PlacementCase {
  const char* name;
  const char* circuit;
  const char* fingers;
  int others;  ///< Fingers of every device that `fingers` does not name.
  Peer osiris, own;
};

constexpr PlacementCase kPlacementCases[] = {
    {"five_285", "five_transistors_ota", "", 2, {15.0, 270, 74.9}, {15.1, 97.5, 48.0}},
    {"five_0",
     "five_transistors_ota",
     "M1=2,M2=2,M3=12,M4=12,M0=6",
     2,
     {13.8, 370, 81.2},
     {16.2, 175.5, 65.6}},
    {"miller_1584", "miller_ota", "", 2, {47.7, 1675, 242.3}, {kNone, kNone, kNone}},
    {"miller_0",
     "miller_ota",
     "M0=6,M5=6,M6=6,M8=4",
     2,
     {54.6, 1733, 228.8},
     {kNone, kNone, kNone}},
    {"ahuja_311", "ahuja_ota", "", 2, {100.6, 1714, 306.0}, {92.1, 1079, 228.5}},
    {"ahuja_0",
     "ahuja_ota",
     "M0=2,M2=2,M6=2,M9=2,M12=2,M13=2",
     4,
     {96.5, 1780, 298.1},
     {116.8, 1140, 238.5}},
    {"ota_ff_1557", "ota_ff", "", 2, {67.9, 702, 222.9}, {63.2, 253.6, 147.4}},
    {"ota_ff_0",
     "ota_ff",
     "M5=2,M39=2,M40=2,M38=2,M1=2",
     4,
     {73.0, 805, 252.4},
     {56.9, 305.6, 166.5}},
};

}  // namespace ptah::bench
