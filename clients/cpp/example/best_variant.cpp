/// The C++ client in one page: variants of a circuit as they are finished, then the score of the
/// best, and which net to look at first.
///
///   best_variant [CIRCUIT [VARIANTS]]      (miller_ota, 5)
///
/// Uses the user's daemon, or starts the `ptahd` that lies beside this program.
#include <cstdio>
#include <cstdlib>

#include "client.hpp"
#include "daemon_launcher.hpp"

namespace {

int fail(const ptah::Error& error) {
  std::fprintf(stderr, "best_variant: %s\n", error.text().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  using ptah::Json;
  const std::string circuit = argc > 1 ? argv[1] : "miller_ota";
  const int variants = argc > 2 ? std::atoi(argv[2]) : 5;

  auto connected = ptah::connect_or_start({});
  if (connected.has_error()) return fail(connected.error());
  ptah::Client client = std::move(connected.value());

  // A job outlives its client: `ptah jobs` shows it, whatever becomes of this program.
  auto started = client.call("flow.run", {{"spec",
                                           {{"circuit", circuit},
                                            {"variants", variants},
                                            {"flow", "native"},
                                            {"judges", "none"},
                                            {"seed", 1}}}});
  if (started.has_error()) return fail(started.error());
  const std::string job = started.value()["job"];
  if (auto subscribed = client.call("job.subscribe", {{"job", job}}); subscribed.has_error()) {
    return fail(subscribed.error());
  }

  Json best;
  for (;;) {
    auto next = client.next_notification(std::chrono::minutes(10));
    if (next.has_error()) return fail(next.error());
    if (!next.value()) {
      std::fprintf(stderr, "best_variant: the job says nothing any more\n");
      return 1;
    }
    const auto& [method, params] = *next.value();
    if (method == "variant.ready") {
      const Json& record = params["record"];
      const bool scored = record["pscore_V"].is_number();
      std::printf("variant %d: %s V\n", params["variant"].get<int>(),
                  scored ? record["pscore_V"].dump().c_str() : "no");
      // By the run's objective, which is the score where none is given.
      if (params.value("best", false)) best = params;
    } else if (method == "job.finished") {
      break;
    }
  }
  if (best.is_null()) {
    std::fprintf(stderr, "best_variant: no variant has a score\n");
    return 1;
  }

  // The files of a variant lie in the store, by their hash.
  std::string hash;
  for (const Json& file : best["files"]) {
    if (file["role"] == "gds") hash = file["hash"];
  }
  auto score = client.call("score.layout", {{"layout", {{"hash", hash}}},
                                            {"circuit", circuit},
                                            {"fingers", best["record"]["fingers"]},
                                            {"blame", true}});
  if (score.has_error()) return fail(score.error());
  const Json& found = score.value();
  std::printf("best: variant %d, pscore %s V, area %s um2, %s\n", best["variant"].get<int>(),
              found["pscore_V"].dump().c_str(), found["area_um2"].dump().c_str(),
              found["valid"] == true ? "valid" : found["reason"].get<std::string>().c_str());
  if (!found["nets"].empty() && found["nets"][0].contains("blame")) {
    const Json& net = found["nets"][0];
    std::printf("most to blame: net %s, %.0f %% of it, with %.1f fF\n",
                net["net"].get<std::string>().c_str(), 100 * net["blame"].get<double>(),
                net["total_fF"].get<double>());
  }
  return found["valid"] == true ? 0 : 1;
}
