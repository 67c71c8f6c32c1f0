#include "flow/resident_predictors.hpp"

namespace ptah {

Result<Bound<Predictor>*> ResidentPredictors::get(PluginHost& host, const StageChoice& choice,
                                                  const ChosenModel* model, FlowJob& job) {
  const LoadedPlugin* plugin = host.find(PluginKind::kPredictor, choice.plugin);
  const std::string key = (plugin != nullptr ? plugin->hash : "") + " " + choice.plugin + " " +
                          choice.options.dump() + " " + (model != nullptr ? model->hash : "");
  for (auto at = resident_.begin(); at != resident_.end(); ++at) {
    if (at->key != key) continue;
    resident_.splice(resident_.begin(), resident_, at);
    return &resident_.front().predictor;
  }
  PTAH_TRY(auto predictor, bind_stage<Predictor>(host, "predictor", choice.plugin, choice.options));
  if (model != nullptr) {
    StageSeconds seconds;
    const Status loaded = run_stage(
        predictor, job, seconds, [&](Predictor& stage) { return stage.load(model->files, job); });
    if (!loaded) {
      Error error = loaded.error();
      error.where = "model " + model->name + "@" + std::to_string(model->version) +
                    (error.where.empty() ? "" : ", " + error.where);
      return error;
    }
  } else if (predictor.instance->needs_model()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "Predictor `" + choice.plugin + "` needs a model, and the flow names none.",
                      "predictor", "Write `model: NAME` beside its `plugin`; `ptah model list`.");
  }
  resident_.push_front({key, std::move(predictor)});
  if (resident_.size() > kMost) resident_.pop_back();
  return &resident_.front().predictor;
}

}  // namespace ptah
