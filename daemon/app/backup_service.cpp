// server.backup: a copy of the state, a little at a time, so that others are served in between.
#include <spdlog/spdlog.h>

#include "app/server.hpp"
#include "store/backup.hpp"

namespace ptah {

using namespace rpc;

struct Server::PendingBackup {
  Reply<BackupReply> reply;
  std::string folder;
  std::chrono::steady_clock::time_point told{};  ///< When its client last heard of it.
  bool over = false;                             ///< Nobody waits any more.
};

namespace {

/// How long the store's thread works at it before it looks at what else waits.
constexpr std::chrono::milliseconds kBackupSlice{20};
constexpr std::chrono::milliseconds kBetweenBackupNotes{100};

/// What a slice came to.
struct BackupSlice {
  bool more = false;
  double fraction = 0;
  std::string present{};
  BackupFigures figures{};
};

}  // namespace

void Server::backup(const BackupParams& params, Reply<BackupReply> reply) {
  auto pending = std::make_shared<PendingBackup>(PendingBackup{reply, params.folder});
  reply.on_cancel([weak = std::weak_ptr(pending)] {
    if (const auto cancelled = weak.lock()) cancelled->over = true;
  });
  store_->submit(
      StoreThread::Kind::kRead,
      [folder = params.folder](Store& store) {
        store.begin_backup(folder);
        return true;
      },
      [this, pending](const Result<bool>& begun) {
        if (!begun) return pending->reply(begun.error());
        back_up_more(pending);
      });
}

void Server::back_up_more(const std::shared_ptr<PendingBackup>& pending) {
  // Who has left is known between two slices: what is not whole goes, and so does its name.
  const bool over = pending->over || !pending->reply.caller()->connected();
  store_->submit(
      StoreThread::Kind::kRead,
      [over](Store& store) {
        BackupSlice slice;
        if (store.backup() == nullptr) return slice;
        try {
          slice.more = !over && store.backup()->go_on(kBackupSlice);
          slice.fraction = store.backup()->fraction();
          slice.present = store.backup()->present();
          slice.figures = store.backup()->figures();
        } catch (const std::exception&) {
          store.end_backup();
          throw;
        }
        if (!slice.more) store.end_backup();
        return slice;
      },
      [this, pending, over](const Result<BackupSlice>& slice) {
        if (over) return;
        if (!slice) return pending->reply(slice.error());
        const BackupFigures& figures = slice.value().figures;
        if (!slice.value().more) {
          spdlog::info("backup in {}: {} files", pending->folder, figures.files);
          BackupReply done;
          done.folder = pending->folder;
          done.pages = figures.pages;
          done.files = figures.files;
          done.bytes = figures.bytes;
          done.linked = figures.linked;
          done.missing = figures.missing;
          return pending->reply(done);
        }
        const auto now = std::chrono::steady_clock::now();
        if (now - pending->told >= kBetweenBackupNotes && pending->reply.caller()->backlog() == 0) {
          pending->told = now;
          pending->reply.caller()->send(encode_notification(
              "server.backing_up",
              {{"fraction", slice.value().fraction}, {"message", slice.value().present}}));
        }
        back_up_more(pending);
      });
}

}  // namespace ptah
