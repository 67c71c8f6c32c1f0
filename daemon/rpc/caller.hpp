/// Who sent a request, and the one answer each request gets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fields.hpp"
#include "message.hpp"

namespace ptah::rpc {

/// What a caller may do; each level includes those before it.
enum class Role { kStranger, kViewer, kUser, kAdmin };

class PendingReply;

/// One client, as the methods see it. Lives as long as somebody may answer it; after the client has
/// left, sending is silently dropped. [main thread only]
class Caller : public std::enable_shared_from_this<Caller> {
 public:
  virtual ~Caller() = default;
  /// Queues a line (without newline); never blocks.
  virtual void send(std::string line) = 0;
  virtual bool connected() const noexcept = 0;
  /// Bytes queued and not yet taken by the client.
  virtual std::size_t backlog() const noexcept = 0;
  /// Calls `resume` once when the backlog is small again; at once when it is.
  virtual void when_drained(std::function<void()> resume) = 0;

  Role role() const noexcept { return role_; }
  void set_role(Role role) noexcept { role_ = role; }
  /// Who it is: the name of its token, or of its user. What it makes is its own. Empty: a stranger.
  const std::string& principal() const noexcept { return principal_; }
  void set_principal(std::string name) { principal_ = std::move(name); }
  /// The libraries that there are for it; empty: all.
  const std::vector<std::string>& libraries() const noexcept { return libraries_; }
  void set_libraries(std::vector<std::string> names) { libraries_ = std::move(names); }
  bool sees(std::string_view library) const noexcept {
    return libraries_.empty() ||
           std::find(libraries_.begin(), libraries_.end(), library) != libraries_.end();
  }
  /// Where it comes from, in words.
  const std::string& origin() const noexcept { return origin_; }
  void set_origin(std::string origin) { origin_ = std::move(origin); }
  /// Whether it may be on another machine, as everybody on TCP: its paths mean nothing here.
  bool remote() const noexcept { return remote_; }
  void set_remote(bool remote) noexcept { remote_ = remote; }

  /// Cancels the pending requests with this id: each is answered with kCancelled. Their number.
  int cancel_pending(const Json& id);
  /// Cancels all, without answers: for a client that has left.
  void abandon_pending();
  std::size_t pending_count() const noexcept { return pending_.size(); }

 protected:
  /// A request is pending no more.
  virtual void pending_left() {}

 private:
  friend class PendingReply;
  Role role_ = Role::kStranger;
  std::string principal_, origin_;
  std::vector<std::string> libraries_;
  bool remote_ = false;
  std::list<std::weak_ptr<PendingReply>> pending_;
};

/// The one answer that a request gets: the first of `finish` calls counts; if the last owner lets
/// go without an answer, an internal error is sent.
class PendingReply : public std::enable_shared_from_this<PendingReply> {
 public:
  static std::shared_ptr<PendingReply> create(const std::shared_ptr<Caller>& caller, Json id,
                                              bool notification);
  ~PendingReply();

  void finish(Result<Json> result);
  void finish_error(int code, const Error& error);
  bool answered() const noexcept { return answered_; }
  /// Called once with how the request ended, also where its client has left; then `answer` may be
  /// what nobody has read.
  void on_end(std::function<void(const Result<Json>& answer)> note) { note_ = std::move(note); }
  /// What else to do when the request is cancelled or its client has left.
  void on_cancel(std::function<void()> hook) { on_cancel_ = std::move(hook); }
  /// Told once, when the answer goes out, whether it is an error.
  void on_answer(std::function<void(bool error)> told) { on_answer_ = std::move(told); }
  const std::shared_ptr<Caller>& caller() const noexcept { return caller_; }

 private:
  friend class Caller;
  PendingReply(std::shared_ptr<Caller> caller, Json id, bool notification)
      : caller_(std::move(caller)), id_(std::move(id)), notification_(notification) {}
  void send(std::string line, bool error);
  void leave();
  void tell(const Result<Json>& answer);

  std::shared_ptr<Caller> caller_;
  Json id_;
  bool notification_;
  bool answered_ = false;
  std::function<void()> on_cancel_;
  std::function<void(const Result<Json>&)> note_;
  std::function<void(bool error)> on_answer_;
  std::list<std::weak_ptr<PendingReply>>::iterator place_;
};

/// The answer of a method with reply type `R`. Copyable: all copies are the same answer.
template <class R>
class Reply {
 public:
  explicit Reply(std::shared_ptr<PendingReply> pending) : pending_(std::move(pending)) {}
  void operator()(Result<R> result) const {
    if (result) {
      pending_->finish(Result<Json>(write_value(result.value())));
    } else {
      pending_->finish(Result<Json>(result.error()));
    }
  }
  void on_cancel(std::function<void()> hook) const { pending_->on_cancel(std::move(hook)); }
  const std::shared_ptr<Caller>& caller() const noexcept { return pending_->caller(); }

 private:
  std::shared_ptr<PendingReply> pending_;
};

}  // namespace ptah::rpc
