/// ptah doctor: what is installed, which versions, what works, and what to do about the rest.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <regex>

#include "install.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/core/write_fence.hpp"
#include "session.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

namespace fs = std::filesystem;

struct Finding {
  std::string what;
  bool fine = false;
  bool needed = true;  ///< Whether Ptah's main job needs it.
  std::string detail;
  std::string advice;
};

struct Tool {
  const char* name;
  const char* package;
  std::vector<std::string> arguments;
  const char* version;  ///< A pattern; its first group is the version.
  bool needed;
};

const std::vector<Tool>& tools() {
  static const std::vector<Tool> list{
      {"magic", "magic", {"-dnull", "-noconsole", "--version"}, R"((\d+\.\d+\.\d+))", true},
      {"netgen-lvs", "netgen-lvs", {"-batch", "quit"}, R"(Netgen (\d+\.\d+\.\d+))", true},
      {"ngspice", "ngspice", {"--version"}, R"(ngspice-(\d+(?:\.\d+)*))", true},
      {"klayout", "klayout", {"-v"}, R"(KLayout (\d+\.\d+(?:\.\d+)*))", false},
  };
  return list;
}

Finding check_tool(const Tool& tool) {
  Finding finding{tool.name, false, tool.needed, "",
                  std::string("sudo apt install ") + tool.package};
  auto program = find_tool(tool.name, tool.package);
  if (program.has_error()) {
    finding.detail = "not installed";
    return finding;
  }
  SimpleJobContext job;
  auto scratch = ScratchDir::create(fs::temp_directory_path(), "ptah-doctor");
  if (scratch.has_error()) {
    finding.detail = scratch.error().text();
    return finding;
  }
  ToolRun run;
  run.program = program.value();
  run.arguments = tool.arguments;
  run.directory = scratch.value().path();
  run.wall_limit_s = 20;
  run.environment["QT_QPA_PLATFORM"] = "offscreen";
  auto output = run_tool(run, job);
  std::smatch match;
  if (output.has_value()) {
    const std::string text = output.value().out + output.value().err;
    if (std::regex_search(text, match, std::regex(tool.version))) finding.detail = match[1].str();
  }
  finding.fine = !finding.detail.empty();
  if (finding.fine) {
    finding.advice.clear();
    finding.detail += "  " + program.value().string();
  } else {
    finding.detail = output.has_error() ? output.error().text() : "does not say its version";
    finding.advice = "Does `" + program.value().string() + "` start by hand?";
  }
  return finding;
}

/// Ours, and nobody else can put a plugin there.
void check_folder(const fs::path& folder, Finding& finding) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) return;
  const bool owned = info.st_uid == ::getuid() || info.st_uid == 0;
  if (owned && (info.st_mode & 022) == 0) return;
  finding.fine = false;
  finding.detail = folder.string() + (owned ? " is open to other users" : " is somebody else's");
  finding.advice = "chmod go-w " + folder.string() +
                   ": plugins load only from folders that nobody "
                   "else can write.";
}

/// What the daemon has loaded; its folders must be trusted ones.
Finding check_plugins(const Session& session) {
  Finding finding{"plugins", true, true, "", ""};
  auto client = session.connect(false);
  if (client.has_error()) {
    finding.needed = false;
    finding.fine = false;
    finding.detail = "not known: no daemon runs";
    return finding;
  }
  auto list = client.value().call("plugin.list");
  if (list.has_error()) {
    finding.fine = false;
    finding.detail = list.error().text();
    return finding;
  }
  std::size_t ready = 0;
  for (const Json& plugin : list.value()["plugins"]) {
    if (plugin["state"] == "ready") {
      ++ready;
    } else if (plugin["state"] == "unavailable" && finding.fine) {
      finding.fine = false;
      finding.detail = plugin["file"].get<std::string>() + ": " + plugin.value("reason", "");
      finding.advice = "Build it for this Ptah, or remove it; `ptah plugins` lists all.";
    }
  }
  if (finding.fine) finding.detail = std::to_string(ready) + " ready";
  for (const Json& folder : list.value()["directories"]) {
    if (finding.fine) check_folder(folder.get<std::string>(), finding);
  }
  return finding;
}

/// Whether the daemon could offer all models and datasets that come with Ptah.
Finding check_shipped(const Session& session) {
  Finding finding{"shipped models", false, false, "", ""};
  auto client = session.connect(false);
  if (client.has_error()) {
    finding.detail = "not known: no daemon runs";
    return finding;
  }
  // Answered when they are there, or when it is known that they are not.
  auto count = [&](const char* method, const char* field) {
    auto list = client.value().call(method, {{"limit", 1000}});
    std::size_t shipped = 0;
    if (list.has_value()) {
      for (const Json& one : list.value()[field]) shipped += one.value("shipped", false) ? 1 : 0;
    }
    return shipped;
  };
  const std::size_t datasets = count("dataset.list", "datasets"),
                    models = count("model.list", "models");
  auto status = client.value().call("server.status");
  if (status.has_error()) {
    finding.detail = status.error().text();
    return finding;
  }
  const Json problems = status.value().value("shipped_problems", Json::array());
  finding.fine = problems.empty();
  finding.detail = finding.fine ? std::to_string(models) + " models and " +
                                      std::to_string(datasets) + " datasets"
                                : problems[0].get<std::string>();
  if (problems.size() > 1)
    finding.detail += " (and " + std::to_string(problems.size() - 1) + " more)";
  if (!finding.fine)
    finding.advice = "Install Ptah again; the daemon looks at its next start (`ptah server stop`).";
  return finding;
}

/// The flow's shipped circuits and the embedded technology, as a plan shows them to work.
Finding check_technology(const Session& session) {
  Finding finding{"technology", false, false, "", ""};
  auto client = session.connect(false);
  if (client.has_error()) {
    finding.detail = "not known: no daemon runs";
    return finding;
  }
  auto plan = client.value().call(
      "flow.plan", {{"spec", {{"circuit", "five_transistors_ota"}, {"assignments", 0}}}});
  finding.fine = plan.has_value();
  finding.needed = plan.has_error();
  finding.detail = plan.has_value() ? "ptah130, circuits and flows" : plan.error().text();
  if (plan.has_error()) finding.advice = "Is Ptah installed completely? `ptah circuits` asks, too.";
  return finding;
}

Finding check_token(const Session& session) {
  const fs::path folder = session.launch.socket.parent_path();
  Finding finding{"token files", true, true, "", ""};
  for (const char* name : {"token", "admin-token"}) {
    struct stat info {};
    const fs::path file = folder / name;
    if (::stat(file.c_str(), &info) != 0) continue;
    if (info.st_uid != ::getuid() || (info.st_mode & 077) != 0) {
      finding.fine = false;
      finding.detail = file.string() + " is open to other users";
      finding.advice =
          "rm " + file.string() + " && ptah server stop: the next one makes a new token.";
      return finding;
    }
    finding.detail += (finding.detail.empty() ? "" : ", ") + file.string();
  }
  if (finding.detail.empty()) finding.detail = "none yet: the daemon makes them";
  return finding;
}

Finding check_editor(const char* what, const char* editor, const Result<EditorPackage>& package) {
  Finding finding{what, false, false, "", ""};
  const std::string install = std::string("ptah install ") + editor;
  if (package.has_error()) {
    finding.detail = package.error().text();
  } else if (!package.value().installed) {
    finding.detail = "not installed";
    finding.advice = install;
  } else {
    finding.fine = package.value().current;
    finding.detail = package.value().found + "  " + package.value().place.string();
    if (!finding.fine) finding.advice = install + ": they are of another Ptah.";
  }
  return finding;
}

Finding check_pdk() {
  Finding finding{"PDK_ROOT", false, false, "", ""};
  const char* root = std::getenv("PDK_ROOT");
  if (root == nullptr || *root == '\0') {
    finding.detail = "not set: the embedded technology ptah130 is used";
    finding.advice = "Only for --tech sky130A: set PDK_ROOT to the folder that holds sky130A.";
    return finding;
  }
  const fs::path pdk = fs::path(root) / "sky130A";
  for (const char* part : {"libs.tech/magic/sky130A.tech", "libs.tech/ngspice/sky130.lib.spice"}) {
    if (!fs::exists(pdk / part)) {
      finding.detail = (pdk / part).string() + " is missing";
      finding.advice =
          "Point PDK_ROOT at a complete installation of sky130A (volare, ciel, open_pdks).";
      return finding;
    }
  }
  finding.fine = true;
  finding.detail = pdk.string();
  return finding;
}

Finding check_daemon(const Session& session) {
  Finding finding{"ptahd", false, false, "", ""};
  auto client = session.connect(false);
  if (client.has_error()) {
    finding.detail = client.error().message;
    finding.advice = "The next command that needs it starts one; or `ptah server start`.";
    return finding;
  }
  finding.fine = true;
  finding.detail =
      client.value().server().value("version", "") + "  " + session.launch.socket.string();
  if (client.value().server().value("version", "") != PTAH_VERSION) {
    finding.fine = false;
    finding.advice = "The daemon is of another version than this program: `ptah server stop`.";
  }
  return finding;
}

Finding check_socket_folder(const Session& session) {
  const fs::path folder = session.launch.socket.parent_path();
  Finding finding{"socket folder", true, true, folder.string(), ""};
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) return finding;  // made when the daemon starts
  if (info.st_uid != ::getuid() || (info.st_mode & 077) != 0) {
    finding.fine = false;
    finding.detail += " is open to other users";
    finding.advice = "chmod 700 " + folder.string();
  }
  return finding;
}

/// Whether plugins and tools are kept from files that are not theirs.
Finding check_landlock() {
  Finding finding{"Landlock", false, false, "", ""};
  const int version = landlock_version();
  finding.fine = version >= 3;
  if (finding.fine) {
    finding.detail = "version " + std::to_string(version) + ": workers and tools write only to " +
                     "folders of their own";
  } else if (version > 0) {
    finding.detail = "version " + std::to_string(version) +
                     ": workers and tools can still empty (truncate) files of yours";
    finding.advice = "Linux 6.2 or newer closes that.";
  } else {
    finding.detail = "not offered by this kernel: workers and tools can change any file of yours";
    finding.advice = "Linux 5.13 or newer with Landlock keeps them to folders of their own.";
  }
  return finding;
}

int doctor(const Session& session) {
  std::vector<Finding> findings;
  for (const Tool& tool : tools()) findings.push_back(check_tool(tool));
  findings.push_back(check_pdk());
  findings.push_back(check_landlock());
  findings.push_back(check_socket_folder(session));
  findings.push_back(check_token(session));
  findings.push_back(check_daemon(session));
  findings.push_back(check_plugins(session));
  findings.push_back(check_shipped(session));
  findings.push_back(check_technology(session));
  findings.push_back(check_editor("KLayout macros", "klayout", klayout_package()));
  findings.push_back(check_editor("Magic macros", "magic", magic_package()));
  bool healthy = true, tool_missing = false;
  const auto is_tool = [](const Finding& finding) {
    return std::any_of(tools().begin(), tools().end(),
                       [&](const Tool& tool) { return finding.what == tool.name; });
  };
  Table table({"", "what", "found"}, {});
  Json list = Json::array();
  for (const Finding& finding : findings) {
    if (finding.needed && !finding.fine) {
      healthy = false;
      tool_missing = tool_missing || is_tool(finding);
    }
    table.add({finding.fine ? "ok" : finding.needed ? "FAIL" : "-", finding.what, finding.detail});
    if (!finding.advice.empty()) table.add({"", "", "-> " + finding.advice});
    list.push_back({{"what", finding.what},
                    {"ok", finding.fine},
                    {"needed", finding.needed},
                    {"found", finding.detail},
                    {"advice", finding.advice}});
  }
  if (session.json) {
    print_line({{"healthy", healthy}, {"version", PTAH_VERSION}, {"findings", list}});
  } else {
    std::cout << "ptah " << PTAH_VERSION << "\n"
              << table.text()
              << (healthy ? "everything the main job needs is here\n"
                          : "something needed is missing\n");
  }
  return tool_missing ? kToolMissing : healthy ? kOk : kUnclean;
}

}  // namespace

void add_doctor_command(CLI::App& app, Session& session, int& status) {
  auto* command = app.add_subcommand("doctor", "What is installed, and what to do about the rest");
  on_command(command, status, [&session] { return doctor(session); });
}

}  // namespace ptah::cli
