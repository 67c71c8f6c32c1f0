#include "flow/learning_tasks.hpp"

#include "flow/sample_dataset.hpp"
#include "flow/stage_runner.hpp"
#include "learning/check.hpp"
#include "learning/evaluate.hpp"

namespace ptah {
namespace {

std::uint64_t seed_of(std::int64_t seed) {
  return Rng(static_cast<std::uint64_t>(seed)).next();
}

Result<std::unique_ptr<SampleDataset>> open_blocks(const std::vector<std::string>& blocks,
                                                   const std::string& label,
                                                   const std::string& files, PluginHost& host,
                                                   FlowJob& job) {
  PTAH_TRY(auto samples, read_blocks({blocks.begin(), blocks.end()}));
  return SampleDataset::open(std::move(samples), label, files, host, job);
}

/// Loads the model, and hands its predictor's errors on under its name.
Result<learning::Evaluation> evaluate_one(const rpc::EvaluatedModel& model, SampleDataset& dataset,
                                          const learning::EvaluateParams& params, PluginHost& host,
                                          FlowJob& job, std::string& plugin) {
  PTAH_TRY(auto predictor,
           bind_stage<Predictor>(host, "predictor", model.predictor, Json::object()));
  plugin = predictor.plugin;
  StageSeconds seconds;
  const ModelFiles files(model.files.begin(), model.files.end());
  PTAH_TRY(
      run_stage(predictor, job, seconds, [&](Predictor& stage) { return stage.load(files, job); }));
  const learning::Predict predict = [&](const Design& design,
                                        const std::vector<Placement>& placements) {
    return run_stage(predictor, job, seconds, [&](Predictor& stage) {
      return stage.predict(design.circuit, design.tiles, dataset.technology(), placements, job);
    });
  };
  return learning::evaluate_model(dataset, predict, params, job);
}

}  // namespace

Result<Json> check_samples(const rpc::DatasetCheckTask& task, const std::filesystem::path& scratch,
                           PluginHost& host, TaskSink& sink) {
  FlowJob job(sink, seed_of(task.params.seed), scratch);
  PTAH_TRY(const auto dataset, open_blocks(task.blocks, task.params.label, task.files, host, job));
  learning::CheckParams params;
  params.seed = job.seed();
  params.label_error = task.params.label_error;
  params.relative_error = task.params.relative_error;
  params.attempted = dataset->samples().size();
  PTAH_TRY(Json report, learning::check_dataset(*dataset, params, job));
  report["label"] = dataset->label_rule().text();
  return report;
}

Result<Json> evaluate_models(const rpc::ModelEvaluateTask& task,
                             const std::filesystem::path& scratch, PluginHost& host,
                             TaskSink& sink) {
  FlowJob job(sink, seed_of(task.params.seed), scratch);
  PTAH_TRY(const auto dataset, open_blocks(task.blocks, task.params.label, task.files, host, job));
  learning::EvaluateParams params;
  params.seed = job.seed();
  std::vector<learning::Answers> answers;
  std::vector<Json> reports;
  for (const rpc::EvaluatedModel& model : task.models) {
    // The plain learners are the same beside each model.
    params.probes = task.params.probes && reports.empty();
    std::string plugin;
    auto evaluation = evaluate_one(model, *dataset, params, host, job, plugin);
    if (!evaluation) {
      Error error = evaluation.error();
      error.where = "model " + model.model + (error.where.empty() ? "" : ", " + error.where);
      return error;
    }
    Json& report = evaluation.value().report;
    report["model"] = model.model;
    report["predictor"] = plugin;
    reports.push_back(std::move(report));
    answers.push_back(std::move(evaluation.value().test));
  }
  Json result{{"label", dataset->label_rule().text()}, {"models", reports}};
  if (reports.size() == 1) return result;
  Json comparisons = Json::array();
  for (std::size_t i = 1; i < reports.size(); ++i) {
    Json comparison = learning::compare(answers.front(), answers[i], params.seed);
    comparison["first"] = reports.front()["model"];
    comparison["second"] = reports[i]["model"];
    comparisons.push_back(std::move(comparison));
  }
  result["comparisons"] = std::move(comparisons);
  result["summary"] = learning::summary(reports);
  return result;
}

}  // namespace ptah
