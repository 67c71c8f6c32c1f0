// server.verify: the whole state, a little at a time, so that others are served in between.
#include "app/server.hpp"
#include "store/verification.hpp"

namespace ptah {

using namespace rpc;

struct Server::PendingVerification {
  Reply<VerifyReply> reply;
  Verification verification;
  std::chrono::steady_clock::time_point told{};  ///< When its client last heard of it.
  bool over = false;                             ///< Nobody waits any more.

  void tell(std::chrono::steady_clock::time_point now) {
    told = now;
    reply.caller()->send(encode_notification(
        "server.verifying",
        {{"fraction", verification.fraction()}, {"message", verification.present()}}));
  }
};

namespace {

/// How long the store's thread works at it before it looks at what else waits.
constexpr std::chrono::milliseconds kSlice{20};

constexpr std::chrono::milliseconds kBetweenNotes{100};

/// As a client reads it: what does not apply is left out.
Json to_json(const Damage& damage) {
  Json json{{"problem", cut_text(damage.problem, kMaxPlace)}, {"file", damage.file}};
  if (damage.page > 0) json["page"] = damage.page;
  if (!damage.table.empty()) json["table"] = damage.table;
  if (!damage.row.empty()) json["row"] = cut_text(damage.row, kMaxPlace);
  if (!damage.hash.empty()) json["hash"] = damage.hash;
  if (!damage.job.empty()) json["job"] = damage.job;
  return json;
}

VerifyReply reply_of(const Verification& verification) {
  VerifyReply reply;
  reply.pages = verification.pages();
  reply.tables = verification.tables();
  reply.rows = verification.rows();
  reply.files = verification.files();
  reply.restore = verification.how_to_restore();
  reply.cut = verification.cut();
  std::size_t bytes = dump(write_value(reply)).size();
  for (const Damage& damage : verification.damaged()) {
    Json json = to_json(damage);
    bytes += dump(json).size() + 1;
    if (bytes > kMaxAnswer) {
      reply.cut = true;
      break;
    }
    reply.damaged.push_back({std::move(json)});
  }
  return reply;
}

}  // namespace

void Server::verify(const Nothing&, Reply<VerifyReply> reply) {
  auto pending = std::make_shared<PendingVerification>(PendingVerification{reply, {}});
  reply.on_cancel([weak = std::weak_ptr(pending)] {
    if (const auto cancelled = weak.lock()) cancelled->over = true;
  });
  pending->tell(std::chrono::steady_clock::now());
  verify_more(pending);
}

void Server::verify_more(const std::shared_ptr<PendingVerification>& pending) {
  store_->submit(
      StoreThread::Kind::kRead,
      [pending](Store& store) { return pending->verification.check(store, kSlice); },
      [this, pending](const Result<bool>& more) {
        if (pending->over) return;
        if (!more) return pending->reply(more.error());
        if (!more.value()) return pending->reply(reply_of(pending->verification));
        const auto now = std::chrono::steady_clock::now();
        if (now - pending->told >= kBetweenNotes && pending->reply.caller()->backlog() == 0)
          pending->tell(now);
        verify_more(pending);
      });
}

}  // namespace ptah
