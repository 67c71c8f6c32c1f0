/// ptah login, ptah token: daemons on the network, and who may come in.
#include <ctime>
#include <iostream>

#include "known_servers.hpp"
#include "ptah/core/run_tool.hpp"
#include "session.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

/// The libraries that a token is for.
std::string names_of(const Json& token) {
  std::string names;
  for (const Json& name : token.value("libraries", Json::array()))
    names += (names.empty() ? "" : ", ") + name.get<std::string>();
  return names;
}

int login(const Session& session, const std::string& address, const std::string& fingerprint) {
  auto server = read_address(address, "command line");
  if (server.has_error()) return fail(session, server.error());
  if (session.token_file.empty()) {
    return fail(session,
                make_error(ErrorCode::kInvalidArgument, "A login needs a token.", "--token-file",
                           "`ptah token create NAME --role ROLE` makes one where the "
                           "daemon runs; write it into a file."));
  }
  auto token = read_text_file(session.token_file, 4096);
  if (token.has_error()) return fail(session, token.error());
  server.value().token = token.value();
  server.value().token.erase(server.value().token.find_last_not_of(" \r\n") + 1);
  if (!fingerprint.empty()) {
    auto digits = read_fingerprint(fingerprint);
    if (digits.has_error()) return fail(session, digits.error());
    server.value().fingerprint = digits.value();
  }
  auto client = connect_to(server.value());
  if (client.has_error()) return fail(session, client.error());
  const auto kept = keep_server(server.value());
  if (kept.has_error()) return fail(session, kept.error());
  const std::string role = client.value().server().value("role", "");
  const Json libraries = client.value().server().value("libraries", Json::array());
  if (session.json) {
    print_line({{"server", address},
                {"role", role},
                {"principal", client.value().server().value("principal", "")},
                {"libraries", libraries},
                {"version", client.value().server().value("version", "")},
                {"fingerprint", client.value().fingerprint()},
                {"file", kept.value().string()}});
  } else {
    std::cout << address << ": ptahd " << client.value().server().value("version", "")
              << ", you are "
              << (role == "viewer"  ? "a viewer"
                  : role == "admin" ? "an admin"
                                    : "a designer")
              << (libraries.empty() ? "" : " of " + names_of(client.value().server()))
              << "\nuse it: ptah --server " << address
              << " COMMAND, or export PTAH_SERVER=" << address << "\n";
    if (!libraries.empty())
      std::cout << "and export PTAH_LIBRARY=" << libraries[0].get<std::string>() << "\n";
  }
  return kOk;
}

std::string date(std::int64_t ms) {
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm broken{};
  ::localtime_r(&seconds, &broken);
  char text[32];
  return std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &broken) > 0 ? text : "";
}

int token_create(const Session& session, const std::string& name, const std::string& role,
                 const std::vector<std::string>& libraries, const std::string& expires) {
  auto seconds = seconds_of(expires, "--expires");
  if (seconds.has_error()) return fail(session, seconds.error());
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  Json params{{"name", name}, {"role", role}, {"expires_s", seconds.value()}};
  if (!libraries.empty()) params["libraries"] = libraries;
  auto reply = client.value().call("token.create", params);
  if (reply.has_error()) return fail(session, reply.error());
  if (session.json) {
    Json line = reply.value()["info"];
    line["token"] = reply.value()["token"];
    print_line(line);
    return kOk;
  }
  // Alone on standard output: `ptah token create ... > FILE` is a token file.
  std::cout << reply.value()["token"].get<std::string>() << std::endl;
  const std::int64_t end = reply.value()["info"].value("expires_ms", std::int64_t{0});
  std::cerr << "token of " << name << ", " << role << ", "
            << (libraries.empty() ? "" : "for " + names_of(reply.value()["info"]) + ", ")
            << (end == 0 ? "without an end" : "until " + date(end))
            << "; nobody can read it again\n";
  return kOk;
}

int token_list(const Session& session) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("token.list");
  if (reply.has_error()) return fail(session, reply.error());
  Table table({"token", "role", "libraries", "made", "until", ""}, {});
  for (const Json& token : reply.value()["tokens"]) {
    if (session.json) {
      print_line(token);
      continue;
    }
    const auto end = token.value("expires_ms", std::int64_t{0});
    const bool revoked = token.value("revoked_ms", std::int64_t{0}) != 0;
    const std::string libraries = names_of(token);
    table.add({token["name"], token["role"], libraries.empty() ? "all" : libraries,
               date(token.value("created_ms", std::int64_t{0})), end == 0 ? "no end" : date(end),
               revoked                       ? "revoked"
               : token.value("valid", false) ? ""
                                             : "expired"});
  }
  if (!session.json) std::cout << table.text();
  return kOk;
}

int token_revoke(const Session& session, const std::string& name) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("token.revoke", {{"name", name}});
  if (reply.has_error()) return fail(session, reply.error());
  if (session.json) print_line(reply.value());
  return kOk;
}

}  // namespace

void add_login_commands(CLI::App& app, Session& session, int& status) {
  struct Arguments {
    std::string address, fingerprint, name, role = "designer", expires = "90d";
    std::vector<std::string> libraries;
  };
  auto arguments = std::make_shared<Arguments>();
  auto* login_command =
      app.add_subcommand("login", "Make a daemon on the network known, with your token for it");
  login_command->add_option("address", arguments->address, "HOST:PORT")->required();
  login_command->add_option("--fingerprint", arguments->fingerprint,
                            "SHA-256 of its certificate, as `ptah server status` says it there; "
                            "without, an authority of this system has to vouch for it");
  on_command(login_command, status, [&session, arguments] {
    return login(session, arguments->address, arguments->fingerprint);
  });
  auto* token =
      app.add_subcommand("token", "Who may come in from the network: create, list, revoke");
  token->require_subcommand(1);
  auto* create = token->add_subcommand("create", "Make a token, and print it");
  create->add_option("name", arguments->name, "Whose it is")->required();
  create->add_option("--role", arguments->role, "What it allows")
      ->check(CLI::IsMember({"viewer", "designer", "admin"}))
      ->capture_default_str();
  create
      ->add_option("--library", arguments->libraries,
                   "It sees this library (may be repeated) and no other; without, all")
      ->take_all();
  create->add_option("--expires", arguments->expires, "Its end: 30d, 12h, 90m, never")
      ->capture_default_str();
  on_command(create, status, [&session, arguments] {
    return token_create(session, arguments->name, arguments->role, arguments->libraries,
                        arguments->expires);
  });
  on_command(token->add_subcommand("list", "All, ended ones too"), status,
             [&session] { return token_list(session); });
  auto* revoke = token->add_subcommand("revoke", "End a token, and the connections that use it");
  revoke->add_option("name", arguments->name, "Whose it is")->required();
  on_command(revoke, status,
             [&session, arguments] { return token_revoke(session, arguments->name); });
}

}  // namespace ptah::cli
