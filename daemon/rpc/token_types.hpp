/// Requests and replies of token.*: the texts here are the reference.
#pragma once

#include "rpc/caller.hpp"
#include "rpc/choice.hpp"
#include "rpc/fields.hpp"

namespace ptah {

/// What a token can make of a connection, in the words of people.
template <>
struct Choices<rpc::Role> {
  static constexpr std::array<NamedChoice<rpc::Role>, 3> kNames{{{rpc::Role::kViewer, "viewer"},
                                                                 {rpc::Role::kUser, "designer"},
                                                                 {rpc::Role::kAdmin, "admin"}}};
};

namespace rpc {

struct TokenInfo {
  std::string name;
  Role role = Role::kViewer;
  std::vector<std::string> libraries;
  std::int64_t created_ms = 0, expires_ms = 0, revoked_ms = 0;
  bool valid = false;
  template <class V>
  void describe(V& v) {
    v.required("name", name, "Whose it is: connections that use it are logged by it.");
    v.required("role", role,
               "What it allows: a viewer sees, a designer works, an admin looks after the daemon.");
    v.required("libraries", libraries, "The libraries that there are for it; none: all.");
    v.required("created_ms", created_ms, "When it was made (milliseconds since 1970).");
    v.required("expires_ms", expires_ms, "When it ends; 0: never.");
    v.required("revoked_ms", revoked_ms, "When it was revoked; 0: it was not.");
    v.required("valid", valid, "Whether it lets anybody in now.");
  }
};
struct TokenCreateParams {
  std::string name;
  Role role = Role::kViewer;
  std::vector<std::string> libraries;
  std::int64_t expires_s = 90 * 86400;
  template <class V>
  void describe(V& v) {
    v.required("name", name, "Whose it is.", token_name());
    v.required("role", role, "What it allows.");
    v.optional(
        "libraries", libraries,
        "It sees only what is in these libraries, and writes nowhere else, at most 64. None: "
        "all. An admin's has none.",
        token_name());
    v.optional("expires_s", expires_s, "Seconds from now to its end; 0: never.",
               Range{0, 3650LL * 86400});
  }
  static constexpr Range token_name() {
    Range range = at_most(64);
    range.form = TextForm::kName;
    return range;
  }
};
struct TokenCreateReply {
  TokenInfo info;
  std::string token;
  template <class V>
  void describe(V& v) {
    v.required("token", token, "The secret. It is not kept: nobody can read it again.");
    v.required("info", info, "What is known of it.");
  }
};
struct TokenListReply {
  std::vector<TokenInfo> tokens;
  template <class V>
  void describe(V& v) {
    v.required("tokens", tokens, "All, by name, ended ones too.");
  }
};
struct TokenRevokeParams {
  std::string name;
  template <class V>
  void describe(V& v) {
    v.required("name", name, "Whose it is.", TokenCreateParams::token_name());
  }
};

}  // namespace rpc
}  // namespace ptah
