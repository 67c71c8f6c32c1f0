/// ptah store: files to and from the daemon, for those who do not share its disk.
#include <iostream>

#include "session.hpp"
#include "stored_files.hpp"

namespace ptah::cli {
namespace {

int put(const Session& session, const std::string& file) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  const auto name = put_file(client.value(), file);
  if (name.has_error()) return fail(session, name.error());
  if (session.json) {
    print_line({{"file", name.value()}});
  } else {
    std::cout << name.value() << "\n";
  }
  return kOk;
}

int get(const Session& session, const std::string& name, const std::string& out) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  if (const Status status = read_file(client.value(), name, out); status.has_error())
    return fail(session, status.error());
  if (session.json) print_line({{"out", std::filesystem::absolute(out).string()}});
  return kOk;
}

}  // namespace

void add_store_commands(CLI::App& app, Session& session, int& status) {
  struct Arguments {
    std::string file, name, out;
  };
  auto arguments = std::make_shared<Arguments>();
  auto* store = app.add_subcommand("store", "Send files to the daemon, and get its files");
  store->require_subcommand(1);
  auto* sent = store->add_subcommand(
      "put", "Send a file; prints the name that requests take in place of a path, for a day");
  sent->add_option("file", arguments->file, "The file")->required()->check(CLI::ExistingFile);
  on_command(sent, status, [&session, arguments] { return put(session, arguments->file); });
  auto* received = store->add_subcommand("get", "Write a file of the store");
  received->add_option("name", arguments->name, "sha256:HASH, or the hash alone")->required();
  received->add_option("-o,--out", arguments->out, "Where")->required();
  on_command(received, status,
             [&session, arguments] { return get(session, arguments->name, arguments->out); });
}

}  // namespace ptah::cli
