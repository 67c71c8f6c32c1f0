// What workers say of datasets and models: dataset.check, model.evaluate, model.predict.
#include "app/model_tasks.hpp"
#include "app/server.hpp"
#include "store/failure.hpp"
#include "store/test_openings.hpp"

namespace ptah {

using namespace rpc;

namespace {

std::string reference(const VersionRow& version) {
  return version.cell + "@" + std::to_string(version.version);
}

std::vector<std::string> paths_of(const Store& store, const DatasetRow& dataset) {
  std::vector<std::string> paths;
  for (const FileRow& block : dataset.blocks)
    paths.push_back(store.files().path(block.hash).string());
  return paths;
}

/// What its record says that it learnt; empty: nothing.
std::string label_of(const ModelRow& row) {
  const Json label = row.record.value("label", Json(""));
  return label.is_string() ? label.get<std::string>() : std::string();
}

/// A request as workers read it, and what its answer says beside theirs.
struct LearningTask {
  Json spec;
  std::string dataset;
  std::optional<std::int64_t> test_opened;
};

/// [store's thread]
LearningTask check_task(Store& store, const DatasetCheckParams& params) {
  const DatasetRow dataset = store.dataset(params.library, params.dataset);
  const Json imported = dataset.record.value("imported", Json());
  DatasetCheckTask task{params, store.files().root().string(), paths_of(store, dataset),
                        imported == Json(true)};
  return {write_value(task), reference(dataset.version), std::nullopt};
}

/// Counts the opening before the worker does it. [store's thread]
LearningTask evaluate_task(Store& store, const ModelEvaluateParams& params) {
  const DatasetRow dataset = store.dataset(params.library, params.dataset);
  ModelEvaluateTask task{params, store.files().root().string(), paths_of(store, dataset), {}};
  for (const std::string& name : params.models) {
    const ModelRow row = store.model(params.library, name);
    const std::string label = label_of(row);
    if (params.label.empty() && !task.models.empty() && label != task.params.label) {
      fail(ErrorCode::kInvalidArgument,
           "The models learnt different labels: \"" + task.params.label + "\" and \"" + label +
               "\".",
           "label", "Say by which label they are compared.");
    }
    if (params.label.empty()) task.params.label = label;
    task.models.push_back(evaluated_model(store, row));
  }
  return {write_value(task), reference(dataset.version), count_test_opening(store, dataset)};
}

/// The same, where the test part is to be looked at. [store's thread]
LearningTask predict_task(Store& store, const ModelPredictParams& params) {
  const DatasetRow dataset = store.dataset(params.library, params.dataset);
  const ModelRow model = store.model(params.library, params.model);
  ModelPredictTask task{params, store.files().root().string(), paths_of(store, dataset),
                        evaluated_model(store, model)};
  if (params.label.empty()) task.params.label = label_of(model);
  LearningTask made{write_value(task), reference(dataset.version), std::nullopt};
  if (params.part == Split::kTest) made.test_opened = count_test_opening(store, dataset);
  return made;
}

}  // namespace

EvaluatedModel evaluated_model(const Store& store, const ModelRow& row) {
  EvaluatedModel model;
  model.model = reference(row.version);
  model.predictor = predictor_of(row);
  for (const FileRow& file : row.files) {
    if (file.role != kModelFileRole) continue;
    model.files[std::filesystem::path(file.dataset).filename().string()] =
        store.files().path(file.hash).string();
  }
  return model;
}

PredictingModel predicting_model(const Store& store, const ModelRow& row) {
  PredictingModel model;
  static_cast<EvaluatedModel&>(model) = evaluated_model(store, row);
  model.name = row.version.cell;
  model.version = row.version.version;
  model.hash = row.version.hash;
  model.label = label_of(row);
  const Json threshold = row.record.value("threshold", Json());
  if (threshold.is_number()) model.threshold = threshold.get<double>();
  const Json metrics = row.record.value("metrics", Json());
  model.probability = metrics.is_object() && metrics.contains(kTemperatureMetric);
  return model;
}

template <class Make>
void Server::learning_task(TaskKind kind, StoreThread::Kind access, Make make,
                           const Reply<ResultReply>& reply) {
  store_->submit(access, std::move(make), [this, kind, reply](Result<LearningTask> made) {
    if (!made) return reply(made.error());
    const std::string task =
        jobs_->run_task(kind, made.value().spec, reply.caller()->principal(),
                        [reply, dataset = made.value().dataset,
                         opened = made.value().test_opened](Result<Json> result) {
                          if (!result) return reply(result.error());
                          Json value = std::move(result.value());
                          value["dataset"] = dataset;
                          if (opened) value["test_opened"] = *opened;
                          reply(ResultReply{std::move(value)});
                        });
    reply.on_cancel([this, task] { jobs_->cancel_task(task); });
  });
}

void Server::dataset_check(const DatasetCheckParams& params, Reply<ResultReply> reply) {
  learning_task(
      TaskKind::kCheckSamples, StoreThread::Kind::kRead,
      [params](Store& store) { return check_task(store, params); }, reply);
}

void Server::model_evaluate(const ModelEvaluateParams& params, Reply<ResultReply> reply) {
  learning_task(
      TaskKind::kEvaluateModels, StoreThread::Kind::kWrite,
      [params](Store& store) { return evaluate_task(store, params); }, reply);
}

void Server::model_predict(const ModelPredictParams& params, Reply<ResultReply> reply) {
  learning_task(
      TaskKind::kPredictSamples,
      params.part == Split::kTest ? StoreThread::Kind::kWrite : StoreThread::Kind::kRead,
      [params](Store& store) { return predict_task(store, params); }, reply);
}

}  // namespace ptah
