/// ptah server audit, ptah server usage: who changed what, or was refused, and who has how much.
#include <chrono>
#include <ctime>
#include <iostream>

#include "session.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

std::string clock_time(std::int64_t ms) {
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm broken{};
  ::localtime_r(&seconds, &broken);
  char text[32];
  return std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &broken) > 0 ? text : "";
}

int audit(const Session& session, const std::string& who, const std::string& since, int limit) {
  Json params{{"limit", limit}};
  if (!who.empty()) params["who"] = who;
  if (!since.empty()) {
    auto seconds = seconds_of(since, "--since");
    if (seconds.has_error()) return fail(session, seconds.error());
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    params["since_ms"] =
        seconds.value() == 0 ? 0 : std::max<std::int64_t>(0, now - 1000 * seconds.value());
  }
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("server.audit", params);
  if (reply.has_error()) return fail(session, reply.error());
  Table table({"when", "who", "from", "what", "of", "outcome"}, {});
  for (const Json& record : reply.value()["records"]) {
    if (session.json) {
      print_line(record);
      continue;
    }
    const std::int64_t count = record.value("count", std::int64_t{1});
    table.add(
        {clock_time(record.value("time_ms", std::int64_t{0})), record.value("who", ""),
         record.value("from", ""), record.value("method", ""), record.value("object", ""),
         record.value("outcome", "") + (count > 1 ? ", " + std::to_string(count) + " times" : "")});
  }
  if (session.json) return kOk;
  std::cout << (table.empty() ? "nothing was noted\n" : table.text());
  if (reply.value().value("more", false)) std::cerr << "There are older ones: --limit, --since.\n";
  return kOk;
}

/// "3", or with a limit "3 of 8".
std::string amount(double has, double most, int digits = 0) {
  return number(has, digits) + (most > 0 ? " of " + number(most, 0) : "");
}

int usage(const Session& session) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("server.usage");
  if (reply.has_error()) return fail(session, reply.error());
  using Align = Table::Align;
  Table table({"who", "jobs", "chains", "MB"},
              {Align::kLeft, Align::kRight, Align::kRight, Align::kRight});
  for (const Json& one : reply.value()["principals"]) {
    if (session.json) {
      print_line(one);
      continue;
    }
    table.add({one["who"], amount(one["jobs"], one["most_jobs"]),
               amount(one["tasks"], one["most_tasks"]),
               amount(one["bytes"].get<double>() / 1e6, one["most_mb"], 1)});
  }
  if (!session.json) std::cout << (table.empty() ? "nobody has jobs\n" : table.text());
  return kOk;
}

}  // namespace

void add_account_commands(CLI::App& server, Session& session, int& status) {
  struct Arguments {
    std::string who, since;
    int limit = 100;
  };
  on_command(server.add_subcommand("usage", "Who has how many jobs, chains and MB, and may have"),
             status, [&session] { return usage(session); });
  auto arguments = std::make_shared<Arguments>();
  auto* command = server.add_subcommand(
      "audit", "Who changed what, and who was refused; the newest last (administrators)");
  command->add_option("--who", arguments->who, "Only what this principal did");
  command->add_option("--since", arguments->since, "Only of so long: 30d, 12h, 90m");
  command->add_option("--limit", arguments->limit, "At most so many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  on_command(command, status, [&session, arguments] {
    return audit(session, arguments->who, arguments->since, arguments->limit);
  });
}

}  // namespace ptah::cli
