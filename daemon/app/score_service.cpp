// Scores for those who wait for them: score.layout, score.placement, and which request supersedes
// which.
#include "app/model_tasks.hpp"
#include "app/server.hpp"

namespace ptah {

using namespace rpc;

struct Server::PendingScore {
  Reply<ScoreReply> reply;
  std::string key;       ///< Empty: superseded by nobody.
  std::string affinity;  ///< Which worker knows the circuit.
  std::string library;   ///< Of its model.
  std::string task;      ///< Empty until it is one.
  bool over = false;     ///< Answered, or nobody waits any more.
  TaskKind kind{};
  Json spec;  ///< Of the task.
};

namespace {

/// A worker's result. What it leaves out has its default: an overlap ends before there is a score.
Result<ScoreReply> reply_of(const Json& result) {
  ScoreReply nothing;
  Json whole = write_value(nothing);
  if (result.is_object()) whole.update(result);
  Result<ScoreReply> reply = read_struct<ScoreReply>(whole);
  if (reply) return reply;
  return make_error(ErrorCode::kPluginFailed,
                    "The worker's score cannot be read: " + reply.error().message,
                    reply.error().where);
}

}  // namespace

std::shared_ptr<Server::PendingScore> Server::begin_score(const ScoreSubject& subject,
                                                          const Reply<ScoreReply>& reply) {
  const std::string key = subject.key.value_or("");
  const Caller* caller = reply.caller().get();
  const Sources sources = subject.sources.value_or(Sources{});
  std::string circuit = subject.circuit.value_or(
      subject.netlist.value_or(sources.hash.value_or(sources.netlist.value_or(""))));
  // Without a key, whoever asks about a circuit shares a worker; with one, a window has its own.
  std::string affinity = key.empty()
                             ? std::move(circuit)
                             : std::to_string(reinterpret_cast<std::uintptr_t>(caller)) + "/" + key;
  auto score = std::make_shared<PendingScore>(
      PendingScore{reply, key, std::move(affinity), subject.library, {}, false, {}, {}});
  if (!key.empty()) {
    auto& newest = scores_[{caller, key}];
    if (newest && !newest->over) {
      newest->over = true;
      if (!newest->task.empty()) jobs_->cancel_task(newest->task);
      newest->reply(make_error(ErrorCode::kCancelled, "superseded by a newer request"));
    }
    newest = score;
  }
  reply.on_cancel([this, weak = std::weak_ptr<PendingScore>(score), caller] {
    const auto cancelled = weak.lock();
    if (!cancelled || cancelled->over) return;
    cancelled->over = true;
    if (!cancelled->task.empty()) jobs_->cancel_task(cancelled->task);
    const auto found = scores_.find({caller, cancelled->key});
    if (found != scores_.end() && found->second == cancelled) scores_.erase(found);
  });
  return score;
}

template <class Spec>
void Server::start_score(const std::shared_ptr<PendingScore>& score, TaskKind kind, Spec spec) {
  if (score->over) return;
  spec.key.reset();
  score->kind = kind;
  with_sources(write_value(spec), [this, score, model = spec.model](Result<Json> whole) {
    if (score->over) return;
    if (!whole) {
      end_score(score, whole.error());
      return;
    }
    score->spec = std::move(whole.value());
    if (model) {
      score_with_model(score, *model);
    } else {
      run_score(score);
    }
  });
}

void Server::score_with_model(const std::shared_ptr<PendingScore>& score,
                              const std::string& model) {
  store_->submit(
      StoreThread::Kind::kRead,
      [library = score->library, model](Store& store) {
        return predicting_model(store, store.model(library, model));
      },
      [this, score](Result<PredictingModel> found) {
        if (score->over) return;
        if (!found) {
          end_score(score, found.error());
          return;
        }
        score->spec["predicting"] = write_value(found.value());
        run_score(score);
      });
}

void Server::run_score(const std::shared_ptr<PendingScore>& score) {
  score->task = jobs_->run_task(
      score->kind, score->spec, score->reply.caller()->principal(),
      [this, score](Result<Json> result) {
        if (score->over) return;
        // Only a worker reads flows: that one names a model shows here.
        if (result && !score->spec.contains("predicting")) {
          const auto wish = read_struct<ModelWish>(result.value());
          if (wish) return score_with_model(score, wish.value().wants_model);
        }
        end_score(score, std::move(result));
      },
      score->affinity);
}

void Server::end_score(const std::shared_ptr<PendingScore>& score, Result<Json> result) {
  if (score->over) return;
  score->over = true;
  const auto found = scores_.find({score->reply.caller().get(), score->key});
  if (found != scores_.end() && found->second == score) scores_.erase(found);
  Result<ScoreReply> answer = result ? reply_of(result.value()) : result.error();
  if (answer) {
    score->reply(std::move(answer.value()));
  } else {
    score->reply(answer.error());
  }
}

void Server::score_layout(const ScoreLayoutParams& params, Reply<ScoreReply> reply) {
  const auto score = begin_score(params, reply);
  if (!params.layout.hash) {
    start_score(score, TaskKind::kScoreLayout, params);
    return;
  }
  const std::string hash = *params.layout.hash;
  if (!FileStore::is_hash(hash)) {
    end_score(score, make_error(ErrorCode::kInvalidArgument,
                                "A hash is 64 lower-case hexadecimal digits.", "layout.hash"));
    return;
  }
  files_->submit([stored = *stored_, hash] { return stored.checked(hash, "layout.hash").string(); },
                 [this, score, spec = params](Result<std::string> file) mutable {
                   if (!file) {
                     end_score(score, file.error());
                     return;
                   }
                   spec.layout = {file.value(), {}, {}};
                   start_score(score, TaskKind::kScoreLayout, std::move(spec));
                 });
}

void Server::score_placement(const ScorePlacementParams& params, Reply<ScoreReply> reply) {
  start_score(begin_score(params, reply), TaskKind::kScorePlacement, params);
}

}  // namespace ptah
