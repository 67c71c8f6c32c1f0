// Who may come in from the network: token.*
#include <spdlog/spdlog.h>

#include "app/server.hpp"
#include "ptah/core/sha256.hpp"

namespace ptah {

using namespace rpc;

namespace {

TokenInfo info_of_token(const TokenRow& row) {
  TokenInfo info;
  info.name = row.name;
  info.role = choice_from_string<Role>(row.role, "role").value();
  info.libraries = row.libraries;
  info.created_ms = row.created_ms;
  info.expires_ms = row.expires_ms;
  info.revoked_ms = row.revoked_ms;
  info.valid = Tokens::is_valid(row, now_ms());
  return info;
}

}  // namespace

void Server::token_create(const TokenCreateParams& params, Reply<TokenCreateReply> reply) {
  if (params.libraries.size() > 64 || (params.role == Role::kAdmin && !params.libraries.empty())) {
    return reply(
        make_error(ErrorCode::kInvalidArgument,
                   params.role == Role::kAdmin
                       ? "An admin looks after all libraries: its token is limited to none."
                       : "A token can be limited to at most 64 libraries.",
                   "libraries"));
  }
  for (const std::string& library : params.libraries) {
    if (const Status status = check_id(library, "libraries"); !status) return reply(status.error());
  }
  auto secret = new_secret();
  if (!secret) return reply(secret.error());
  TokenRow row;
  row.name = params.name;
  row.role = to_string(params.role);
  row.libraries = params.libraries;
  row.hash = sha256_hex(secret.value());
  row.created_ms = now_ms();
  if (params.expires_s > 0) row.expires_ms = row.created_ms + 1000 * params.expires_s;
  store_->submit(
      StoreThread::Kind::kWrite, [row](Store& store) { store.add_token(row); },
      [this, row, secret = std::move(secret.value()), reply](auto added) {
        if (!added) return reply(added.error());
        tokens_.add(row);
        spdlog::info("token of {} ({}) made", row.name, row.role);
        TokenCreateReply answer;
        answer.info = info_of_token(row);
        answer.token = secret;
        reply(std::move(answer));
      });
}

void Server::token_list(const Nothing&, Reply<TokenListReply> reply) {
  TokenListReply answer;
  for (const TokenRow& row : tokens_.rows()) answer.tokens.push_back(info_of_token(row));
  reply(std::move(answer));
}

void Server::token_revoke(const TokenRevokeParams& params, Reply<TokenInfo> reply) {
  store_->submit(
      StoreThread::Kind::kWrite,
      [params](Store& store) { return store.revoke_token(params.name, now_ms()); },
      [this, reply](Result<TokenRow> revoked) {
        if (!revoked) return reply(revoked.error());
        const TokenRow& row = revoked.value();
        tokens_.revoke(row);
        spdlog::info("token of {} revoked", row.name);
        for (const auto& session : std::set<std::shared_ptr<Session>>(sessions_)) {
          if (session->peer().secure && session->principal() == row.name)
            session->close("its token was revoked");
        }
        reply(info_of_token(row));
      });
}

}  // namespace ptah
