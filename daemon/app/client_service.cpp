// Who may connect and who a client is: limits by role and address, server.hello.
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>

#include "app/server.hpp"
#include "ptah/plugin/plugin.hpp"
#include "store/user_name.hpp"

namespace ptah {

namespace asio = boost::asio;

using namespace rpc;

namespace {

// Strangers come from TCP, where every process of the machine may connect. None of their limits
// touches the peers of the Unix socket, whose uid is the daemon's own.
constexpr std::size_t kMaxLocals = 512;
constexpr std::size_t kMaxMembers = 256;  ///< Of those, peers that have another uid.
constexpr std::size_t kMaxUsers = 128;
constexpr std::size_t kMaxStrangers = 64;
constexpr std::size_t kMaxStrangersOfAddress = 16;
/// Descriptors that TCP leaves to the Unix socket, to workers and to files.
constexpr rlim_t kReservedDescriptors = 64;

/// The system gives out the least free number, so a high one means that few are left.
bool descriptors_are_short(int descriptor) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
  return static_cast<rlim_t>(descriptor) + std::min(kReservedDescriptors, limit.rlim_cur / 2) >=
         limit.rlim_cur;
}

/// Says why, as far as the peer takes it at once, and closes.
void refuse(Session::Socket socket, const Error& error) {
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  const std::string line = encode_error(nullptr, error) + "\n";
  socket.write_some(asio::buffer(line), ignored);
  // Closing with unread bytes would take the words back.
  std::array<char, kMaxStrangerLine> unread;
  socket.read_some(asio::buffer(unread), ignored);
  socket.shutdown(asio::socket_base::shutdown_both, ignored);
}

bool is_own(uid_t user) {
  return user == ::getuid() || user == 0;
}

}  // namespace

std::string role_name(Role role) {
  switch (role) {
    case Role::kStranger:
      return "stranger";
    case Role::kViewer:
      return "viewer";
    case Role::kUser:
      return "user";
    case Role::kAdmin:
      return "admin";
  }
  return "stranger";
}

std::optional<Role> Server::role_of(const Peer& peer) const {
  if (is_own(peer.uid)) return Role::kAdmin;
  return peer.member ? std::optional(Role::kUser) : std::nullopt;
}

std::optional<Error> Server::refusal(const Peer& peer, int descriptor) const {
  std::size_t locals = 0, members = 0, strangers = 0, of_address = 0;
  for (const auto& session : sessions_) {
    locals += session->peer().local;
    members += session->peer().local && !is_own(session->peer().uid);
    if (session->role() != Role::kStranger) continue;
    ++strangers;
    of_address += session->peer().address == peer.address;
  }
  // Who speaks HTTP says so with each request.
  strangers += webs_.size();
  for (const auto& web : webs_) of_address += web->peer().address == peer.address;
  const auto limit = [](const char* message, const char* hint = "Try again in a while.") {
    return make_error(ErrorCode::kLimit, message, {}, hint);
  };
  if (peer.local && !role_of(peer)) {
    return make_error(
        ErrorCode::kDenied,
        "This daemon is " + own_user_name() + "'s, and " + user_name(peer.uid) +
            (options_.unix_group.empty() ? " may not use it here."
                                         : " is not in group " + options_.unix_group + "."),
        {}, "Ask " + own_user_name() + " for a token, or to let a group in (unix_group).");
  }
  if (peer.local) {
    if (members >= kMaxMembers && !is_own(peer.uid))
      return limit("The daemon has too many clients of its group.");
    if (locals >= kMaxLocals)
      return limit("The daemon has too many clients.", "Close some; `ptah server status` counts.");
    return std::nullopt;
  }
  if (strangers >= kMaxStrangers)
    return limit("Too many connections have not said who they are yet.");
  if (of_address >= kMaxStrangersOfAddress)
    return limit("Too many connections of this address have not said who they are yet.");
  if (descriptors_are_short(descriptor)) return limit("The daemon has no connection to spare.");
  return std::nullopt;
}

void Server::accept(Session::Socket socket, Peer peer) {
  if (ending_) return;
  if (const auto error = refusal(peer, socket.native_handle())) {
    ++refused_;
    // Now and then: whoever floods the port does not flood the log.
    const auto now = std::chrono::steady_clock::now();
    if (now - refusal_logged_ > std::chrono::seconds(10)) {
      refusal_logged_ = now;
      spdlog::warn("connections are refused: {}", error->message);
    }
    refuse(std::move(socket), *error);
    return;
  }
  auto session = std::make_shared<Session>(
      std::move(socket), std::move(peer), next_session_++,
      [this](const std::shared_ptr<Caller>& caller, std::string_view line) {
        methods_.dispatch(caller, line);
      },
      [this](const std::shared_ptr<Session>& ended) {
        last_busy_ = std::chrono::steady_clock::now();
        if (subscriptions_) subscriptions_->remove(ended.get());
        forget_sent(ended.get());
        sessions_.erase(ended);
      });
  const Peer& from = session->peer();
  if (from.local) {
    session->set_role(*role_of(from));
    session->set_principal(user_name(from.uid));
  }
  session->set_origin(from.local ? "unix uid " + std::to_string(from.uid) : from.address);
  if (options_.web && !from.local && !from.web) {
    session->hand_on(begins_http, [this](Session::Socket other, Peer peer) {
      speak_http(std::move(other), std::move(peer));
    });
  }
  // What a path means is the daemon's user's affair; others send their files.
  session->set_remote(!from.local || !is_own(from.uid));
  sessions_.insert(session);
  session->start(std::chrono::seconds(options_.hello_limit_s));
}

Result<Server::Admitted> Server::admit(const Peer& peer, const std::string& token) {
  if (!peer.secure) {
    const bool admin = same_token(token, admin_token_);
    if (admin || same_token(token, token_)) {
      return Admitted{admin ? Role::kAdmin : Role::kUser, own_user_name(), {}};
    }
    ++wrong_tokens_;
    return make_error(ErrorCode::kDenied, "The token is wrong.", "token",
                      "Read it from the token file beside the daemon's socket.");
  }
  const auto now = Guesses::Clock::now();
  if (const auto wait = guesses_.wait(peer.address, now); wait.count() > 0) {
    return make_error(ErrorCode::kLimit, "Too many wrong tokens came from this address.", "token",
                      "Try again in " + std::to_string(wait.count()) + " s.");
  }
  auto found = tokens_.find(token, now_ms());
  if (!found) {
    guesses_.wrong(peer.address, now);
    ++wrong_tokens_;
    spdlog::warn("{}: {}", peer.address, found.error().message);
    return found.error();
  }
  guesses_.right(peer.address);
  const auto role = choice_from_string<Role>(found.value().role, "role");
  if (!role) return role.error();
  return Admitted{role.value(), found.value().name, found.value().libraries};
}

void Server::hello(const HelloParams& params, Reply<HelloReply> reply) {
  const auto& caller = reply.caller();
  if (params.protocol != kProtocolVersion) {
    reply(make_error(ErrorCode::kUnsupported,
                     "The client speaks protocol " + std::to_string(params.protocol) +
                         ", this daemon " + std::to_string(kProtocolVersion) + ".",
                     "protocol", "Use the client and the daemon of the same Ptah."));
    return;
  }
  if (const auto* from = dynamic_cast<const Session*>(caller.get());
      !params.token.empty() && from != nullptr) {
    auto admitted = admit(from->peer(), params.token);
    if (!admitted) {
      // The table notes what is denied.
      if (admitted.error().code != ErrorCode::kDenied) {
        AuditRow row;
        row.who = caller->principal();
        row.role = role_name(caller->role());
        row.origin = caller->origin();
        row.method = "server.hello";
        row.outcome = to_string(admitted.error().code);
        row.message = admitted.error().message;
        note(std::move(row), false);
      }
      reply(admitted.error());
      return;
    }
    if (from->peer().secure) {
      spdlog::info("{} comes in from {} as {}", admitted.value().principal, from->peer().address,
                   role_name(admitted.value().role));
    }
    const auto users = std::count_if(sessions_.begin(), sessions_.end(), [](const auto& session) {
      return !session->peer().local && session->role() != Role::kStranger;
    });
    if (caller->role() == Role::kStranger && static_cast<std::size_t>(users) >= kMaxUsers) {
      reply(make_error(ErrorCode::kLimit, "The daemon has too many clients on TCP.", {},
                       "Close some, or connect to the Unix socket."));
      return;
    }
    // A connection is one principal's: a token more adds nothing to what it is already.
    if (caller->role() < admitted.value().role) {
      caller->set_role(admitted.value().role);
      caller->set_principal(std::move(admitted.value().principal));
      caller->set_libraries(std::move(admitted.value().libraries));
    }
  }
  spdlog::debug("hello from {} {}", params.client.substr(0, 64), params.version.substr(0, 32));
  HelloReply answer;
  answer.version = ptah_version();
  answer.api = std::to_string(kApiMajor) + "." + std::to_string(kApiMinor);
  answer.role = role_name(caller->role());
  answer.principal = caller->principal();
  answer.libraries = caller->libraries();
  answer.paths = caller->role() != Role::kStranger && !caller->remote();
  answer.pid = ::getpid();
  answer.max_line = static_cast<std::int64_t>(kMaxLine);
  reply(std::move(answer));
}

}  // namespace ptah
