// store.*: files by their hashes, whole or in pieces. Their bytes pass through the thread for the
// daemon's own files; only a file that has become whole is the store's affair.
#include <spdlog/spdlog.h>

#include "app/server.hpp"
#include "ptah/core/base64.hpp"
#include "store/failure.hpp"

namespace ptah {

using namespace rpc;

namespace {

/// Of one connection, on their way: each holds as much memory as a line may have.
constexpr int kMaxPieces = 8;
/// How long a file that a client sent stays without a job, and how often those are looked for whose
/// time is over.
constexpr std::chrono::hours kKept{24}, kReleasePeriod{1};

std::int64_t kept_until() {
  return now_ms() + std::chrono::duration_cast<std::chrono::milliseconds>(kKept).count();
}

void check_hash(const std::string& hash) {
  if (!FileStore::is_hash(hash))
    fail(ErrorCode::kInvalidArgument, "A hash is 64 lower-case hexadecimal digits.", "hash");
}

}  // namespace

template <class R, class Work, class Done>
void Server::move_piece(const Reply<R>& reply, Work work, Done done) {
  const Caller* const caller = reply.caller().get();
  if (pieces_[caller] >= kMaxPieces) {
    reply(make_error(ErrorCode::kLimit,
                     "This connection has 8 pieces of files on their way already.", {},
                     "Wait for an answer before the next."));
    return;
  }
  ++pieces_[caller];
  // The reply keeps the caller, so that nobody else has its address meanwhile.
  files_->submit(std::move(work), [this, caller, reply, done = std::move(done)](auto result) {
    if (--pieces_[caller] == 0) pieces_.erase(caller);
    if (result) {
      done(std::move(result.value()));
    } else {
      reply(result.error());
    }
  });
}

void Server::store_put(const StorePutParams& params, Reply<StorePutReply> reply) {
  const Sight sight = sight_of(*reply.caller());
  const Quota quota = quota_of(sight.principal);
  const bool first = params.offset == 0;
  if (sight.libraries.empty() && (quota.disk_mb == 0 || !first))
    return put_piece(params, reply, true);
  // Who does not see all is not told by a hash what there is: it sends the bytes.
  store_->submit(
      StoreThread::Kind::kRead,
      [sight, quota, first, hash = params.hash, size = params.size](Store& store) {
        check_hash(hash);
        if (first && !store.has_sent(sight.principal, hash))
          store.check_disk(sight.principal, quota, size);
        return sight.sees_file(store, hash);
      },
      [this, params, reply](const Result<bool>& known) {
        if (!known) return reply(known.error());
        put_piece(params, reply, known.value());
      });
}

void Server::put_piece(const StorePutParams& params, const Reply<StorePutReply>& reply,
                       bool known) {
  move_piece(
      reply,
      [uploads = uploads_, sender = reply.caller().get(), params, known] {
        const auto bytes = decode_base64(params.data, std::size_t{kMaxPiece}, "data");
        if (!bytes) throw Failure(bytes.error());
        return uploads->add(
            sender, params.hash, params.size, params.offset,
            {reinterpret_cast<const char*>(bytes.value().data()), bytes.value().size()}, known);
      },
      [this, reply, hash = params.hash](const Uploads::Progress& progress) {
        if (progress.whole) {
          keep_sent(hash, progress, reply);
        } else {
          reply(StorePutReply{progress.received, {}});
        }
      });
}

void Server::keep_sent(const std::string& hash, const Uploads::Progress& progress,
                       const Reply<StorePutReply>& reply) {
  store_->submit(
      StoreThread::Kind::kWrite,
      [hash, path = progress.path, who = reply.caller()->principal(),
       quota = quota_of(reply.caller()->principal())](Store& store) {
        if (!store.keep_file(hash, path, kept_until())) return false;
        store.remember_sender(who, hash, kept_until());
        store.check_disk(who, quota);
        return true;
      },
      [this, hash, progress, reply](const Result<bool>& kept) {
        if (!progress.path.empty()) {
          files_->submit(
              [path = progress.path] {
                std::error_code ignored;
                std::filesystem::remove(path, ignored);
              },
              [](const Result<std::monostate>&) {});
        }
        if (!kept) {
          reply(kept.error());
        } else if (kept.value()) {
          reply(StorePutReply{progress.received, "sha256:" + hash});
        } else {
          // Its last job was deleted just now: it must be sent after all.
          reply(StorePutReply{});
        }
      });
}

void Server::forget_sent(const Caller* sender) {
  files_->submit([uploads = uploads_, sender] { uploads->forget(sender); },
                 [](const Result<std::monostate>&) {});
}

void Server::release_kept() {
  store_->submit_then(
      StoreThread::Kind::kWrite, [](Store& store) { return store.release_kept(now_ms()); },
      [](Store& store, const std::vector<std::string>& hashes) {
        store.remove_unreferenced(hashes);
      },
      [](const Result<std::vector<std::string>>& released, const Status& removed) {
        if (!released || !removed) {
          spdlog::error("files that clients sent stay: {}",
                        released ? removed.error().text() : released.error().text());
        }
      });
  release_timer_.expires_after(kReleasePeriod);
  release_timer_.async_wait([this](boost::system::error_code error) {
    if (!error && !ending_) release_kept();
  });
}

void Server::store_read(const StoreReadParams& params, Reply<StoreReadReply> reply) {
  move_piece(
      reply,
      [stored = *stored_, params] {
        check_hash(params.hash);
        const auto size = stored.size(params.hash);
        if (!size) fail(ErrorCode::kNotFound, "The store has no file with this hash.", params.hash);
        if (params.offset > *size) {
          fail(ErrorCode::kInvalidArgument, "The file has " + std::to_string(*size) + " bytes.",
               "offset");
        }
        return StoreReadReply{*size, params.offset,
                              encode_base64(stored.read(params.hash, params.offset, params.size))};
      },
      [reply](StoreReadReply piece) { reply(std::move(piece)); });
}

void Server::store_get(const HashParams& params, Reply<StoreFileReply> reply) {
  files_->submit(
      [stored = *stored_, hash = params.hash] {
        check_hash(hash);
        const std::string path = stored.checked(hash, hash).string();
        return StoreFileReply{hash, path, stored.size(hash).value_or(0)};
      },
      [reply](Result<StoreFileReply> file) { reply(std::move(file)); });
}

}  // namespace ptah
