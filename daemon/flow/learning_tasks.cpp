#include "flow/learning_tasks.hpp"

#include <algorithm>
#include <cmath>

#include "flow/sample_dataset.hpp"
#include "flow/sample_maker.hpp"
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

constexpr std::size_t kRemade = 5;

rpc::SampleTask task_of(const Json& about, const std::string& files) {
  rpc::SampleTask task;
  task.input.value = about.at("circuit");
  task.flow.value = about.at("flow");
  task.tech = about.at("tech").get<std::string>();
  task.seed = about.at("seed").get<std::int64_t>();
  task.assignment = about.at("assignment").get<std::int64_t>();
  task.files = files;
  for (const Json& measure : about.at("measures"))
    task.labels.push_back(measure.at("name").get<std::string>());
  return task;
}

/// Makes a few layouts outside the test part anew: the same placement, routed and measured twice,
/// should have the same labels. {"layouts", "differ", "largest"}, the latter by the label in
/// question. Null where the dataset's circuit and plugins are not at hand any more.
Json remake(const SampleDataset& dataset, const std::string& files,
            const std::filesystem::path& scratch, PluginHost& host, TaskSink& sink) {
  const Samples& samples = dataset.samples();
  std::vector<std::size_t> known;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (dataset.split(i) != Split::kTest) known.push_back(dataset.row(i));
  }
  const std::size_t count = std::min(kRemade, known.size());
  std::int64_t differ = 0;
  double largest = 0;
  const rpc::SampleTask task = task_of(samples.about(), files);
  const auto maker = SampleMaker::create(task, scratch, host, sink);
  if (!maker || !maker.value()->about() ||
      maker.value()->circuit().devices.size() != samples.devices())
    return {};
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t row = known[k * known.size() / count];
    const auto made = maker.value()->make(static_cast<std::int64_t>(samples.run(row)));
    if (!made) return {};
    Samples again(samples.about(), samples.devices(), samples.nets(), samples.measures());
    again.add(made.value());
    bool same = again.clean(0);
    for (std::size_t i = 0; i < samples.measures(); ++i)
      same = same && again.label(0, i) == samples.label(row, i);
    differ += same ? 0 : 1;
    const double off =
        again.clean(0)
            ? std::abs(dataset.label_rule().of(again, 0) - dataset.label_rule().of(samples, row))
            : INFINITY;
    largest = std::max(largest, off);
  }
  return {{"layouts", count}, {"differ", differ}, {"largest", learning::number(largest)}};
}

/// The verdict of a check with that.
void judge_remade(Json& report, const Json& remade) {
  report["remade"] = remade;
  if (remade.is_null()) return;
  const Json& largest = remade.at("largest");
  const double error = report.value("error", 0.0);
  if (remade.at("differ") == 0 || (largest.is_number() && largest.get<double>() <= error)) return;
  report["go"] = false;
  report["reasons"].push_back(
      remade.at("differ").dump() + " of " + remade.at("layouts").dump() +
      " layouts that were made again have other labels than the dataset: it was made with other "
      "plugins, or what makes it is not repeatable.");
}

/// Loads the model, and has `judge` do its part with what it predicts.
template <class Judge>
auto with_predictions(const rpc::EvaluatedModel& model, const SampleDataset& dataset,
                      PluginHost& host, FlowJob& job, std::string& plugin, const Judge& judge)
    -> decltype(judge(std::declval<const learning::Predict&>())) {
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
  return judge(predict);
}

/// A predictor's error under its model's name.
Error of_model(Error error, const rpc::EvaluatedModel& model) {
  error.where = "model " + model.model + (error.where.empty() ? "" : ", " + error.where);
  return error;
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
  // What somebody else says of plugins and their options is not run.
  judge_remade(report, !task.imported ? remake(*dataset, task.files, scratch, host, sink) : Json());
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
    auto evaluation =
        with_predictions(model, *dataset, host, job, plugin, [&](const learning::Predict& predict) {
          return learning::evaluate_model(*dataset, predict, params, job);
        });
    if (!evaluation) return of_model(evaluation.error(), model);
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

Result<Json> predict_samples(const rpc::ModelPredictTask& task,
                             const std::filesystem::path& scratch, PluginHost& host,
                             TaskSink& sink) {
  FlowJob job(sink, seed_of(task.params.seed), scratch);
  PTAH_TRY(const auto dataset, open_blocks(task.blocks, task.params.label, task.files, host, job));
  learning::EvaluateParams params;
  params.seed = job.seed();
  std::string plugin;
  auto ranking = with_predictions(
      task.model, *dataset, host, job, plugin, [&](const learning::Predict& predict) {
        return learning::rank_part(*dataset, task.params.part, predict, params, job);
      });
  if (!ranking) return of_model(ranking.error(), task.model);
  auto& layouts = ranking.value().layouts;
  if (std::cmp_less(task.params.limit, layouts.size()))
    layouts.resize(static_cast<std::size_t>(task.params.limit));
  Json placements = Json::array();
  for (const learning::Ranked& layout : layouts) {
    Json row{{"placement", dataset->row(layout.index)},
             {"cost", layout.prediction.cost},
             {"far", layout.prediction.far},
             {"label", layout.label}};
    if (layout.prediction.uncertainty) row["uncertainty"] = *layout.prediction.uncertainty;
    placements.push_back(std::move(row));
  }
  Json result = std::move(ranking.value().report);
  result.update({{"model", task.model.model},
                 {"predictor", plugin},
                 {"label", dataset->label_rule().text()},
                 {"part", to_string(task.params.part)},
                 {"placements", std::move(placements)}});
  return result;
}

}  // namespace ptah
