/// The methods the daemon serves: one table for dispatch and for the reference in docs/protocol.md.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "caller.hpp"
#include "file_fields.hpp"

namespace ptah::rpc {

struct MethodDoc {
  std::string name;
  Role role = Role::kUser;
  bool changes = true;  ///< Something that others see: it is noted who did it.
  std::string text;
  std::vector<FieldDoc> params;
  std::vector<FieldDoc> reply;
};

class MethodTable {
 public:
  /// Where files are that requests name by hash; without it there are none.
  void find_stored_with(FindStored find) { find_stored_ = std::move(find); }

  /// Requests that have to wait for what a start brings: `must` says of which methods those are at
  /// this moment, and `wait` keeps what is to be called.
  struct Holding {
    std::function<bool(std::string_view method)> must;
    std::function<void(std::string_view method, std::function<void()> go)> wait;
  };
  void hold_with(Holding holding) { holding_ = std::move(holding); }

  /// Whether a caller whose role is enough may ask this, of these things: `go` is called once, now
  /// or later, with the parameters to go on with, or with why not.
  using Guard = std::function<void(const std::shared_ptr<Caller>&, const MethodDoc&, Json params,
                                   std::function<void(Result<Json>)> go)>;
  void guard_with(Guard guard) { guard_ = std::move(guard); }

  /// Hears of each request that may change something, when it has ended, and of each that was
  /// denied. `object`: what it was about, as far as the request says.
  using Note = std::function<void(const Caller&, const MethodDoc&, const std::string& object,
                                  const Result<Json>& answer)>;
  void note_with(Note note) { note_ = std::move(note); }
  /// Told of each answer to a request of a method: how long it took, and whether it is an error.
  using Observer = std::function<void(const std::string& method,
                                      std::chrono::steady_clock::duration, bool error)>;
  void observe_with(Observer observer) { observer_ = std::move(observer); }

  /// Binds `handler(const P&, Reply<R>)`. P and R describe their fields (fields.hpp).
  template <class P, class R, class Handler>
  void add(const char* name, Role role, bool changes, const char* text, Handler handler) {
    Method method;
    method.doc = {name, role, changes, text, document<P>(), document<R>()};
    method.call = [handler = std::move(handler)](const MethodTable& table, const Json& params,
                                                 std::shared_ptr<PendingReply> pending) {
      Result<P> read = read_struct<P>(params, kMaxText);
      if (!read) {
        pending->finish_error(kInvalidParams, read.error());
        return;
      }
      Status files = pending->caller()->remote() ? refuse_paths(read.value()) : ok();
      if (files) files = find_stored_files(read.value(), table.find_stored_);
      if (!files) {
        pending->finish(files.error());
        return;
      }
      handler(read.value(), Reply<R>(std::move(pending)));
    };
    methods_[name] = std::move(method);
  }

  /// Answers one line of a client. Empty lines are ignored.
  void dispatch(const std::shared_ptr<Caller>& caller, std::string_view line) const;

  std::vector<MethodDoc> documentation() const;

 private:
  struct Method {
    MethodDoc doc;
    std::function<void(const MethodTable&, const Json&, std::shared_ptr<PendingReply>)> call;
  };
  template <class T>
  static std::vector<FieldDoc> document() {
    T value;
    FieldDocumenter documenter;
    value.describe(documenter);
    return documenter.take();
  }
  std::map<std::string, Method, std::less<>> methods_;
  void call(const Method& method, const Json& params,
            const std::shared_ptr<PendingReply>& pending) const;
  void call_guarded(const Method& method, Json params,
                    const std::shared_ptr<PendingReply>& pending) const;
  Holding holding_;
  Guard guard_;
  Note note_;
  Observer observer_;
  FindStored find_stored_ = [](const std::string&) { return std::nullopt; };
};

/// docs/protocol.md from the table.
std::string protocol_document(const MethodTable& table);

}  // namespace ptah::rpc
