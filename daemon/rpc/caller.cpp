#include "caller.hpp"

#include <vector>

namespace ptah::rpc {

int Caller::cancel_pending(const Json& id) {
  std::vector<std::shared_ptr<PendingReply>> hit;
  for (const auto& weak : pending_) {
    auto pending = weak.lock();
    if (pending && !pending->answered_ && !pending->notification_ && pending->id_ == id)
      hit.push_back(pending);
  }
  for (const auto& pending : hit) {
    const auto hook = std::move(pending->on_cancel_);
    pending->on_cancel_ = nullptr;
    if (hook) hook();
    pending->finish(make_error(ErrorCode::kCancelled, "The request was cancelled."));
  }
  return static_cast<int>(hit.size());
}

void Caller::abandon_pending() {
  std::vector<std::shared_ptr<PendingReply>> all;
  for (const auto& weak : pending_) {
    if (auto pending = weak.lock()) all.push_back(std::move(pending));
  }
  for (const auto& pending : all) {
    const auto hook = std::move(pending->on_cancel_);
    pending->on_cancel_ = nullptr;
    if (hook && !pending->answered_) hook();
    pending->answered_ = true;
  }
}

std::shared_ptr<PendingReply> PendingReply::create(const std::shared_ptr<Caller>& caller, Json id,
                                                   bool notification) {
  std::shared_ptr<PendingReply> pending(new PendingReply(caller, std::move(id), notification));
  pending->place_ = caller->pending_.insert(caller->pending_.end(), pending);
  return pending;
}

PendingReply::~PendingReply() {
  finish_error(kInternalError, make_error(ErrorCode::kInternal, "The method gave no answer."));
  leave();
}

void PendingReply::leave() {
  if (place_ == decltype(place_){}) return;
  caller_->pending_.erase(place_);
  place_ = {};
  caller_->pending_left();
}

void PendingReply::tell(const Result<Json>& answer) {
  if (!note_) return;
  const auto note = std::move(note_);
  note_ = nullptr;
  note(answer);
}

void PendingReply::finish(Result<Json> result) {
  tell(result);
  if (answered_) return;
  if (!result) {
    finish_error(wire_code(result.error().code), result.error());
    return;
  }
  std::string line = encode_result(id_, result.value());
  if (line.size() >= kMaxLine) {
    finish(make_error(ErrorCode::kLimit, "The answer is longer than a line may be (1 MiB).", {},
                      "Ask for less at once, for example with \"limit\" or \"after\"."));
    return;
  }
  send(std::move(line), false);
}

void PendingReply::finish_error(int code, const Error& error) {
  tell(error);
  if (!answered_) send(encode_error(id_, code, error), true);
}

void PendingReply::send(std::string line, bool error) {
  answered_ = true;
  on_cancel_ = nullptr;
  if (on_answer_) on_answer_(error);
  if (!notification_) caller_->send(std::move(line));
}

}  // namespace ptah::rpc
