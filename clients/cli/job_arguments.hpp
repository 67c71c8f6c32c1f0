/// What `ptah run` and `ptah explore` have in common: a job that makes layouts of a circuit.
#pragma once

#include <string>
#include <vector>

#include "session.hpp"

namespace ptah::cli {

struct JobArguments : CircuitArguments {
  std::int64_t seed = 0;
  std::string judges, flow;  ///< Their defaults differ.
  std::string objective = "pscore";
  std::vector<std::string> specs;
  bool no_specs = false;
  std::string fingers;  ///< "M0=6,M1=2,..."; may be empty.
  std::string out, job;
  std::string library = "work";
  bool pictures = false;
  bool detach = false;

  /// Their options, with `--measures`; the option `--fingers` is returned.
  CLI::Option* add_job_to(CLI::App* command, const char* about_fingers);
  /// The fields of flow.run's spec.
  Result<Json> spec() const;
  /// Absolute; empty: none.
  std::string out_folder() const;
  /// flow.run: {"job", "state", ...}
  Result<Json> start(Client& client, Json spec) const;
};

/// The job's id, for `--detach`.
void print_started(const Session& session, const Json& started);

}  // namespace ptah::cli
