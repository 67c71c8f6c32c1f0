/// What networks look like, as values: the convolutional baseline (Liu et al., "Towards Decrypting
/// the Art of Analog Layout", DATE 2020) and the space of the work on architecture search for
/// analog placement quality: six guide-DAGs, two in parallel at each of three resolutions.
///
/// The paper leaves open, and here is: 32 filters in each of the fixed convolutions; biases and
/// ReLU after every convolution; no batch norm (an option); inputs divided by 255 and the grid (an
/// option); the two DAGs of a resolution have the same v0, which goes on once where it goes on.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"

namespace ptah::nets {

enum class Operation : std::uint8_t {
  kConv32,    ///< 3x3, 32 filters
  kConv64,    ///< 3x3, 64 filters
  kAtrous32,  ///< 3x3, 32 filters, dilation 2
  kMixed,     ///< depth-wise, in 4 groups with kernels 7, 9, 11, 13; as many filters as channels
};
constexpr std::size_t kOperations = 4;
constexpr std::array<int, 4> kMixedKernels{7, 9, 11, 13};
/// "conv3x3_32", "conv3x3_64", "atrous3x3_32", "mixed_7_9_11_13"
const char* to_string(Operation operation) noexcept;

constexpr int kDags = 6;
constexpr int kVertices = 8;  ///< v0 is what comes before; v1 to v7 are searched.

/// One network's choice out of a guide-DAG: edges go forward, every vertex but v0 that has an edge
/// has one that comes in, and an operation.
struct Dag {
  std::vector<std::pair<int, int>> edges;         ///< Ascending.
  std::array<Operation, kVertices> operations{};  ///< Of vertices with edges; that of v0 is none.

  bool has(int vertex) const noexcept;  ///< v0 always is.
  std::vector<int> sources(int vertex) const;
  bool leads_on(int vertex) const noexcept;  ///< It has an edge that goes out.
  int vertices() const noexcept;             ///< Without v0.
  friend bool operator==(const Dag&, const Dag&) = default;
};

enum class Kind : std::uint8_t { kCnn2d, kCnn3d, kNas };

struct Architecture {
  Kind kind = Kind::kCnn2d;
  /// Inputs are divided by 255 and the grid; if not they are bytes and indices, as released.
  bool unit_inputs = false;
  bool batch_norm = false;  ///< After the convolutions of kNas.
  int filters = 32;         ///< Of the fixed convolutions of kNas; a multiple of 4, 4 to 128.
  std::array<Dag, kDags> dags;
  friend bool operator==(const Architecture&, const Architecture&) = default;
};

Json to_json(const Architecture& architecture);
/// Fails with kParse, naming what does not fit. Anybody's JSON.
Result<Architecture> architecture_from_json(const Json& json);

/// A plain one: v1 of every DAG, with its number's operation.
Architecture plain_nas();

struct Size {
  double mmac = 0;              ///< Multiplications of one placement, 10^6.
  double milliseconds = 0;      ///< On one core of 2.x GHz with AVX-512, in batches: a model.
  std::int64_t parameters = 0;  ///< Weights and biases.
};
/// Of one placement on grid x grid pixels. The time is the multiplications by what a core does of
/// that kind in a second: rates from a measurement, so that equal networks have equal times.
Size size_of(const Architecture& architecture, int grid);

/// The DAGs as a picture: pairs from left to right, vertices from top to bottom.
std::string svg_of(const Architecture& architecture, const std::string& title);

}  // namespace ptah::nets
