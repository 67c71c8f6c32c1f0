/// What a `plan` task returns (flow/plan.hpp): read strictly, for a worker said it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rpc/fields.hpp"

namespace ptah {

/// A text that becomes a file of the job.
struct PlanText {
  std::string role, path, text;
  template <class V>
  void describe(V& v) {
    v.optional("role", role, "What it is; without one, its path says it.");
    v.required("path", path, "Where below the job's `out` it belongs.");
    v.required("text", text, "What it holds.");
  }
};

struct PlanResult {
  std::string circuit;
  std::vector<PlanText> dataset;
  std::optional<rpc::Object> common;
  std::vector<rpc::Object> chains;
  std::vector<std::string> models;
  // Kept for job.get as they are.
  std::optional<std::string> title, tech;
  std::optional<Json> ports, devices, nets, groups, matched, allowed_fingers, count, notes, params,
      sources, specs;
  template <class V>
  void describe(V& v) {
    v.required("circuit", circuit, "The circuit's name.");
    v.optional("title", title, "What people call it.");
    v.optional("tech", tech, "The technology.");
    v.optional("ports", ports, "Names.");
    v.optional("devices", devices, "What they are, and how large.");
    v.optional("nets", nets, "How many.");
    v.optional("groups", groups, "Devices of one finger count.");
    v.optional("matched", matched, "Devices that are placed alike.");
    v.optional("allowed_fingers", allowed_fingers, "What each group chooses from.");
    v.optional("count", count, "Of assignments.");
    v.optional("notes", notes, "What is taken otherwise than written, and what to know.");
    v.optional("specs", specs, "What layouts have to satisfy, as texts.");
    v.optional("params", params, "Parameters of the netlist, as the client gave them.");
    v.optional("sources", sources, "The files that the client sent: name, bytes, sha256.");
    v.optional("dataset", dataset, "Texts that become files of the job.");
    v.optional("common", common, "What the specs of all chains have in common.");
    v.optional("models", models, "The model that the predictor works with, if any.");
    v.required("chains", chains, "What each of them differs in.");
  }
};

}  // namespace ptah
