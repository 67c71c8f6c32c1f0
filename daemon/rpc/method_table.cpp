#include "method_table.hpp"

#include <algorithm>

namespace ptah::rpc {
namespace {

/// The known name that is nearest to a misspelt one, by common prefix and suffix.
std::string nearest(std::string_view wanted, const std::vector<std::string>& names) {
  std::string best;
  std::size_t best_score = 2;
  for (const std::string& name : names) {
    std::size_t prefix = 0;
    while (prefix < std::min(name.size(), wanted.size()) && name[prefix] == wanted[prefix])
      ++prefix;
    std::size_t suffix = 0;
    while (suffix < std::min(name.size(), wanted.size()) - prefix &&
           name[name.size() - 1 - suffix] == wanted[wanted.size() - 1 - suffix]) {
      ++suffix;
    }
    if (prefix + suffix > best_score) {
      best_score = prefix + suffix;
      best = name;
    }
  }
  return best;
}

/// What a request is about, for people who read who did what.
std::string object_of(const Json& params) {
  constexpr std::size_t kMostShown = 200;
  std::string object;
  if (!params.is_object()) return object;
  for (const char* field : {"library", "job", "name", "model", "dataset", "hash"}) {
    const auto found = params.find(field);
    if (found == params.end() || !found->is_string() ||
        found->get_ref<const std::string&>().empty())
      continue;
    object += (object.empty() ? "" : " ") + cut_text(found->get<std::string>(), kMostShown);
  }
  return cut_text(std::move(object), kMostShown);
}

}  // namespace

void MethodTable::dispatch(const std::shared_ptr<Caller>& caller, std::string_view line) const {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  Request request;
  BadRequest bad;
  if (!parse_request(line, request, bad)) {
    caller->send(std::move(bad.reply));
    return;
  }
  auto pending = PendingReply::create(caller, std::move(request.id), request.notification);
  const auto found = methods_.find(request.method);
  if (found == methods_.end()) {
    std::vector<std::string> names;
    for (const auto& [name, method] : methods_) names.push_back(name);
    const std::string near = nearest(request.method, names);
    const std::string shown = request.method.substr(0, 64);
    pending->finish_error(
        kMethodNotFound,
        make_error(ErrorCode::kNotFound, "There is no method \"" + shown + "\".", shown,
                   near.empty() ? "docs/protocol.md lists the methods."
                                : "Did you mean \"" + near + "\"?"));
    return;
  }
  const Method& method = found->second;
  if (note_) {
    pending->on_end(
        [this, caller, &method, object = object_of(request.params)](const Result<Json>& answer) {
          if (method.doc.changes || (!answer && answer.error().code == ErrorCode::kDenied))
            note_(*caller, method.doc, object, answer);
        });
  }
  if (observer_) {
    pending->on_answer(
        [this, &name = found->first, begin = std::chrono::steady_clock::now()](bool error) {
          observer_(name, std::chrono::steady_clock::now() - begin, error);
        });
  }
  if (caller->role() < method.doc.role) {
    pending->finish(make_error(
        ErrorCode::kDenied, "Method \"" + request.method + "\" is not allowed for this connection.",
        request.method,
        caller->role() == Role::kViewer ? "Your token is a viewer's: ask for a designer's."
        : method.doc.role == Role::kAdmin
            ? "It needs the administrator's token, or the Unix socket."
            : "Call server.hello with the token from the daemon's token file first."));
    return;
  }
  if (holding_.must && holding_.must(request.method)) {
    holding_.wait(request.method, [this, &method, params = std::move(request.params), pending] {
      if (!pending->answered()) call_guarded(method, params, pending);
    });
    return;
  }
  call_guarded(method, std::move(request.params), pending);
}

void MethodTable::call_guarded(const Method& method, Json params,
                               const std::shared_ptr<PendingReply>& pending) const {
  if (!guard_) return call(method, params, pending);
  guard_(pending->caller(), method.doc, std::move(params),
         [this, &method, pending](const Result<Json>& allowed) {
           if (!allowed) {
             pending->finish(allowed.error());
           } else if (!pending->answered()) {
             call(method, allowed.value(), pending);
           }
         });
}

void MethodTable::call(const Method& method, const Json& params,
                       const std::shared_ptr<PendingReply>& pending) const {
  try {
    method.call(*this, params, pending);
  } catch (const std::exception& exception) {
    pending->finish_error(kInternalError,
                          make_error(ErrorCode::kInternal, exception.what(), method.doc.name));
  }
}

std::vector<MethodDoc> MethodTable::documentation() const {
  std::vector<MethodDoc> docs;
  for (const auto& [name, method] : methods_) docs.push_back(method.doc);
  return docs;
}

}  // namespace ptah::rpc
