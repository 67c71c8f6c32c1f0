#include "architecture.hpp"

#include <algorithm>

namespace ptah::nets {
namespace {

constexpr std::array<const char*, kOperations> kNames{"conv3x3_32", "conv3x3_64", "atrous3x3_32",
                                                      "mixed_7_9_11_13"};
constexpr std::array<const char*, 3> kKinds{"cnn2d", "cnn3d", "nas"};

// 10^6 multiplications a millisecond, measured (docs/predictors.md).
constexpr double kDenseRate = 45, kDepthwiseRate = 8;

Error bad(const std::string& what) {
  return make_error(ErrorCode::kParse, "This is no architecture: " + what + ".", "architecture");
}

/// Whether it is a whole number of [0, most]; values made in memory are signed, parsed ones not.
bool is_whole(const Json& json, std::int64_t most) {
  if (json.is_number_unsigned())
    return json.get<std::uint64_t>() <= static_cast<std::uint64_t>(most);
  return json.is_number_integer() && json.get<std::int64_t>() >= 0 &&
         json.get<std::int64_t>() <= most;
}

Result<Dag> dag_from_json(const Json& json, const std::string& name) {
  if (!json.is_object() || !json.contains("edges") || !json.contains("operations") ||
      json.size() != 2) {
    return bad(name + " is not {edges, operations}");
  }
  Dag dag;
  const Json& edges = json["edges"];
  if (!edges.is_array() || edges.size() > kVertices * (kVertices - 1) / 2)
    return bad(name + " has no list of at most 28 edges");
  for (const Json& edge : edges) {
    if (!edge.is_array() || edge.size() != 2 || !is_whole(edge[0], kVertices - 1) ||
        !is_whole(edge[1], kVertices - 1) || edge[0].get<int>() >= edge[1].get<int>()) {
      return bad("an edge of " + name + " does not go from one of v0 to v6 to a later one");
    }
    dag.edges.emplace_back(edge[0].get<int>(), edge[1].get<int>());
  }
  std::sort(dag.edges.begin(), dag.edges.end());
  if (std::adjacent_find(dag.edges.begin(), dag.edges.end()) != dag.edges.end())
    return bad(name + " has an edge twice");
  const Json& operations = json["operations"];
  if (!operations.is_object()) return bad(name + " has no object of operations");
  for (const auto& [vertex, operation] : operations.items()) {
    const bool known = vertex.size() == 1 && vertex[0] >= '1' && vertex[0] < '0' + kVertices &&
                       dag.has(vertex[0] - '0');
    if (!known) return bad(name + " has an operation of a vertex without edges");
    const auto found = std::find_if(kNames.begin(), kNames.end(), [&](const char* candidate) {
      return operation.is_string() && operation.get<std::string>() == candidate;
    });
    if (found == kNames.end()) return bad(name + " has an unknown operation");
    dag.operations[static_cast<std::size_t>(vertex[0] - '0')] =
        static_cast<Operation>(found - kNames.begin());
  }
  for (int vertex = 1; vertex < kVertices; ++vertex) {
    const bool out = dag.leads_on(vertex), in = dag.has(vertex);
    if (out && !in)
      return bad("v" + std::to_string(vertex) + " of " + name + " has no edge that comes in");
    if (in && !operations.contains(std::to_string(vertex)))
      return bad("v" + std::to_string(vertex) + " of " + name + " has no operation");
  }
  return dag;
}

/// Adds up what layers cost.
class Sum {
 public:
  void dense(double pixels, int in, int out, int taps) {
    add(pixels * in * out * taps, kDenseRate);
    size.parameters += std::int64_t{in} * out * taps + out;
  }
  void depthwise(double pixels, int channels, int taps) {
    add(pixels * channels * taps, kDepthwiseRate);
    size.parameters += std::int64_t{channels} * taps + channels;
  }
  Size size;

 private:
  void add(double mac, double rate) {
    size.mmac += mac / 1e6;
    size.milliseconds += mac / 1e6 / rate;
  }
};

/// Channels that leave a vertex.
int width_of(Operation operation, int in) {
  switch (operation) {
    case Operation::kConv32:
    case Operation::kAtrous32:
      return 32;
    case Operation::kConv64:
      return 64;
    case Operation::kMixed:
      return in;
  }
  return in;
}

void add_vertex(Sum& sum, double pixels, Operation operation, int in) {
  if (operation != Operation::kMixed) {
    sum.dense(pixels, in, width_of(operation, in), 9);
    return;
  }
  for (const int kernel : kMixedKernels) sum.depthwise(pixels, in / 4, kernel * kernel);
}

Size size_of_nas(const Architecture& architecture, int grid) {
  Sum sum;
  int in = 18;
  for (int stage = 0; stage < 3; ++stage) {
    grid = (grid + 1) / 2;
    const double pixels = static_cast<double>(grid) * grid;
    sum.dense(pixels, in, architecture.filters, 9);
    int out = 0;
    bool v0_goes_on = false;
    for (int half = 0; half < 2; ++half) {
      const Dag& dag = architecture.dags[static_cast<std::size_t>(2 * stage + half)];
      std::array<int, kVertices> width{architecture.filters};
      for (int vertex = 1; vertex < kVertices; ++vertex) {
        if (!dag.has(vertex)) continue;
        int sources = 0;
        for (const int source : dag.sources(vertex))
          sources += width[static_cast<std::size_t>(source)];
        const Operation operation = dag.operations[static_cast<std::size_t>(vertex)];
        add_vertex(sum, pixels, operation, sources);
        width[static_cast<std::size_t>(vertex)] = width_of(operation, sources);
        if (!dag.leads_on(vertex)) out += width[static_cast<std::size_t>(vertex)];
      }
      v0_goes_on = v0_goes_on || !dag.leads_on(0);
    }
    in = out + (v0_goes_on ? architecture.filters : 0);
  }
  sum.dense(1, in, 32, 1);
  sum.dense(1, 32, 1, 1);
  return sum.size;
}

Size size_of_cnn(bool three, int grid) {
  Sum sum;
  const int branch = three ? 128 : 24, depth = three ? 6 : 1;
  int side = grid;
  const auto pixels = [&] { return static_cast<double>(side) * side * depth; };
  sum.dense(6.0 * side * side, 3, branch, 25);
  sum.size.parameters += 5 * (3 * 25 + 1) * branch;
  int in = three ? branch : 6 * branch;
  for (const auto& [out, taps] :
       {std::pair{64, three ? 75 : 25}, {32, three ? 75 : 25}, {32, three ? 50 : 25}}) {
    sum.dense(pixels(), in, out, taps);
    side = (side - 3) / 2 + 1;
    in = out;
  }
  sum.dense(1, in * depth * side * side, 128, 1);
  sum.dense(1, 128, 16, 1);
  sum.dense(1, 16, 2, 1);
  return sum.size;
}

}  // namespace

const char* to_string(Operation operation) noexcept {
  return kNames[static_cast<std::size_t>(operation)];
}

bool Dag::has(int vertex) const noexcept {
  return vertex == 0 || std::any_of(edges.begin(), edges.end(),
                                    [&](const auto& edge) { return edge.second == vertex; });
}

std::vector<int> Dag::sources(int vertex) const {
  std::vector<int> found;
  for (const auto& [from, to] : edges) {
    if (to == vertex) found.push_back(from);
  }
  return found;
}

bool Dag::leads_on(int vertex) const noexcept {
  return std::any_of(edges.begin(), edges.end(),
                     [&](const auto& edge) { return edge.first == vertex; });
}

int Dag::vertices() const noexcept {
  int count = 0;
  for (int vertex = 1; vertex < kVertices; ++vertex) count += has(vertex) ? 1 : 0;
  return count;
}

Json to_json(const Architecture& architecture) {
  Json json{{"kind", kKinds[static_cast<std::size_t>(architecture.kind)]},
            {"inputs", architecture.unit_inputs ? "unit" : "raw"}};
  if (architecture.kind != Kind::kNas) return json;
  json["filters"] = architecture.filters;
  json["batch_norm"] = architecture.batch_norm;
  Json dags = Json::array();
  for (const Dag& dag : architecture.dags) {
    Json operations = Json::object();
    for (int vertex = 1; vertex < kVertices; ++vertex) {
      if (dag.has(vertex)) {
        operations[std::to_string(vertex)] =
            to_string(dag.operations[static_cast<std::size_t>(vertex)]);
      }
    }
    dags.push_back({{"edges", dag.edges}, {"operations", std::move(operations)}});
  }
  json["dags"] = std::move(dags);
  return json;
}

Result<Architecture> architecture_from_json(const Json& json) {
  if (!json.is_object()) return bad("it is no JSON object");
  const auto text = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  Architecture architecture;
  const auto kind = std::find(kKinds.begin(), kKinds.end(), text("kind"));
  if (kind == kKinds.end()) return bad("its `kind` is not cnn2d, cnn3d or nas");
  architecture.kind = static_cast<Kind>(kind - kKinds.begin());
  if (text("inputs") != "raw" && text("inputs") != "unit")
    return bad("its `inputs` are not raw or unit");
  architecture.unit_inputs = text("inputs") == "unit";
  const bool nas = architecture.kind == Kind::kNas;
  if (json.size() != (nas ? 5u : 2u)) return bad("it has fields of another kind, or lacks some");
  if (!nas) return architecture;
  const Json filters = json.value("filters", Json()), norm = json.value("batch_norm", Json()),
             dags = json.value("dags", Json());
  if (!is_whole(filters, 128) || filters.get<int>() < 4 || filters.get<int>() % 4 != 0) {
    return bad("its `filters` are no multiple of 4 up to 128");
  }
  architecture.filters = filters.get<int>();
  if (!norm.is_boolean()) return bad("its `batch_norm` is not true or false");
  architecture.batch_norm = norm.get<bool>();
  if (!dags.is_array() || dags.size() != kDags) return bad("it has not six `dags`");
  for (std::size_t i = 0; i < kDags; ++i) {
    PTAH_TRY(architecture.dags[i], dag_from_json(dags[i], "G" + std::to_string(i + 1)));
  }
  return architecture;
}

Architecture plain_nas() {
  Architecture architecture;
  architecture.kind = Kind::kNas;
  architecture.unit_inputs = true;
  for (std::size_t i = 0; i < kDags; ++i) {
    architecture.dags[i].edges = {{0, 1}};
    // The large kernels of the mixed one only where pictures are small.
    architecture.dags[i].operations[1] = i % 2 == 0 ? Operation::kConv32
                                         : i < 4    ? Operation::kAtrous32
                                                    : Operation::kMixed;
  }
  return architecture;
}

Size size_of(const Architecture& architecture, int grid) {
  if (architecture.kind == Kind::kNas) return size_of_nas(architecture, grid);
  return size_of_cnn(architecture.kind == Kind::kCnn3d, grid);
}

}  // namespace ptah::nets
