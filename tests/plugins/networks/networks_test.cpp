// Forward passes against a second implementation in plain loops, and gradients against differences.
#include "networks.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

#include "placement_images.hpp"
#include "propagation.hpp"

namespace ptah::nets {
namespace {

/// channels x depth x height x width, row by row.
struct Volume {
  int channels = 0, depth = 1, height = 0, width = 0;
  std::vector<double> values;

  Volume(int c, int d, int h, int w)
      : channels(c),
        depth(d),
        height(h),
        width(w),
        values(static_cast<std::size_t>(c) * static_cast<std::size_t>(d * h * w), 0.0) {}
  double& at(int c, int z, int y, int x) {
    return values[static_cast<std::size_t>(((c * depth + z) * height + y) * width + x)];
  }
  double get(int c, int z, int y, int x) const {
    if (z < 0 || z >= depth || y < 0 || y >= height || x < 0 || x >= width) return 0;
    return values[static_cast<std::size_t>(((c * depth + z) * height + y) * width + x)];
  }
};

/// Layers as the papers say them, in plain loops over values of a Network by name.
class Plain {
 public:
  explicit Plain(Network& network) {
    for (auto* list : {&network.parameters(), &network.buffers()}) {
      for (const Parameter& parameter : *list)
        tensors_[parameter.name] = parameter.value.detach().to(at::kDouble).contiguous();
    }
  }

  Volume convolve(const std::string& name, const Volume& in, int stride = 1, int dilation = 1,
                  int groups = 1) const {
    const at::Tensor& weight = tensors_.at(name + ".weight");
    const double* bias = values(name + ".bias");
    const int out = static_cast<int>(weight.size(0)), each = static_cast<int>(weight.size(1));
    const bool three = weight.dim() == 5;
    const int kz = three ? static_cast<int>(weight.size(2)) : 1;
    const int ky = static_cast<int>(weight.size(weight.dim() - 2));
    const int kx = static_cast<int>(weight.size(weight.dim() - 1));
    Volume result(out, in.depth, (in.height + stride - 1) / stride,
                  (in.width + stride - 1) / stride);
    // An even kernel begins at the point itself.
    const int z0 = -((kz - 1) / 2), y0 = -dilation * (ky / 2), x0 = -dilation * (kx / 2);
    const double* w = weight.data_ptr<double>();
    for (int o = 0; o < out; ++o) {
      const int first = o / (out / groups) * each;
      for (int z = 0; z < in.depth; ++z)
        for (int y = 0; y < result.height; ++y)
          for (int x = 0; x < result.width; ++x) {
            double sum = bias[o];
            for (int i = 0; i < each; ++i)
              for (int c = 0; c < kz; ++c)
                for (int a = 0; a < ky; ++a)
                  for (int b = 0; b < kx; ++b) {
                    sum += w[(((o * each + i) * kz + c) * ky + a) * kx + b] *
                           in.get(first + i, z + z0 + c, y * stride + y0 + a * dilation,
                                  x * stride + x0 + b * dilation);
                  }
            result.at(o, z, y, x) = normed(name, o, sum);
          }
    }
    return result;
  }

  std::vector<double> dense(const std::string& name, const std::vector<double>& in) const {
    const at::Tensor& weight = tensors_.at(name + ".weight");
    const double *w = weight.data_ptr<double>(), *bias = values(name + ".bias");
    std::vector<double> out;
    for (int o = 0; o < weight.size(0); ++o) {
      double sum = bias[o];
      for (std::size_t i = 0; i < in.size(); ++i)
        sum += w[static_cast<std::size_t>(o) * in.size() + i] * in[i];
      out.push_back(sum);
    }
    return out;
  }

 private:
  const double* values(const std::string& name) const {
    return tensors_.at(name).data_ptr<double>();
  }
  double normed(const std::string& name, int channel, double value) const {
    if (!tensors_.contains(name + ".gamma")) return value;
    return values(name + ".gamma")[channel] * (value - values(name + ".mean")[channel]) /
               std::sqrt(values(name + ".variance")[channel] + 1e-5) +
           values(name + ".beta")[channel];
  }

  std::map<std::string, at::Tensor> tensors_;
};

Volume relu(Volume in) {
  for (double& value : in.values) value = std::max(0.0, value);
  return in;
}
std::vector<double> relu(std::vector<double> in) {
  for (double& value : in) value = std::max(0.0, value);
  return in;
}

Volume joined(const std::vector<Volume>& parts) {
  Volume all = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    all.channels += parts[i].channels;
    all.values.insert(all.values.end(), parts[i].values.begin(), parts[i].values.end());
  }
  return all;
}

Volume channels(const Volume& in, int from, int count) {
  Volume out(count, in.depth, in.height, in.width);
  const auto plane = static_cast<std::ptrdiff_t>(in.depth * in.height * in.width);
  std::copy_n(in.values.begin() + from * plane, count * plane, out.values.begin());
  return out;
}

Volume pooled(Volume in) {
  Volume out(in.channels, in.depth, (in.height - 3) / 2 + 1, (in.width - 3) / 2 + 1);
  for (int c = 0; c < out.channels; ++c)
    for (int z = 0; z < out.depth; ++z)
      for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x) {
          double most = -1e300;
          for (int a = 0; a < 3; ++a)
            for (int b = 0; b < 3; ++b) most = std::max(most, in.get(c, z, 2 * y + a, 2 * x + b));
          out.at(c, z, y, x) = most;
        }
  return out;
}

double plain_cnn(Network& network, const Volume& in, bool three) {
  const Plain plain(network);
  std::vector<Volume> parts;
  for (int i = 0; i < images::kChannels; ++i)
    parts.push_back(relu(plain.convolve("branch" + std::to_string(i), channels(in, 3 * i, 3))));
  Volume x = joined(parts);
  if (three) {
    Volume stacked(128, 6, in.height, in.width);
    for (int c = 0; c < 128; ++c)
      for (int z = 0; z < 6; ++z)
        for (int y = 0; y < in.height; ++y)
          for (int a = 0; a < in.width; ++a)
            stacked.at(c, z, y, a) = parts[static_cast<std::size_t>(z)].get(c, 0, y, a);
    x = stacked;
  }
  for (const char* name : {"conv1", "conv2", "conv3"}) x = pooled(relu(plain.convolve(name, x)));
  std::vector<double> v = plain.dense("dense1", x.values);
  if (three) v = relu(v);
  v = plain.dense("dense2", v);
  if (three) v = relu(v);
  v = plain.dense("dense3", v);
  return v[1] - v[0];
}

double plain_nas(Network& network, const Architecture& architecture, Volume x) {
  const Plain plain(network);
  for (std::size_t stage = 0; stage < 3; ++stage) {
    const Volume v0 = relu(plain.convolve("fixed" + std::to_string(stage + 1), x, 2));
    std::vector<Volume> ends;
    bool v0_ends = false;
    for (const std::size_t g : {2 * stage, 2 * stage + 1}) {
      const Dag& dag = architecture.dags[g];
      std::map<int, Volume> values{{0, v0}};
      for (int v = 1; v < kVertices; ++v) {
        if (!dag.has(v)) continue;
        std::vector<Volume> sources;
        for (const auto& [from, to] : dag.edges) {
          if (to == v) sources.push_back(values.at(from));
        }
        const Volume in = joined(sources);
        const std::string name = "g" + std::to_string(g + 1) + ".v" + std::to_string(v);
        const Operation operation = dag.operations[static_cast<std::size_t>(v)];
        if (operation == Operation::kMixed) {
          std::vector<Volume> quarters;
          const int quarter = in.channels / 4;
          for (int i = 0; i < 4; ++i) {
            quarters.push_back(plain.convolve(
                name + ".k" + std::to_string(kMixedKernels[static_cast<std::size_t>(i)]),
                channels(in, i * quarter, quarter), 1, 1, quarter));
          }
          values.emplace(v, relu(joined(quarters)));
        } else {
          values.emplace(
              v, relu(plain.convolve(name, in, 1, operation == Operation::kAtrous32 ? 2 : 1)));
        }
        if (!dag.leads_on(v)) ends.push_back(values.at(v));
      }
      v0_ends = v0_ends || !dag.leads_on(0);
    }
    if (v0_ends) ends.push_back(v0);
    x = joined(ends);
  }
  std::vector<double> means;
  const auto plane = static_cast<std::size_t>(x.height * x.width);
  for (int c = 0; c < x.channels; ++c) {
    double sum = 0;
    for (std::size_t i = 0; i < plane; ++i)
      sum += x.values[static_cast<std::size_t>(c) * plane + i];
    means.push_back(sum / static_cast<double>(plane));
  }
  return plain.dense("dense2", relu(plain.dense("dense1", means)))[0];
}

at::Tensor random_pictures(int count, int grid, Rng& rng) {
  at::Tensor pictures = at::empty({count, images::kInputs, grid, grid}, at::kDouble);
  for (std::int64_t i = 0; i < pictures.numel(); ++i)
    pictures.data_ptr<double>()[i] = rng.uniform() - 0.3;
  return pictures;
}

Volume volume_of(const at::Tensor& pictures, std::int64_t index) {
  const at::Tensor one = pictures[index].contiguous();
  Volume volume(images::kInputs, 1, static_cast<int>(one.size(1)), static_cast<int>(one.size(2)));
  std::copy_n(one.data_ptr<double>(), one.numel(), volume.values.begin());
  return volume;
}

/// Running means that are not 0 and 1, and biases that are not 0.
void stir(Network& network, Rng& rng) {
  const at::NoGradGuard no_grad;
  for (auto* list : {&network.parameters(), &network.buffers()}) {
    for (Parameter& parameter : *list) {
      if (parameter.decays) continue;
      for (std::int64_t i = 0; i < parameter.value.numel(); ++i)
        parameter.value.data_ptr<float>()[i] += static_cast<float>(0.3 * rng.uniform());
    }
  }
}

/// v1 of each DAG a vertex of the operation, v3 another behind it and v0.
Architecture of_operation(Operation operation) {
  Architecture architecture = ptah::nets::plain_nas();
  architecture.unit_inputs = false;
  for (Dag& dag : architecture.dags) {
    dag.edges = {{0, 1}, {0, 3}, {1, 3}};
    dag.operations[1] = operation;
    dag.operations[3] = operation;
  }
  return architecture;
}

class Forward : public ::testing::Test {
 protected:
  void SetUp() override { at::set_num_threads(1); }
};

void expect_same(const Architecture& architecture, int grid, std::uint64_t seed) {
  Rng rng(seed);
  auto network = make_network(architecture, grid, Rng(seed));
  stir(*network, rng);
  // In depth, plain loops take three seconds a picture.
  const int count = architecture.kind == Kind::kCnn3d ? 1 : 2;
  const at::Tensor pictures = random_pictures(count, grid, rng);
  const at::Tensor single =
      network->forward(pictures.to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast), false)
          .detach()
          .contiguous();
  network->make_double();
  const at::Tensor twice = network->forward(pictures, false).detach().contiguous();
  for (std::int64_t i = 0; i < count; ++i) {
    const Volume in = volume_of(pictures, i);
    const double expected = architecture.kind == Kind::kNas
                                ? plain_nas(*network, architecture, in)
                                : plain_cnn(*network, in, architecture.kind == Kind::kCnn3d);
    EXPECT_NEAR(twice.data_ptr<double>()[i], expected, 1e-9 * (1 + std::abs(expected)));
    EXPECT_NEAR(single.data_ptr<float>()[i], expected, 1e-4 * (1 + std::abs(expected)));
    EXPECT_GT(std::abs(expected), 1e-6) << "a network that says nothing proves nothing";
  }
}

TEST_F(Forward, EachOperationIsThatOfThePaper) {
  for (const Operation operation :
       {Operation::kConv32, Operation::kConv64, Operation::kAtrous32, Operation::kMixed}) {
    SCOPED_TRACE(to_string(operation));
    expect_same(of_operation(operation), 16, 3);
  }
}

TEST_F(Forward, DrawnNetworksAreWhatTheirDagsSay) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    Architecture architecture = of_operation(Operation::kConv32);
    Rng rng(seed);
    architecture.dags = Propagation().draw(rng);
    architecture.batch_norm = seed % 2 == 0;
    expect_same(architecture, 16, seed);
  }
}

TEST_F(Forward, TheCnnIsLayerByLayerTheBaseline) {
  Architecture architecture;
  expect_same(architecture, 16, 4);
  architecture.kind = Kind::kCnn3d;
  expect_same(architecture, 16, 5);
}

TEST_F(Forward, UnitInputsAreBytesAndIndicesByTheirLargest) {
  Architecture architecture = of_operation(Operation::kConv32);
  Rng rng(6);
  at::Tensor pictures = random_pictures(1, 16, rng).to(at::kFloat);
  const auto raw = make_network(architecture, 16, Rng(1));
  architecture.unit_inputs = true;
  const auto unit = make_network(architecture, 16, Rng(1));
  at::Tensor scaled = pictures.clone();
  for (int channel = 0; channel < images::kInputs; ++channel)
    scaled.select(1, channel).mul_(channel % 3 == 0 ? 255.0 : 16.0);
  EXPECT_NEAR(raw->forward(pictures, false).item<double>(),
              unit->forward(scaled, false).item<double>(), 1e-4);
}

TEST_F(Forward, CountsOfWeightsAreThoseOfTheArchitecture) {
  const auto count = [](const Architecture& architecture, int grid) {
    std::int64_t sum = 0;
    const auto network = make_network(architecture, grid, Rng(1));
    for (const Parameter& parameter : network->parameters()) sum += parameter.value.numel();
    return sum;
  };
  Architecture architecture;
  for (const Kind kind : {Kind::kCnn2d, Kind::kCnn3d}) {
    architecture.kind = kind;
    for (const int grid : {32, 64})
      EXPECT_EQ(count(architecture, grid), size_of(architecture, grid).parameters);
  }
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    architecture = of_operation(Operation::kMixed);
    Rng rng(seed);
    architecture.dags = Propagation().draw(rng);
    EXPECT_EQ(count(architecture, 64), size_of(architecture, 64).parameters);
  }
}

TEST_F(Forward, GradientsAreDifferences) {
  for (const Operation operation : {Operation::kConv64, Operation::kAtrous32, Operation::kMixed}) {
    SCOPED_TRACE(to_string(operation));
    Architecture architecture = of_operation(operation);
    architecture.batch_norm = operation == Operation::kConv64;
    Rng rng(8);
    const auto network = make_network(architecture, 16, Rng(2));
    stir(*network, rng);
    network->make_double();
    const at::Tensor pictures = random_pictures(3, 16, rng);
    at::Tensor classes = at::zeros({3}, at::kDouble);
    classes.data_ptr<double>()[1] = 1;
    const auto loss = [&] {
      // Not training: a batch's own mean would move with each difference of the running one.
      return at::binary_cross_entropy_with_logits(network->forward(pictures, false), classes);
    };
    loss().backward();
    const at::NoGradGuard no_grad;
    constexpr double kStep = 1e-7;
    for (Parameter& parameter : network->parameters()) {
      // Row by row, whatever the order in memory.
      const at::Tensor gradient = parameter.value.grad().contiguous().view({-1});
      const at::Tensor before = parameter.value.detach().clone();
      const auto entry =
          static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(gradient.numel())));
      const auto moved = [&](double by) {
        at::Tensor plain = before.contiguous().clone();
        plain.view({-1})[entry] += by;
        parameter.value.copy_(plain);
        const double value = loss().item<double>();
        parameter.value.copy_(before);
        return value;
      };
      const double difference = (moved(kStep) - moved(-kStep)) / (2 * kStep);
      EXPECT_NEAR(gradient[entry].item<double>(), difference, 1e-6 + 1e-4 * std::abs(difference))
          << parameter.name;
    }
  }
}

}  // namespace
}  // namespace ptah::nets
