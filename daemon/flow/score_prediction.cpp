#include "flow/score_prediction.hpp"

#include <algorithm>
#include <cmath>

#include "flow/resident_predictors.hpp"
#include "learning/evaluate.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMostManifestBytes = 4u << 20;
/// Nearer to 1/2 a probability decides nothing, however sure its model is.
constexpr double kLeastDoubt = 0.1;

/// A model from elsewhere has no record of its training; `manifest.json` says its metrics.
bool manifest_has_temperature(const rpc::PredictingModel& model) {
  const auto file = model.files.find("manifest.json");
  if (file == model.files.end()) return false;
  const auto text = read_text_file(file->second, kMostManifestBytes);
  const Json manifest = text ? Json::parse(text.value(), nullptr, false) : Json();
  if (!manifest.is_object()) return false;
  const Json metrics = manifest.value("metrics", Json());
  return metrics.is_object() && metrics.contains(rpc::kTemperatureMetric);
}

/// That a layout is among the worst quarter; nothing: the model does not say what its costs mean.
std::optional<double> probability_of(const Prediction& prediction,
                                     const std::optional<rpc::PredictingModel>& model) {
  if (!model) return std::nullopt;
  if (model->probability || manifest_has_temperature(*model))
    return std::clamp(prediction.cost, 0.0, 1.0);
  if (!model->threshold || prediction.uncertainty.value_or(0) <= 0) return std::nullopt;
  return learning::probability_above(*model->threshold, prediction.cost, *prediction.uncertainty);
}

/// How far a probability may be from the truth. Where it was made of an estimate's uncertainty,
/// that is in it already.
double doubt_of(const Prediction& prediction, double probability) {
  const bool own = prediction.cost == probability;
  return std::max(kLeastDoubt, own ? prediction.uncertainty.value_or(0) : 0.0);
}

std::string percent(double share) {
  return std::to_string(std::lround(100 * share)) + " %";
}

struct Judgement {
  const char* word;
  std::string text;
};

Judgement judge(const Prediction& prediction, const std::optional<double>& probability,
                const std::string& label) {
  if (prediction.far) {
    return {
        "far",
        "This placement is unlike all that the model learnt from: route it, do not believe it."};
  }
  if (!probability) {
    return {"unsure",
            "The model does not say from which cost on a layout is among the worst quarter."};
  }
  const std::string quarter = "among the worst quarter" + (label.empty() ? "" : " by " + label) +
                              " (" + percent(*probability) + ")";
  const double doubt = doubt_of(prediction, *probability);
  if (*probability + doubt < 0.5) return {"good", "Probably not " + quarter + "."};
  if (*probability - doubt > 0.5) return {"poor", "Probably " + quarter + "."};
  return {"unsure", "Perhaps " + quarter + ": route it to know."};
}

}  // namespace

ScorePredictor::ScorePredictor(const FlowConfig& flow,
                               const std::optional<rpc::PredictingModel>& model)
    : model_(model) {
  const auto own = flow.stages.find("predictor");
  if (own != flow.stages.end() && (!model || model->predictor == own->second.plugin))
    choice_ = own->second;
  if (model) choice_.plugin = model->predictor;
}

const std::string& ScorePredictor::missing_model() const noexcept {
  static const std::string kNone;
  return model_ ? kNone : choice_.model;
}

Json ScorePredictor::described() const {
  Json json{{"predictor", choice_.plugin}};
  if (!model_) return json;
  json["model"] = model_->model;
  json["label"] = model_->label;
  return json;
}

Json ScorePredictor::refuse(const std::string& why) const {
  Json json = described();
  json["refused"] = why;
  return json;
}

Result<Json> ScorePredictor::predict(PluginHost& host, const Circuit& circuit, const Tiles& tiles,
                                     const Technology& technology, const Placement& placement,
                                     FlowJob& job, StageSeconds& seconds) const {
  std::optional<ChosenModel> chosen;
  if (model_) {
    chosen = ChosenModel{
        model_->name, model_->hash, model_->version, {model_->files.begin(), model_->files.end()}};
  }
  const auto refusal = [&](const Error& error) -> Result<Json> {
    if (error.code == ErrorCode::kCancelled) return error;
    return refuse(error.text());
  };
  const auto predictor =
      host.kept<ResidentPredictors>().get(host, choice_, chosen ? &*chosen : nullptr, job);
  if (!predictor) return refusal(predictor.error());
  const auto predictions = run_stage(*predictor.value(), job, seconds, [&](Predictor& stage) {
    return stage.predict(circuit, tiles, technology, {placement}, job);
  });
  if (!predictions) return refusal(predictions.error());
  if (predictions.value().size() != 1 || !std::isfinite(predictions.value().front().cost))
    return refuse("The predictor's answer is no number.");
  const Prediction& prediction = predictions.value().front();
  const auto probability = probability_of(prediction, model_);
  const Judgement verdict = judge(prediction, probability, model_ ? model_->label : "");
  Json json = described();
  json["predictor"] = predictor.value()->plugin;
  json["cost"] = prediction.cost;
  if (prediction.uncertainty) json["uncertainty"] = *prediction.uncertainty;
  if (probability) json["probability"] = *probability;
  json["far"] = prediction.far;
  json["verdict"] = verdict.word;
  json["text"] = verdict.text;
  return json;
}

}  // namespace ptah
