/// A worker that does what its task says, for tests of the daemon: speaks the worker's protocol
/// (docs/architecture.md) and knows nothing of circuits. A client's spec has the fields of the
/// protocol: what it says stands in the file that it names as `netlist` or `gds`.
///
/// plan: {"circuit": C, "chains": [chain...]} -> that. circuits: -> {"circuits": ["fake"]}.
/// chain: {"name", "variants": N (last variant), "ms": a variant's time, "tries": for each variant,
///   as its progress tells, "bytes": size of its file, "at": K with "do": "crash" | "exit" | "hang"
///   | "hog" | "abort" | "term" | "garbage" | "error" | "scream" | "outside" | "orphan" | "long" |
///   "say" (the text "line")} Writes one GDS-like file and a state a variant; their bytes depend on
///   name and number alone. Resumes from `resume`. "folder": where its layouts lie below `out`.
///   "costs": of its records, by variant.
/// check: {"do": ...} -> {"ok": true}. render: {"name"} writes a file -> {"drawn": true}, in
/// `files`.
///
/// A plugin file whose text holds "ptah-test-bad" fails the self-test; "-refuse" is refused;
/// "-crash" crashes at its load, "-hang" does not come to its end, and "-forge" writes a line of
/// its own.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using Json = nlohmann::json;

namespace {

int channel = 3;
std::string input;
std::string task;
bool cancelled = false;
bool quitting = false;

void say(Json event) {
  if (!task.empty() && !event.contains("task")) event["task"] = task;
  const std::string line = event.dump() + "\n";
  std::size_t sent = 0;
  while (sent < line.size()) {
    const ssize_t got = ::write(channel, line.data() + sent, line.size() - sent);
    if (got <= 0) ::_exit(0);
    sent += static_cast<std::size_t>(got);
  }
}

/// The next message; null when none came in time.
Json listen_for(int ms) {
  for (;;) {
    const auto end = input.find('\n');
    if (end != std::string::npos) {
      Json message = Json::parse(input.substr(0, end));
      input.erase(0, end + 1);
      return message;
    }
    pollfd waiting{channel, POLLIN, 0};
    if (::poll(&waiting, 1, ms) == 0) return nullptr;
    char buffer[65536];
    const ssize_t got = ::read(channel, buffer, sizeof(buffer));
    if (got <= 0) ::_exit(0);  // The daemon is gone.
    input.append(buffer, static_cast<std::size_t>(got));
  }
}

/// Works for so long, hearing a cancel.
void work(int ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  do {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                          end - std::chrono::steady_clock::now())
                          .count();
    const Json message = listen_for(static_cast<int>(std::max<std::int64_t>(0, left)));
    if (message.is_null()) return;
    if (message.contains("cancel")) cancelled = true;
    if (message.contains("quit")) quitting = true;
  } while (std::chrono::steady_clock::now() < end && !cancelled);
}

/// Past the handlers that a sanitizer puts in place.
void die_of_a_fault() {
  ::signal(SIGSEGV, SIG_DFL);
  ::raise(SIGSEGV);
}

/// The error of a plugin that quotes everything it knows.
void scream() {
  const std::string words(4 << 20, 'A');
  say({{"event", "error"},
       {"error",
        {{"code", "plugin_failed"}, {"message", words}, {"where", words}, {"hint", words}}}});
}

void misbehave(const std::string& what, const std::string& scratch, const Json& spec) {
  if (what == "crash") {
    std::cerr << "fake backtrace: place() at fake.cpp:1" << std::endl;
    die_of_a_fault();
  } else if (what == "abort") {
    std::abort();
  } else if (what == "exit") {
    ::_exit(3);
  } else if (what == "term") {
    ::raise(SIGTERM);
  } else if (what == "hang") {
    for (;;) ::pause();
  } else if (what == "hog") {
    for (;;) {
      auto* block = new char[16 << 20];
      std::memset(block, 1, 16 << 20);
    }
  } else if (what == "garbage") {
    (void)!::write(channel, "this is no event\n", 17);
    ::pause();
  } else if (what == "say") {
    const std::string line = spec["line"].get<std::string>() + "\n";
    (void)!::write(channel, line.data(), line.size());
    work(60'000);
  } else if (what == "long") {
    const std::string bytes(1 << 20, 'x');
    while (::write(channel, bytes.data(), bytes.size()) > 0) continue;
    ::_exit(0);
  } else if (what == "outside") {
    say({{"event", "variant"},
         {"variant", 0},
         {"record", Json::object()},
         {"files", Json::array({{{"role", "gds"}, {"path", "/etc/passwd"}}})}});
    work(60'000);
  } else if (what == "escape") {
    std::ofstream(scratch + "/x") << "x";
    say({{"event", "variant"},
         {"variant", 0},
         {"record", Json::object()},
         {"files",
          Json::array(
              {{{"role", "gds"}, {"path", scratch + "/x"}, {"dataset", "../../escaped"}}})}});
    work(60'000);
  } else if (what == "orphan") {
    // An outside tool in a group of its own, left behind by a crash.
    if (::fork() == 0) {
      ::setpgid(0, 0);
      ::close(channel);
      std::ofstream(scratch + "/../../orphan.pid") << ::getpid() << std::flush;
      for (;;) ::pause();
    }
    work(100);
    die_of_a_fault();
  }
}

Json file(const std::string& scratch, const std::string& name, const std::string& text,
          const std::string& role, const std::string& dataset) {
  std::ofstream stream(scratch + "/" + name, std::ios::binary);
  stream << text << std::flush;
  if (!stream) {
    say({{"event", "error"},
         {"error",
          {{"code", "io"},
           {"message", "No space left on device"},
           {"where", scratch},
           {"hint", "Free some space there, then go on with job.resume."}}}});
    std::_Exit(0);
  }
  return {{"role", role}, {"path", scratch + "/" + name}, {"dataset", dataset}};
}

/// What stages report of a chain that tries `times` times for a variant: each try routes and judges
/// anew, and so its bar falls back within the variant's share. The chain of daemon/flow holds it
/// where it was, but only while it lives: tried again, it begins below what it had told.
void tell_tries(int variant, int last, int times) {
  for (int i = 0; i < times; ++i) {
    for (const double part : {0.3, 0.5, 0.9}) {
      say({{"event", "progress"},
           {"fraction", (variant + part) / (last + 1.0)},
           {"message", "variant " + std::to_string(variant)}});
    }
  }
}

void chain(Json spec, const std::string& scratch) {
  if (spec.contains("common")) {
    Json common = Json::parse(std::ifstream(spec["common"].get<std::string>()));
    common.update(spec);
    spec = std::move(common);
  }
  const std::string name = spec.value("name", "a");
  const int last = spec.value("variants", 2);
  int first = 0;
  if (spec.contains("resume")) {
    first = spec["resume"]["variant"].get<int>() + 1;
    std::ifstream state(spec["resume"]["files"]["state"].get<std::string>());
    std::string text;
    std::getline(state, text);
    if (text != name + " state " + std::to_string(first - 1)) {
      say({{"event", "error"},
           {"error", {{"code", "internal"}, {"message", "wrong state: " + text}}}});
      return;
    }
  }
  for (int variant = first; variant <= last && !cancelled; ++variant) {
    say({{"event", "stage"}, {"stage", "router"}, {"plugin", "maze 9.9"}});
    tell_tries(variant, last, spec.value("tries", 2));
    work(spec.value("ms", 5));
    if (cancelled) break;
    if (spec.value("at", -1) == variant) {
      const std::string what = spec.value("do", "crash");
      if (what == "error") {
        say({{"event", "error"},
             {"error",
              {{"code", "infeasible"},
               {"message", "No way through."},
               {"where", "net vout"},
               {"hint", "Try again."}}}});
        return;
      }
      if (what == "scream") {
        scream();
        return;
      }
      misbehave(what, scratch, spec);
    }
    std::string gds = name + " variant " + std::to_string(variant) + "\n";
    const auto bytes = spec.value("bytes", std::size_t{0});
    while (gds.size() < bytes) gds += gds;
    const std::string number = std::to_string(variant);
    const std::string folder = spec.value("folder", "data/fake/layouts/" + name) + "/";
    Json files = Json::array(
        {file(scratch, "v" + number + ".gds", gds, "gds", folder + "v" + number + ".gds"),
         file(scratch, "state" + number, name + " state " + number, "state", "")});
    Json record{{"variant", variant}, {"name", name}, {"drc", 0}};
    if (spec.contains("costs"))
      record["cost"] = spec["costs"].at(static_cast<std::size_t>(variant));
    say({{"event", "variant"}, {"variant", variant}, {"record", record}, {"files", files}});
    say({{"event", "log"}, {"level", "info"}, {"message", name + " " + number}});
  }
  if (cancelled) {
    say({{"event", "error"}, {"error", {{"code", "cancelled"}, {"message", "stopped"}}}});
  } else {
    say({{"event", "done"}, {"result", {{"name", name}}}});
  }
}

/// What a spec says: the script in its file, or, of chains and jobs of older servers, itself.
Json script_of(const Json& spec) {
  for (const char* field : {"netlist", "gds"}) {
    if (!spec.contains(field)) continue;
    std::ifstream stream(spec[field].get<std::string>());
    const Json script = Json::parse(stream, nullptr, false);
    if (script.is_object()) return script;
  }
  return spec;
}

void run(const Json& message, const std::vector<std::string>& plugin_texts) {
  task = message["task"];
  cancelled = false;
  const std::string kind = message["kind"];
  const Json spec = kind == "chain" ? message["spec"] : script_of(message["spec"]);
  const std::string scratch = message["scratch"];
  if (kind == "selftest") {
    for (const std::string& text : plugin_texts) {
      if (text.find("ptah-test-bad") != std::string::npos) {
        say({{"event", "error"},
             {"error", {{"code", "plugin_failed"}, {"message", "the self-test says no"}}}});
        task.clear();
        return;
      }
    }
    say({{"event", "done"}, {"result", Json::object()}});
  } else if (kind == "plan") {
    work(spec.value("plan_ms", 0));
    if (spec.contains("plan_do")) misbehave(spec["plan_do"], scratch, spec);
    if (cancelled) {
      say({{"event", "error"}, {"error", {{"code", "cancelled"}, {"message", "stopped"}}}});
    } else if (spec.contains("plan_result")) {
      say({{"event", "done"}, {"result", spec["plan_result"]}});
    } else if (spec.value("many", 0) > 0) {
      Json chains = Json::array();
      for (int i = 0; i < spec["many"]; ++i) chains.push_back({{"name", "c" + std::to_string(i)}});
      say({{"event", "done"},
           {"result",
            {{"circuit", "fake"},
             {"chains", std::move(chains)},
             {"common",
              {{"variants", 0},
               {"ms", 0},
               {"netlist", std::string(spec.value("netlist_bytes", 0), 'n')}}}}}});
    } else if (spec.contains("plan_error")) {
      say({{"event", "error"},
           {"error",
            {{"code", "parse"},
             {"message", "The netlist is no netlist."},
             {"where", "ota.sp:3"}}}});
    } else {
      say({{"event", "done"},
           {"result",
            {{"circuit", spec.value("circuit", "fake")},
             {"count", 512},
             {"chains", spec.value("chains", Json::array())},
             {"dataset",
              Json::array({{{"path", "netlists/fake/template.sp"}, {"text", "* fake\n"}}})}}}});
    }
  } else if (kind == "circuits") {
    say({{"event", "done"}, {"result", {{"circuits", {"fake"}}}}});
  } else if (kind == "chain") {
    chain(spec, scratch);
  } else {
    work(spec.value("ms", 0));
    const bool screams = spec.value("do", "") == "scream";
    if (spec.contains("do")) misbehave(spec["do"], scratch, spec);
    if (screams) {
      scream();
    } else if (cancelled) {
      say({{"event", "error"}, {"error", {{"code", "cancelled"}, {"message", "stopped"}}}});
    } else if (kind.starts_with("score.")) {
      say({{"event", "done"}, {"result", {{"circuit", 7}}}});
    } else if (kind == "render") {
      say({{"event", "done"},
           {"result", {{"drawn", true}}},
           {"files", Json::array({file(scratch, "p.svg", "<svg/>", "picture",
                                       spec.value("name", "layout.svg"))})}});
    } else {
      say({{"event", "done"}, {"result", {{"ok", true}}}});
    }
  }
  task.clear();
}

}  // namespace

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_limit{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &no_limit);
  std::vector<std::string> plugins;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string(argv[i]) == "--plugins") {
      std::stringstream list(argv[i + 1]);
      for (std::string item; std::getline(list, item, ',');) plugins.push_back(item);
    }
  }
  Json listed = Json::array();
  Json refused = Json::array();
  std::vector<std::string> texts;
  for (const std::string& plugin : plugins) {
    std::ifstream stream(plugin, std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    texts.push_back(text.str());
    say({{"event", "stage"}, {"stage", "loading"}, {"plugin", plugin}});
    if (texts.back().find("ptah-test-hang") != std::string::npos) {
      for (;;) ::pause();
    }
    if (texts.back().find("ptah-test-forge") != std::string::npos) {
      const std::string line = "{\"event\":\"ready\",\"plugins\":[{\"file\":7}],\"refused\":7}\n";
      (void)!::write(channel, line.data(), line.size());
    }
    if (texts.back().find("ptah-test-crash") != std::string::npos) die_of_a_fault();
    if (texts.back().find("ptah-test-refuse") != std::string::npos) {
      refused.push_back(
          {{"file", plugin},
           {"error",
            {{"code", "plugin_failed"}, {"message", "refused at its load"}, {"where", plugin}}}});
    } else {
      listed.push_back({{"file", plugin}, {"options", Json::array()}});
    }
  }
  say({{"event", "ready"}, {"pid", ::getpid()}, {"plugins", listed}, {"refused", refused}});
  while (!quitting) {
    const Json message = listen_for(-1);
    if (message.contains("quit")) break;
    if (message.contains("task")) run(message, texts);
  }
  return 0;
}
