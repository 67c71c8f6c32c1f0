#include "networks.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "placement_images.hpp"

namespace ptah::nets {
namespace {

at::Tensor uniform(std::vector<std::int64_t> shape, double most, Rng& rng) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* values = tensor.data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i)
    values[i] = static_cast<float>((2 * rng.uniform() - 1) * most);
  return tensor;
}

/// Bytes and indices divided by the largest they can be.
at::Tensor unit(const at::Tensor& pictures) {
  const double grid = static_cast<double>(pictures.size(2));
  at::Tensor scale = at::empty({1, images::kInputs, 1, 1}, pictures.options());
  for (int channel = 0; channel < images::kInputs; ++channel)
    scale.select(1, channel).fill_(channel % 3 == 0 ? 1.0 / 255.0 : 1.0 / grid);
  return pictures * scale;
}

/// What both baselines have: six branches of a 5x5 convolution, each on one channel with its
/// coordinates, three convolutions with 3x3 pooling of stride 2 at its end without padding, and
/// dense layers of 128, 16, 2. ReLU after every convolution (the branches' He initialisation
/// suggests it of them). The difference of the two outputs is the logarithm of the odds that a
/// softmax would give.
class Cnn : public Network {
 protected:
  Cnn(const Architecture& architecture, std::int64_t branch_filters, Rng& rng)
      : unit_(architecture.unit_inputs) {
    for (int i = 0; i < images::kChannels; ++i)
      branches_.push_back(add("branch" + std::to_string(i), {3, branch_filters, {5, 5}}, rng));
  }

  void add_convolution(std::int64_t in, std::int64_t out, std::vector<std::int64_t> kernel,
                       Rng& rng) {
    const std::string name = "conv" + std::to_string(convolutions_.size() + 1);
    convolutions_.push_back(add(name, {in, out, std::move(kernel)}, rng));
  }

  /// `values` for each place of what the convolutions leave of a picture.
  void add_dense(std::int64_t values, std::int64_t side, Rng& rng) {
    for (std::size_t i = 0; i < convolutions_.size(); ++i) side = (side - 3) / 2 + 1;
    dense1_ = add("dense1", {values * side * side, 128, {}}, rng);
    dense2_ = add("dense2", {128, 16, {}}, rng);
    dense3_ = add("dense3", {16, 2, {}}, rng);
  }

  std::vector<at::Tensor> branches(const at::Tensor& pictures, at::MemoryFormat format,
                                   bool training) const {
    const at::Tensor inputs = unit_ ? unit(pictures) : pictures;
    std::vector<at::Tensor> parts;
    for (std::size_t i = 0; i < branches_.size(); ++i) {
      const at::Tensor part =
          inputs.narrow(1, static_cast<std::int64_t>(3 * i), 3).contiguous(format);
      parts.push_back(at::relu(apply(branches_[i], part, training)));
    }
    return parts;
  }

  static at::Tensor odds(const at::Tensor& outputs) {
    return outputs.select(1, 1) - outputs.select(1, 0);
  }

  std::vector<Layer> convolutions_;
  Layer dense1_, dense2_, dense3_;

 private:
  bool unit_;
  std::vector<Layer> branches_;
};

/// Branches of 24 filters side by side; 5x5 convolutions of 64, 32, 32. Nothing between the dense
/// layers, as released.
class Cnn2d final : public Cnn {
 public:
  Cnn2d(const Architecture& architecture, int grid, Rng rng) : Cnn(architecture, 24, rng) {
    add_convolution(24 * images::kChannels, 64, {5, 5}, rng);
    add_convolution(64, 32, {5, 5}, rng);
    add_convolution(32, 32, {5, 5}, rng);
    add_dense(32, grid, rng);
  }

  at::Tensor forward(const at::Tensor& pictures, bool training) override {
    at::Tensor x = at::cat(branches(pictures, at::MemoryFormat::ChannelsLast, training), 1);
    for (const Layer& layer : convolutions_)
      x = at::max_pool2d(at::relu(apply(layer, x, training)), {3, 3}, {2, 2});
    x = dense(dense1_, x.flatten(1));
    return odds(dense(dense3_, dense(dense2_, x)));
  }
};

/// The same in depth: branches of 128 filters stacked as six slices, convolutions 3x5x5, 3x5x5 and
/// 2x5x5 that keep six slices (16.3 GMAC), pooling within slices, ReLU between the dense layers.
class Cnn3d final : public Cnn {
 public:
  Cnn3d(const Architecture& architecture, int grid, Rng rng) : Cnn(architecture, 128, rng) {
    add_convolution(128, 64, {3, 5, 5}, rng);
    add_convolution(64, 32, {3, 5, 5}, rng);
    add_convolution(32, 32, {2, 5, 5}, rng);
    add_dense(32 * images::kChannels, grid, rng);
  }

  at::Tensor forward(const at::Tensor& pictures, bool training) override {
    at::Tensor x = at::stack(branches(pictures, at::MemoryFormat::Contiguous, training), 2);
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
      // An even kernel keeps the depth with one slice of zeros behind the last.
      if (i == 2) x = at::constant_pad_nd(x, {0, 0, 0, 0, 0, 1});
      x = at::relu(apply(convolutions_[i], x, training));
      x = at::max_pool3d(x, {1, 3, 3}, {1, 2, 2});
    }
    x = at::relu(dense(dense1_, x.flatten(1)));
    return odds(dense(dense3_, at::relu(dense(dense2_, x))));
  }
};

/// What a search draws (architecture.hpp). Mixed convolutions cut the channels into four groups in
/// their order.
class Nas final : public Network {
 public:
  Nas(const Architecture& architecture, Rng rng) : architecture_(architecture) {
    std::int64_t in = images::kInputs;
    for (std::size_t stage = 0; stage < 3; ++stage) {
      const std::string name = "fixed" + std::to_string(stage + 1);
      fixed_[stage] =
          add(name, {in, architecture.filters, {3, 3}, 2, 1, 1, architecture.batch_norm}, rng);
      in = 0;
      bool v0_goes_on = false;
      for (const std::size_t g : {2 * stage, 2 * stage + 1}) {
        in += build(g, rng);
        v0_goes_on = v0_goes_on || !architecture.dags[g].leads_on(0);
      }
      if (v0_goes_on) in += architecture.filters;
    }
    dense1_ = add("dense1", {in, 32, {}}, rng);
    dense2_ = add("dense2", {32, 1, {}}, rng);
  }

  at::Tensor forward(const at::Tensor& pictures, bool training) override {
    at::Tensor x = architecture_.unit_inputs ? unit(pictures) : pictures;
    for (std::size_t stage = 0; stage < 3; ++stage) {
      const at::Tensor v0 = at::relu(apply(fixed_[stage], x, training));
      std::vector<at::Tensor> ends;
      bool v0_goes_on = false;
      for (const std::size_t g : {2 * stage, 2 * stage + 1}) {
        run(g, v0, training, ends);
        v0_goes_on = v0_goes_on || !architecture_.dags[g].leads_on(0);
      }
      if (v0_goes_on) ends.push_back(v0);
      x = ends.size() == 1 ? ends.front() : at::cat(ends, 1);
    }
    x = at::relu(dense(dense1_, x.mean({2, 3})));
    return dense(dense2_, x).squeeze(1);
  }

 private:
  using Vertex = std::vector<Layer>;  ///< One convolution, or the four of a mixed one.

  /// Returns the channels of the vertices that go on, v0 apart.
  std::int64_t build(std::size_t g, Rng& rng) {
    const Dag& dag = architecture_.dags[g];
    std::array<std::int64_t, kVertices> width{architecture_.filters};
    std::int64_t out = 0;
    for (int v = 1; v < kVertices; ++v) {
      if (!dag.has(v)) continue;
      const auto at = static_cast<std::size_t>(v);
      std::int64_t in = 0;
      for (const int source : dag.sources(v)) in += width[static_cast<std::size_t>(source)];
      const std::string name = "g" + std::to_string(g + 1) + ".v" + std::to_string(v);
      const bool norm = architecture_.batch_norm;
      const Operation operation = dag.operations[at];
      width[at] = operation == Operation::kMixed ? in : operation == Operation::kConv64 ? 64 : 32;
      if (operation == Operation::kMixed) {
        for (const int kernel : kMixedKernels) {
          vertices_[g][at].push_back(add(name + ".k" + std::to_string(kernel),
                                         {in / 4, in / 4, {kernel, kernel}, 1, 1, in / 4, norm},
                                         rng));
        }
      } else {
        const std::int64_t dilation = operation == Operation::kAtrous32 ? 2 : 1;
        vertices_[g][at].push_back(add(name, {in, width[at], {3, 3}, 1, dilation, 1, norm}, rng));
      }
      if (!dag.leads_on(v)) out += width[at];
    }
    return out;
  }

  void run(std::size_t g, const at::Tensor& v0, bool training, std::vector<at::Tensor>& ends) {
    const Dag& dag = architecture_.dags[g];
    std::array<at::Tensor, kVertices> values{v0};
    for (int v = 1; v < kVertices; ++v) {
      if (!dag.has(v)) continue;
      const auto at = static_cast<std::size_t>(v);
      std::vector<at::Tensor> sources;
      for (const int source : dag.sources(v))
        sources.push_back(values[static_cast<std::size_t>(source)]);
      const at::Tensor x = sources.size() == 1 ? sources.front() : at::cat(sources, 1);
      values[at] = at::relu(convolve(vertices_[g][at], x, training));
      if (!dag.leads_on(v)) ends.push_back(values[at]);
    }
  }

  at::Tensor convolve(const Vertex& vertex, const at::Tensor& x, bool training) const {
    if (vertex.size() == 1) return apply(vertex.front(), x, training);
    const std::int64_t quarter = x.size(1) / 4;
    std::vector<at::Tensor> parts;
    for (const Layer& layer : vertex) {
      const auto from = static_cast<std::int64_t>(parts.size()) * quarter;
      parts.push_back(apply(
          layer, x.narrow(1, from, quarter).contiguous(at::MemoryFormat::ChannelsLast), training));
    }
    return at::cat(parts, 1);
  }

  Architecture architecture_;
  std::array<Layer, 3> fixed_;
  std::array<std::array<Vertex, kVertices>, kDags> vertices_;
  Layer dense1_, dense2_;
};

}  // namespace

void Network::make_double() {
  for (std::vector<Parameter>* list : {&parameters_, &buffers_}) {
    for (Parameter& parameter : *list) {
      const bool trained = parameter.value.requires_grad();
      parameter.value = parameter.value.detach().to(at::kDouble).requires_grad_(trained);
    }
  }
}

Network::Layer Network::add(const std::string& name, const Form& form, Rng& rng) {
  std::vector<std::int64_t> shape{form.out, form.in / form.groups};
  std::int64_t fan_in = form.in / form.groups;
  Layer layer;
  layer.weight = parameters_.size();
  layer.bias = layer.weight + 1;
  layer.stride = form.stride;
  layer.dilation = form.dilation;
  layer.groups = form.groups;
  for (const std::int64_t size : form.kernel) {
    shape.push_back(size);
    fan_in *= size;
    // What an even kernel lacks is padded where it is used.
    layer.padding.push_back(size % 2 == 0 ? 0 : form.dilation * (size - 1) / 2);
  }
  at::Tensor weight = uniform(shape, std::sqrt(6.0 / static_cast<double>(fan_in)), rng);
  if (form.kernel.size() == 2) weight = weight.contiguous(at::MemoryFormat::ChannelsLast);
  parameters_.push_back({name + ".weight", weight.requires_grad_(true), true});
  parameters_.push_back({name + ".bias", at::zeros({form.out}).requires_grad_(true), false});
  if (form.norm) {
    layer.normed = true;
    layer.norm = {parameters_.size(), parameters_.size() + 1, buffers_.size(), buffers_.size() + 1};
    parameters_.push_back({name + ".gamma", at::ones({form.out}).requires_grad_(true), false});
    parameters_.push_back({name + ".beta", at::zeros({form.out}).requires_grad_(true), false});
    buffers_.push_back({name + ".mean", at::zeros({form.out}), false});
    buffers_.push_back({name + ".variance", at::ones({form.out}), false});
  }
  return layer;
}

at::Tensor Network::apply(const Layer& layer, const at::Tensor& x, bool training) const {
  const std::size_t dimensions = layer.padding.size();
  const std::vector<std::int64_t> stride(dimensions, layer.stride),
      dilation(dimensions, layer.dilation);
  const at::Tensor& weight = parameters_[layer.weight].value;
  const at::Tensor& bias = parameters_[layer.bias].value;
  const at::Tensor y =
      dimensions == 2 ? at::conv2d(x, weight, bias, stride, layer.padding, dilation, layer.groups)
                      : at::conv3d(x, weight, bias, stride, layer.padding, dilation, layer.groups);
  if (!layer.normed) return y;
  return at::batch_norm(y, parameters_[layer.norm.gamma].value, parameters_[layer.norm.beta].value,
                        buffers_[layer.norm.mean].value, buffers_[layer.norm.variance].value,
                        training, 0.1, 1e-5, false);
}

at::Tensor Network::dense(const Layer& layer, const at::Tensor& x) const {
  return at::linear(x, parameters_[layer.weight].value, parameters_[layer.bias].value);
}

std::unique_ptr<Network> make_network(const Architecture& architecture, int grid, Rng rng) {
  switch (architecture.kind) {
    case Kind::kCnn2d:
      return std::make_unique<Cnn2d>(architecture, grid, rng);
    case Kind::kCnn3d:
      return std::make_unique<Cnn3d>(architecture, grid, rng);
    case Kind::kNas:
      break;
  }
  return std::make_unique<Nas>(architecture, rng);
}

}  // namespace ptah::nets
