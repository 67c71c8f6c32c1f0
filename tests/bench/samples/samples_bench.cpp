/// Makes a block of a dataset of each circuit as a worker does, and prints what a layout took of
/// each stage, how many were clean, and a hash of the block, which names its plugins by theirs.
///
///   samples_bench [--first N] [--count N] [--seed S] [--plugins DIR] [CIRCUIT ...]
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "flow/tasks.hpp"
#include "plugins/plugin_host.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"

namespace {

using namespace ptah;

class FilesSink final : public TaskSink {
 public:
  void emit(const Json& event) override {
    if (event["event"] != "variant") return;
    for (const Json& file : event["files"]) files[file["role"]] = file["path"];
  }
  bool cancelled() const noexcept override { return false; }

  Json files;
};

template <typename T>
T need(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().text().c_str());
  std::exit(1);
}

void measure(const std::string& circuit, int first, int count, int seed, PluginHost& host,
             const std::filesystem::path& scratch) {
  FilesSink sink;
  const Json spec{
      {"name", "bench"}, {"circuit", circuit}, {"count", first + count}, {"seed", seed}};
  Json task = need(run_task("samples.plan", spec, scratch, host, sink))["common"];
  task.update({{"first", first}, {"count", count}});
  const Json record = need(run_task("sample", task, scratch, host, sink));
  const auto text = [&](const char* role) {
    constexpr std::size_t kLimit = std::size_t{64} << 20;
    return need(read_text_file(sink.files[role].get<std::string>(), kLimit));
  };
  std::printf("%-22s %4d of %4d clean", circuit.c_str(), record["clean"].get<int>(), count);
  double total = 0;
  const Json times = Json::parse(text("times"));
  for (const auto& [stage, seconds] : times.items()) {
    const double each = 1e3 * seconds.get<double>() / count;
    std::printf(", %s %.2f", stage.c_str(), each);
    total += each;
  }
  std::printf(", all %.1f ms; hash %s\n", total, sha256_hex(text("samples")).substr(0, 16).c_str());
  for (const auto& [reason, layouts] : record["failures"].items())
    std::printf("    %s: %s\n", layouts.dump().c_str(), reason.c_str());
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  int first = 0, count = 50, seed = 1;
  std::filesystem::path plugins = PTAH_BUILD_DIR "/plugins";
  std::vector<std::string> circuits;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if ((word == "--first" || word == "--count" || word == "--seed") && i + 1 < argc) {
      (word == "--first" ? first : word == "--count" ? count : seed) = std::stoi(argv[++i]);
    } else if (word == "--plugins" && i + 1 < argc) {
      plugins = argv[++i];
    } else if (word.starts_with("-")) {
      std::fprintf(stderr,
                   "usage: samples_bench [--first N] [--count N] [--seed S] [--plugins DIR] "
                   "[CIRCUIT ...]\n");
      return 2;
    } else {
      circuits.push_back(word);
    }
  }
  if (circuits.empty()) {
    circuits = {"five_transistors_ota",
                "ota_ff",
                "miller_ota",
                "ahuja_ota",
                "lpf",
                "ota1",
                "ota2",
                "ota3",
                "ota4"};
  }
  ::setenv("PTAH_CONFIGS", PTAH_SOURCE_DIR "/configs", 0);
  PluginHost host;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(plugins)) {
    if (entry.path().extension() == ".so") files.push_back(entry.path());
  }
  for (const PluginRefusal& refusal : host.load_all(files))
    std::fprintf(stderr, "%s: %s\n", refusal.file.c_str(), refusal.reason.text().c_str());
  const auto scratch =
      need(ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-samples-bench"));
  for (const std::string& circuit : circuits)
    measure(circuit, first, count, seed, host, scratch.path());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "%s\n", exception.what());
    return 2;
  }
}
