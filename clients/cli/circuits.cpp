/// ptah circuits, ptah permutations, ptah plan
#include <iostream>

#include "notes_view.hpp"
#include "session.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

using Align = Table::Align;

std::string joined(const Json& list) {
  std::string text;
  for (const Json& item : list) {
    text += (text.empty() ? "" : " ") + (item.is_string() ? item.get<std::string>() : item.dump());
  }
  return text;
}

int circuits(const Session& session) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("library.circuits");
  if (reply.has_error()) return fail(session, reply.error());
  const Json list = reply.value()["result"]["circuits"];
  if (session.json) {
    for (const Json& circuit : list) print_line(circuit);
    return kOk;
  }
  Table table({"circuit", "fingers", "what it is"}, {});
  for (const Json& circuit : list) {
    table.add({circuit["name"], joined(circuit["allowed_fingers"]), circuit["title"]});
  }
  std::cout << table.text();
  return kOk;
}

Result<Json> plan(const Session& session, const CircuitArguments& arguments, Json spec) {
  PTAH_TRY(arguments.fill(spec));
  PTAH_TRY(auto client, session.connect());
  PTAH_TRY(auto reply, client.call("flow.plan", {{"spec", spec}}));
  return reply["result"];
}

int permutations(const Session& session, const CircuitArguments& arguments, bool count_only,
                 std::int64_t first) {
  Json spec{{"assignments", 0}};
  if (!count_only) {
    spec.erase("assignments");
    Json indices = Json::array();
    for (std::int64_t i = 0; i < first; ++i) indices.push_back(i);
    // The count is not known yet: ask for it, then for no more than there are.
    auto counted = plan(session, arguments, {{"assignments", 0}});
    if (counted.has_error()) return fail(session, counted.error());
    while (!indices.empty() && indices.back() >= counted.value()["count"])
      indices.erase(indices.size() - 1);
    spec["indices"] = indices;
  }
  auto planned = plan(session, arguments, spec);
  if (planned.has_error()) return fail(session, planned.error());
  const Json& result = planned.value();
  if (count_only) {
    if (session.json) {
      print_line({{"circuit", result["circuit"]},
                  {"count", result["count"]},
                  {"groups", result["groups"]},
                  {"allowed_fingers", result["allowed_fingers"]}});
    } else {
      std::cout << result["count"] << "\n";
    }
    return kOk;
  }
  Table table({"assignment", "fingers"}, {Align::kRight, Align::kLeft});
  for (const Json& chain : result["chains"]) {
    std::string fingers;
    for (const auto& [device, count] : chain["fingers"].items()) {
      fingers += (fingers.empty() ? "" : ",") + device + "=" + count.dump();
    }
    if (session.json) {
      print_line({{"assignment", chain["assignment"]}, {"fingers", chain["fingers"]}});
    } else {
      table.add({chain["assignment"].dump(), fingers});
    }
  }
  if (!session.json) {
    std::cout << table.text() << "of " << result["count"] << "\n";
  }
  return kOk;
}

std::string um(const Json& size) {
  return size.is_number() && size > 0 ? plain(size) : "";
}

/// Values of capacitors and resistors, areas of diodes.
std::string value_text(const Json& device) {
  if (device.contains("farad")) return engineering(device["farad"], "F");
  if (device.contains("area_um2")) return plain(device["area_um2"]) + " um^2";
  return device.contains("ohm") ? engineering(device["ohm"], "ohm") : "";
}

std::string devices_table(const Json& devices) {
  Table table({"device", "kind", "W um", "nf", "m", "W total um", "L um", "value", "model"},
              {Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight,
               Align::kRight, Align::kRight, Align::kRight, Align::kLeft});
  for (const Json& device : devices) {
    const Json fingers = device.value("nf", Json(""));
    table.add({device["name"], device["kind"], um(device["w_um"]),
               fingers.is_null()     ? "free"
               : fingers.is_string() ? ""
                                     : fingers.dump(),
               device["m"].dump(), um(device.value("w_total_um", Json())), um(device["l_um"]),
               value_text(device), device["model"]});
  }
  return table.text();
}

std::string groups_text(const Json& groups) {
  std::string text;
  for (const Json& group : groups) text += "  {" + joined(group) + "}";
  return text;
}

void print_notes(const Json& notes) {
  if (const std::string changes = changes_text(notes); !changes.empty())
    std::cout << "\n" << changes;
  for (const Json& note : notes) {
    if (!note["to"].get<std::string>().empty()) continue;
    const std::string device = note["device"];
    std::cout << "note: " << (device.empty() ? "" : device + ": ")
              << note["what"].get<std::string>() << "\n";
  }
}

int show_plan(const Session& session, const CircuitArguments& arguments) {
  auto planned = plan(session, arguments, {{"assignments", 0}});
  if (planned.has_error()) return fail(session, planned.error());
  const Json& result = planned.value();
  if (session.json) {
    Json brief = result;
    brief.erase("chains");
    brief.erase("dataset");
    print_line(brief);
    return kOk;
  }
  std::cout << result["circuit"].get<std::string>() << ": " << result["devices"].size()
            << " devices, " << result["nets"] << " nets, ports " << joined(result["ports"])
            << "\n\n";
  std::cout << devices_table(result["devices"]);
  if (!result["params"].empty()) {
    std::cout << "\nparameters given:";
    for (const auto& [name, value] : result["params"].items()) {
      std::cout << "  " << name << "=" << value.get<std::string>();
    }
    std::cout << "\n";
  }
  if (!result["matched"].empty())
    std::cout << "\nmatched groups:" << groups_text(result["matched"]);
  std::cout << "\nfinger groups: " << groups_text(result["groups"]);
  std::cout << "\nallowed counts: " << joined(result["allowed_fingers"])
            << "\nassignments:    " << result["count"] << "\n";
  for (const Json& spec : result.value("specs", Json::array()))
    std::cout << "spec:           " << spec.get<std::string>() << "\n";
  if (result.value("sources", Json()).is_array()) {
    Table files({"file", "bytes", "SHA-256"}, {Align::kLeft, Align::kRight, Align::kLeft});
    for (const Json& file : result["sources"])
      files.add({file["name"], file["bytes"].dump(), file["sha256"]});
    std::cout << "\n" << files.text();
  }
  print_notes(result["notes"]);
  return kOk;
}

}  // namespace

void add_circuit_commands(CLI::App& app, Session& session, int& status) {
  auto* list = app.add_subcommand("circuits", "List the shipped circuits");
  on_command(list, status, [&session] { return circuits(session); });

  struct PermutationArguments : CircuitArguments {
    bool count = false;
    std::int64_t first = 20;
  };
  auto* permute = app.add_subcommand("permutations", "Finger assignments of a circuit");
  auto arguments = std::make_shared<PermutationArguments>();
  arguments->add_to(permute);
  permute->add_flag("--count", arguments->count, "Only how many there are");
  permute->add_option("-n,--first", arguments->first, "List so many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  on_command(permute, status, [&session, arguments] {
    return permutations(session, *arguments, arguments->count, arguments->first);
  });

  auto* preflight = app.add_subcommand("plan", "Check a netlist and show what a run would do");
  auto plain = std::make_shared<CircuitArguments>();
  plain->add_to(preflight);
  plain->add_cells_to(preflight);
  on_command(preflight, status, [&session, plain] { return show_plan(session, *plain); });
}

}  // namespace ptah::cli
