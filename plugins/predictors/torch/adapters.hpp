/// Stages that hand all calls to libptah_torch.so, opened with the first one that needs it.
#pragma once

#include <memory>

#include "core.hpp"
#include "ptah/plugin/options.hpp"

namespace ptah::nets {

/// A stage of the library, or why there is none.
template <typename Stage>
Result<std::unique_ptr<Stage>> owned(Stage* made, Error&& error) {
  if (made == nullptr) return std::move(error);
  return std::unique_ptr<Stage>(made);
}

class TrainerAdapter : public Trainer {
 public:
  TrainerAdapter(const char* plugin, const Options& options)
      : plugin_(plugin), options_(options.json()) {}

  Status start_from(const ModelFiles& files, JobContext& job) override {
    PTAH_TRY(open());
    return trainer_->start_from(files, job);
  }

  Result<TrainedModel> train(Dataset& dataset, Checkpoints& checkpoints, JobContext& job) override {
    PTAH_TRY(open());
    return trainer_->train(dataset, checkpoints, job);
  }

 private:
  Status open() {
    if (trainer_) return ok();
    PTAH_TRY(const OpenCore core, open_torch_core());
    Error error;
    PTAH_TRY(trainer_,
             owned(core.functions->trainer(plugin_, options_, core.hash, error), std::move(error)));
    return ok();
  }

  const char* plugin_;
  Json options_;
  std::unique_ptr<Trainer> trainer_;
};

class PredictorAdapter : public Predictor {
 public:
  PredictorAdapter(const char* plugin, const Options& options)
      : plugin_(plugin), options_(options.json()) {}

  bool needs_model() const noexcept override { return true; }

  Status load(const ModelFiles& files, JobContext& job) override {
    PTAH_TRY(const OpenCore core, open_torch_core());
    Error error;
    PTAH_TRY(auto predictor,
             owned(core.functions->predictor(plugin_, options_, error), std::move(error)));
    PTAH_TRY(predictor->load(files, job));
    predictor_ = std::move(predictor);
    return ok();
  }

  Result<std::vector<Prediction>> predict(const Circuit& circuit, const Tiles& tiles,
                                          const Technology& technology,
                                          const std::vector<Placement>& placements,
                                          JobContext& job) override {
    if (!predictor_) {
      return make_error(ErrorCode::kInvalidArgument, "This predictor has no model yet.",
                        std::string("predictor ") + plugin_);
    }
    return predictor_->predict(circuit, tiles, technology, placements, job);
  }

 private:
  const char* plugin_;
  Json options_;
  std::unique_ptr<Predictor> predictor_;
};

class ExplorerAdapter : public Explorer {
 public:
  ExplorerAdapter(const char* plugin, const Options& options)
      : plugin_(plugin), options_(options.json()) {}

  Status explore(DesignSpace& space, JobContext& job) override {
    PTAH_TRY(open());
    return explorer_->explore(space, job);
  }
  Status start_from(const ModelFiles& files, const DesignSpace& space, JobContext& job) override {
    PTAH_TRY(open());
    return explorer_->start_from(files, space, job);
  }
  Result<TrainedModel> learnt(JobContext& job) override {
    PTAH_TRY(open());
    return explorer_->learnt(job);
  }

 private:
  Status open() {
    if (explorer_) return ok();
    PTAH_TRY(const OpenCore core, open_torch_core());
    Error error;
    PTAH_TRY(explorer_,
             owned(core.functions->explorer(plugin_, options_, error), std::move(error)));
    return ok();
  }

  const char* plugin_;
  Json options_;
  std::unique_ptr<Explorer> explorer_;
};

}  // namespace ptah::nets
