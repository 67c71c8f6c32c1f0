#include "training.hpp"

#include <numeric>

#include "placement_frame.hpp"
#include "ptah/core/sha256.hpp"
#include "quality.hpp"

namespace ptah::trees {
namespace {

using learning::Matrix;
using learning::Rows;
using learning::Trees;
using predictors::Classes;
using predictors::Sample;
using predictors::TrainingData;

constexpr double kReading = 0.1;  ///< Share of the progress.
constexpr std::uint64_t kMembers = 0x7ee50000;

/// Training part, then validation part.
struct Table {
  Matrix x;
  std::vector<double> targets;
  Rows train, validation;
};

Table table_of(const TrainingData& data, const PlacementFrame& frame, predictors::Target target) {
  Table table;
  const std::size_t rows = data.train.size() + data.validation.size();
  table.x.resize(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(frame.width()));
  table.train.resize(data.train.size());
  table.validation.resize(data.validation.size());
  std::iota(table.train.begin(), table.train.end(), std::size_t{0});
  std::iota(table.validation.begin(), table.validation.end(), data.train.size());
  for (const auto* part : {&data.train, &data.validation}) {
    for (const Sample& sample : *part) {
      const auto row = static_cast<Eigen::Index>(table.targets.size());
      frame.write(data.designs[sample.design]->tiles, sample.placement,
                  {table.x.row(row).data(), frame.width()});
      table.targets.push_back(data.target(sample, target));
    }
  }
  return table;
}

std::vector<double> row_of(const Matrix& x, std::size_t row) {
  const double* from = x.row(static_cast<Eigen::Index>(row)).data();
  return {from, from + x.cols()};
}

}  // namespace

OptionSchema trainer_options() {
  const learning::TreeParams standard;
  return {
      {"target",
       OptionType::kText,
       "both",
       "worst: to be among the worst quarter; rank: the share of layouts that are better, of which "
       "the other is made at the end; both: their mean.",
       {},
       {},
       {"worst", "rank", "both"}},
      {"members", OptionType::kInt, 3, "Forests of other seeds, which vote.", 1, 16, {}},
      {"depth", OptionType::kInt, standard.depth, "Splits from root to leaf.", 1, 12, {}},
      {"rounds", OptionType::kInt, 2000, "Trees of a member, at most.", 1, 20'000, {}},
      {"patience",
       OptionType::kInt,
       standard.patience,
       "Ends so many trees after the least loss on the validation part.",
       1,
       1000,
       {}},
      {"shrinkage", OptionType::kReal, standard.shrinkage, "Of each tree's step.", 1e-4, 1, {}},
      {"ridge", OptionType::kReal, standard.ridge, "On a leaf's value.", 0, 1000, {}},
      {"row_share", OptionType::kReal, 0.7, "Of the layouts that a tree sees.", 0.05, 1, {}},
      {"feature_share",
       OptionType::kReal,
       0.5,
       "Of the numbers that a tree may split by.",
       0.05,
       1,
       {}},
  };
}

TrainingOptions training_options(const Options& options) {
  TrainingOptions found;
  found.target = predictors::target_from(options.text("target"));
  found.members = static_cast<int>(options.integer("members"));
  learning::TreeParams& params = found.params;
  params.depth = static_cast<int>(options.integer("depth"));
  params.rounds = static_cast<int>(options.integer("rounds"));
  params.patience = static_cast<int>(options.integer("patience"));
  params.shrinkage = options.real("shrinkage");
  params.ridge = options.real("ridge");
  params.row_share = options.real("row_share");
  params.feature_share = options.real("feature_share");
  return found;
}

namespace {

/// Grows the members that are missing, a checkpoint each, with a curve of all so far. Returns the
/// validation part's odds, the mean of the members'.
Result<std::vector<double>> grow(const TrainingData& data, const Table& table,
                                 const TrainingOptions& options, const std::string& key,
                                 std::vector<Trees>& members, Checkpoints& checkpoints,
                                 JobContext& job) {
  const auto grown = static_cast<int>(members.size());
  const Classes bad = predictors::bad_of(data, data.validation);
  std::vector<double> sums(data.validation.size(), 0.0), mean;
  for (int member = 0; member < options.members; ++member) {
    if (member >= grown) {
      int round = 0;
      const learning::Stop stop = [&] {
        const double share = static_cast<double>(++round) / options.params.rounds;
        job.progress(kReading + (1 - kReading) * (member + share) / options.members,
                     "tree " + std::to_string(round) + " of member " + std::to_string(member + 1));
        return job.cancelled();
      };
      const std::uint64_t seed =
          Rng(job.seed()).fork(kMembers + static_cast<std::uint64_t>(member)).next();
      members.push_back(Trees::fit(table.x, table.targets, table.train, table.validation,
                                   options.params, seed, stop));
      if (job.cancelled()) return cancelled_error();
      PTAH_TRY(checkpoints.checkpoint(save_members(members, key)));
    }
    const Trees& trees = members[static_cast<std::size_t>(member)];
    for (std::size_t i = 0; i < sums.size(); ++i)
      sums[i] += trees.odds(row_of(table.x, table.validation[i]));
    mean = sums;
    for (double& value : mean) value /= member + 1;
    job.metric("validation_loss", member,
               predictors::target_loss(mean, data, data.validation, options.target));
    job.metric("validation_auroc", member, predictors::judge(mean, bad).auroc);
  }
  return mean;
}

}  // namespace

Result<Trained> train(Dataset& dataset, const TrainingOptions& options, const Json& given,
                      Checkpoints& checkpoints, JobContext& job) {
  PTAH_TRY(const TrainingData data, predictors::read_training_data(dataset, job));
  const PlacementFrame frame(data.designs.front()->circuit);
  const Table table = table_of(data, frame, options.target);
  Trained trained;
  Model& model = trained.model;
  model.features = frame.names();
  const std::string key =
      sha256_hex(Json{{"data", data.hash}, {"options", given}, {"seed", job.seed()}}.dump());
  if (checkpoints.resumed()) {
    if (auto members = restore_members(*checkpoints.resumed(), key, frame.width())) {
      model.members = std::move(*members);
    } else {
      job.log(LogLevel::kWarning, "The checkpoint is of another training: this one starts again.");
    }
  }
  PTAH_TRY(const std::vector<double> odds,
           grow(data, table, options, key, model.members, checkpoints, job));
  const Classes bad = predictors::bad_of(data, data.validation);
  model.calibration = predictors::calibrate(odds, bad, options.target);
  std::vector<double> calibrated;
  for (const double value : odds) calibrated.push_back(model.calibration.odds(value));
  std::size_t count = 0;
  for (const Trees& member : model.members) count += member.size();
  model.plugin = "trees";
  model.reference = row_of(table.x, table.validation.front());
  trained.metrics = predictors::describe(model, data, {odds, std::move(calibrated)}, given,
                                         job.seed(), {{"trees", static_cast<double>(count)}});
  return trained;
}

}  // namespace ptah::trees
