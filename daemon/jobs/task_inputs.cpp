#include "jobs/task_inputs.hpp"

#include <algorithm>
#include <functional>

#include "rpc/dataset_types.hpp"
#include "rpc/file_fields.hpp"
#include "rpc/model_types.hpp"
#include "rpc/specs.hpp"

namespace ptah {
namespace {

/// Calls `visit` with each name of a file of the store and its hash; gives back the spec as it is
/// then. What does not read is the worker's to refuse.
template <class Spec>
Json visit_inputs(const Json& json,
                  const std::function<void(std::string& text, const std::string& hash)>& visit) {
  auto spec = rpc::read_struct<Spec>(json);
  if (!spec) return json;
  bool any = false;
  rpc::for_each_file(spec.value(), [&](const std::string&, std::string& text, rpc::TextForm) {
    const auto hash = rpc::stored_hash(text);
    if (!hash) return;
    any = true;
    visit(text, *hash);
  });
  return any ? rpc::write_value(spec.value()) : json;
}

Json visit_inputs(TaskKind kind, const Json& json,
                  const std::function<void(std::string& text, const std::string& hash)>& visit) {
  switch (kind) {
    case TaskKind::kPlan:
      return visit_inputs<rpc::RunSpec>(json, visit);
    case TaskKind::kCheck:
      return visit_inputs<rpc::CheckSpec>(json, visit);
    case TaskKind::kRender:
      return visit_inputs<rpc::RenderSpec>(json, visit);
    case TaskKind::kTrain:
      return visit_inputs<rpc::TrainSpec>(json, visit);
    case TaskKind::kPlanSamples:
      return visit_inputs<rpc::DatasetSpec>(json, visit);
    case TaskKind::kImportSamples:
      return visit_inputs<rpc::DatasetImportSpec>(json, visit);
    case TaskKind::kExportSamples:
      return visit_inputs<rpc::DatasetExportSpec>(json, visit);
    case TaskKind::kRenderSamples:
      return visit_inputs<rpc::DatasetRenderSpec>(json, visit);
    case TaskKind::kCircuits:
    case TaskKind::kChain:
    case TaskKind::kSample:
    case TaskKind::kScoreLayout:
    case TaskKind::kScorePlacement:
    case TaskKind::kCheckSamples:
    case TaskKind::kEvaluateModels:
    case TaskKind::kPredictSamples:
    case TaskKind::kSelfTest:
      break;  // No request of a client, or one whose names are paths by now.
  }
  return json;
}

}  // namespace

std::vector<std::string> inputs_of(const JobKind& kind, const Json& spec) {
  std::vector<std::string> hashes;
  const auto task = kind.first ? kind.first : kind.chain;
  if (!task) return hashes;
  visit_inputs(*task, spec, [&](const std::string&, const std::string& hash) {
    if (std::find(hashes.begin(), hashes.end(), hash) == hashes.end()) hashes.push_back(hash);
  });
  return hashes;
}

Json with_paths(TaskKind kind, const Json& spec, const StoredFiles& files) {
  return visit_inputs(kind, spec, [&](std::string& text, const std::string& hash) {
    text = files.path(hash).string();
  });
}

}  // namespace ptah
