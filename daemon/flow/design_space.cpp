#include "flow/design_space.hpp"

namespace ptah {
namespace {

/// Checkpoints come to disk at most so often; the last one always.
constexpr std::chrono::milliseconds kBetween{100};

}  // namespace

Result<std::shared_ptr<FlowLayoutSpace>> FlowDesignSpace::create(const FingerAssignment& fingers) {
  if (exploration_.sink.cancelled()) return cancelled_error();
  PTAH_TRY(exploration_.afford());
  PTAH_TRY(const std::int64_t assignment, exploration_.assignments.index_of(fingers));
  if (!exploration_.assignments.offers(exploration_.assignments.counts_at(assignment))) {
    return make_error(
        ErrorCode::kInfeasible,
        "Assignment " + std::to_string(assignment) + " is not of the part that is explored.",
        "explorer " + exploration_.explorer);
  }
  PTAH_TRY(auto space, FlowLayoutSpace::create(exploration_, assignment,
                                               exploration_.assignments.at(assignment)));
  return std::shared_ptr<FlowLayoutSpace>(std::move(space));
}

Result<std::shared_ptr<LayoutSpace>> FlowDesignSpace::open(const FingerAssignment& fingers) {
  PTAH_TRY(auto space, create(fingers));
  PTAH_TRY(space->make_baseline(false));
  return std::shared_ptr<LayoutSpace>(std::move(space));
}

Result<std::shared_ptr<LayoutSpace>> FlowDesignSpace::enter(const FingerAssignment& fingers) {
  PTAH_TRY(auto space, create(fingers));
  return std::shared_ptr<LayoutSpace>(std::move(space));
}

/// A line of what the chain and the home are like, then the explorer's bytes.
Status FlowDesignSpace::checkpoint(std::string_view bytes) {
  if (bytes.size() > kMaxCheckpoint) {
    return make_error(ErrorCode::kLimit,
                      "The checkpoint has " + std::to_string(bytes.size()) + " bytes, more than " +
                          std::to_string(kMaxCheckpoint >> 20) + " MiB.",
                      "explorer " + exploration_.explorer);
  }
  const Json head{{"chain", exploration_.state()},
                  {"home", home_->state()},
                  {"explorer", exploration_.explorer},
                  {"explorer_hash", exploration_.explorer_hash}};
  waiting_ = head.dump() + "\n";
  waiting_->append(bytes);
  waiting_variant_ = exploration_.next_variant;
  return Clock::now() - sent_ < kBetween ? ok() : flush();
}

Status FlowDesignSpace::flush() {
  if (!waiting_ || waiting_variant_ != exploration_.next_variant) return ok();
  PTAH_TRY(auto file, exploration_.bundle.add("checkpoint", *waiting_, ""));
  waiting_.reset();
  PTAH_TRY(exploration_.bundle.end_variant());
  exploration_.sink.emit({{"event", "checkpoint"},
                          {"after", exploration_.next_variant - 1},
                          {"file", std::move(file)}});
  sent_ = Clock::now();
  return ok();
}

Status FlowDesignSpace::resume(const std::string& bytes) {
  const std::size_t end = bytes.find('\n');
  const Json head = Json::parse(bytes.substr(0, end), nullptr, false);
  if (end == std::string::npos || !head.is_object() || !head.contains("chain") ||
      !head.contains("home")) {
    return make_error(ErrorCode::kParse, "The checkpoint cannot be read.", home_->paths().name(),
                      "Start the run anew.");
  }
  PTAH_TRY(exploration_.restore(head["chain"]));
  PTAH_TRY(home_->restore_state(head["home"]));
  // Seed, checkpoint and the plugin's code decide what follows.
  if (head.value("explorer_hash", "") != exploration_.explorer_hash) {
    exploration_.sink.emit(
        {{"event", "log"},
         {"level", "warning"},
         {"message", "The checkpoint is of explorer " + head.value("explorer", "") + ", with " +
                         "another file than " + exploration_.explorer + " has now."}});
  }
  resumed_ = bytes.substr(end + 1);
  return ok();
}

}  // namespace ptah
