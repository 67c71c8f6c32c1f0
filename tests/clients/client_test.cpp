#include "client.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <optional>

#include "daemon_launcher.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

constexpr uid_t kNobody = 65534;

/// A process of a user that listens on a socket, and reads what it is told.
class Listener {
 public:
  Listener(const std::filesystem::path& socket, uid_t user) {
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket.c_str(), sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    int ready[2] = {-1, -1}, heard[2] = {-1, -1};
    EXPECT_EQ(::pipe(ready) + ::pipe(heard), 0);
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      // The kernel remembers who listens, not who bound the name.
      if (::setuid(user) != 0 || ::listen(listener, 8) != 0) ::_exit(1);
      (void)!::write(ready[1], "r", 1);
      const int connection = ::accept(listener, nullptr, nullptr);
      char byte = 0;
      if (::read(connection, &byte, 1) == 1) (void)!::write(heard[1], &byte, 1);
      ::_exit(0);
    }
    ::close(ready[1]);
    ::close(heard[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(listener);
    heard_ = heard[0];
  }
  ~Listener() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(heard_);
  }
  /// Whether somebody who connected and left had said anything.
  bool heard_anything() {
    char byte = 0;
    return ::read(heard_, &byte, 1) == 1;
  }

 private:
  pid_t child_ = -1;
  int heard_ = -1;
};

class ClientTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
    auto scratch = ScratchDir::create("/tmp", "ptah-client-test");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
  }
  std::filesystem::path socket() const { return scratch_->path() / "s"; }

  std::optional<ScratchDir> scratch_;
};

TEST_F(ClientTest, SaysNothingToAnotherUser) {
  Listener impostor(socket(), kNobody);
  const auto client = Client::connect_unix(socket());
  ASSERT_TRUE(client.has_error());
  EXPECT_EQ(client.error().code, ErrorCode::kDenied);
  EXPECT_NE(client.error().message.find("65534"), std::string::npos) << client.error().text();
  EXPECT_FALSE(impostor.heard_anything());
}

TEST_F(ClientTest, NeitherLooksNorStartsInAFolderOfAnotherUser) {
  ASSERT_EQ(::chown(scratch_->path().c_str(), kNobody, kNobody), 0);
  LaunchOptions options;
  options.socket = socket();
  const auto client = connect_or_start(options);
  ASSERT_TRUE(client.has_error());
  EXPECT_EQ(client.error().code, ErrorCode::kDenied) << client.error().text();
  EXPECT_FALSE(std::filesystem::exists(scratch_->path() / "ptahd.log"));
}

TEST_F(ClientTest, AFolderThatOthersMayWriteToIsRefused) {
  ASSERT_EQ(::chmod(scratch_->path().c_str(), 0777), 0);
  const auto client = Client::connect_unix(socket());
  ASSERT_TRUE(client.has_error());
  EXPECT_EQ(client.error().code, ErrorCode::kDenied) << client.error().text();
}

TEST_F(ClientTest, BelievesTheOwnerOfAFolderThatNobodyElseCanHavePutThere) {
  struct stat run {};
  if (::stat("/run", &run) != 0 || run.st_uid != 0 || (run.st_mode & 022) != 0)
    GTEST_SKIP() << "no /run of root's own here";
  auto made = ScratchDir::create("/run", "ptah-client-test");
  if (!made) GTEST_SKIP() << made.error().text();
  const std::filesystem::path folder = made.value().path();
  ASSERT_EQ(::chown(folder.c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(::chmod(folder.c_str(), 0710), 0);
  {
    Listener daemon(folder / "s", kNobody);
    const auto client = Client::connect_unix(folder / "s");
    ASSERT_TRUE(client.has_error()) << "it does not answer";
    EXPECT_NE(client.error().code, ErrorCode::kDenied) << client.error().text();
    EXPECT_TRUE(daemon.heard_anything());
  }
  std::filesystem::remove(folder / "s");
  {
    Listener impostor(folder / "s", kNobody - 1);
    const auto client = Client::connect_unix(folder / "s");
    ASSERT_TRUE(client.has_error());
    EXPECT_EQ(client.error().code, ErrorCode::kDenied) << "of a third user";
    EXPECT_FALSE(impostor.heard_anything());
  }
  // Writable by the group, anybody of it may have put the socket there.
  ASSERT_EQ(::chmod(folder.c_str(), 0770), 0);
  std::filesystem::remove(folder / "s");
  Listener listener(folder / "s", kNobody);
  EXPECT_EQ(Client::connect_unix(folder / "s").error().code, ErrorCode::kDenied);
}

TEST_F(ClientTest, NobodyThereIsNotDenied) {
  const auto client = Client::connect_unix(socket());
  ASSERT_TRUE(client.has_error());
  EXPECT_EQ(client.error().code, ErrorCode::kNotFound) << client.error().text();
}

}  // namespace
}  // namespace ptah
