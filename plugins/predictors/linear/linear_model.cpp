#include "linear_model.hpp"

#include <cmath>

namespace ptah::linear {
namespace {

constexpr const char* kFormat = "ptah linear 1";
constexpr std::size_t kMostFeatures = 4096;

Json to_json(const Eigen::VectorXd& vector) {
  return Json(std::vector<double>(vector.data(), vector.data() + vector.size()));
}

/// A vector of `size` finite numbers.
bool read(const Json& json, Eigen::Index size, Eigen::VectorXd& vector) {
  if (!json.is_array() || static_cast<Eigen::Index>(json.size()) != size) return false;
  vector.resize(size);
  for (Eigen::Index i = 0; i < size; ++i) {
    const Json& value = json[static_cast<std::size_t>(i)];
    if (!value.is_number() || !std::isfinite(value.get<double>())) return false;
    vector[i] = value.get<double>();
  }
  return true;
}

}  // namespace

std::vector<std::string> feature_names(const Circuit& circuit) {
  std::vector<std::string> names{"width", "height"};
  for (const Net& net : circuit.nets) names.push_back("net " + net.name);
  return names;
}

Eigen::VectorXd features(const Circuit& circuit, const Tiles& tiles, const Placement& placement) {
  const std::vector<std::int64_t> lengths = net_hpwl(circuit, tiles, placement);
  const Rect outline = placement_outline(tiles, placement);
  Eigen::VectorXd x(static_cast<Eigen::Index>(lengths.size()) + 2);
  x[0] = to_um(outline.width());
  x[1] = to_um(outline.height());
  for (std::size_t i = 0; i < lengths.size(); ++i)
    x[static_cast<Eigen::Index>(i) + 2] = static_cast<double>(lengths[i]) / 1000.0;
  return x;
}

void Moments::add(const Eigen::VectorXd& x, double y) {
  Eigen::VectorXd whole(x.size() + 1);
  whole << 1.0, x;
  xx += whole * whole.transpose();
  xy += y * whole;
  yy += y * y;
  ++count;
}

void Moments::add(const Moments& other) {
  xx += other.xx;
  xy += other.xy;
  yy += other.yy;
  count += other.count;
}

Prediction Model::predict(const Eigen::VectorXd& x) const {
  const Eigen::VectorXd z = (x - mean).cwiseQuotient(scale);
  return {offset + weights.dot(z), noise * std::sqrt(1.0 + std::max(0.0, z.dot(covariance * z)))};
}

Model fit(const Moments& moments, std::vector<std::string> names, double ridge) {
  const auto n = static_cast<double>(moments.count);
  const Eigen::Index size = moments.xy.size() - 1;
  Model model;
  model.features = std::move(names);
  model.mean = moments.xx.col(0).tail(size) / n;
  model.offset = moments.xy[0] / n;
  // Centred: the offset is then apart from the weights.
  Eigen::MatrixXd cxx =
      moments.xx.bottomRightCorner(size, size) - n * model.mean * model.mean.transpose();
  Eigen::VectorXd cxy = moments.xy.tail(size) - n * model.offset * model.mean;
  model.scale.resize(size);
  for (Eigen::Index i = 0; i < size; ++i) {
    const double deviation = std::sqrt(std::max(0.0, cxx(i, i) / n));
    model.scale[i] = deviation > 1e-9 ? deviation : 1.0;  // A constant tells nothing.
  }
  const Eigen::VectorXd inverse = model.scale.cwiseInverse();
  cxx = inverse.asDiagonal() * cxx * inverse.asDiagonal();
  cxy = inverse.asDiagonal() * cxy;
  const Eigen::MatrixXd regular = cxx + ridge * Eigen::MatrixXd::Identity(size, size);
  const Eigen::LDLT<Eigen::MatrixXd> solver(regular);
  model.weights = solver.solve(cxy);
  model.covariance = solver.solve(Eigen::MatrixXd::Identity(size, size));
  model.noise = std::sqrt(std::max(0.0, mean_squared_error(model, moments)));
  return model;
}

double mean_squared_error(const Model& model, const Moments& moments) {
  // y - a - b.x, squared and summed.
  const Eigen::Index size = model.weights.size();
  const Eigen::VectorXd slope = model.weights.cwiseQuotient(model.scale);
  Eigen::VectorXd line(size + 1);
  line << model.offset - slope.dot(model.mean), slope;
  const double sum = moments.yy - 2.0 * line.dot(moments.xy) + line.dot(moments.xx * line);
  return std::max(0.0, sum) / static_cast<double>(std::max<std::int64_t>(1, moments.count));
}

std::string to_text(const Model& model) {
  Json covariance = Json::array();
  for (Eigen::Index i = 0; i < model.covariance.rows(); ++i)
    covariance.push_back(to_json(model.covariance.row(i).transpose()));
  return Json{{"format", kFormat},           {"features", model.features},
              {"mean", to_json(model.mean)}, {"scale", to_json(model.scale)},
              {"offset", model.offset},      {"weights", to_json(model.weights)},
              {"noise", model.noise},        {"covariance", std::move(covariance)}}
             .dump() +
         "\n";
}

Result<Model> from_text(std::string_view text) {
  const auto bad = [](const std::string& what) {
    return make_error(ErrorCode::kParse, "This is no model of `linear`: " + what + ".");
  };
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("format", Json()) != kFormat)
    return bad(std::string("its `format` is not \"") + kFormat + "\"");
  Model model;
  const Json names = json.value("features", Json());
  if (!names.is_array() || names.empty() || names.size() > kMostFeatures)
    return bad("`features` is a list of 1 to 4096 names");
  for (const Json& name : names) {
    if (!name.is_string()) return bad("`features` is a list of names");
    model.features.push_back(name);
  }
  const auto size = static_cast<Eigen::Index>(names.size());
  if (!read(json.value("mean", Json()), size, model.mean) ||
      !read(json.value("scale", Json()), size, model.scale) ||
      !read(json.value("weights", Json()), size, model.weights) ||
      (model.scale.array() == 0.0).any()) {
    return bad("`mean`, `scale` and `weights` have a number for each feature");
  }
  const Json covariance = json.value("covariance", Json());
  if (!covariance.is_array() || covariance.size() != names.size())
    return bad("`covariance` has a row for each feature");
  model.covariance.resize(size, size);
  for (Eigen::Index i = 0; i < size; ++i) {
    Eigen::VectorXd row;
    if (!read(covariance[static_cast<std::size_t>(i)], size, row))
      return bad("a row of `covariance` has a number for each feature");
    model.covariance.row(i) = row.transpose();
  }
  Eigen::VectorXd pair;
  if (!read(Json::array({json.value("offset", Json()), json.value("noise", Json())}), 2, pair) ||
      pair[1] < 0) {
    return bad("`offset` and `noise` are numbers");
  }
  model.offset = pair[0];
  model.noise = pair[1];
  return model;
}

}  // namespace ptah::linear
