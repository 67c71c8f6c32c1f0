/// ptah_agreement_lvs [PAIRS] [--seed N] [--keep DIR]: prints the table; exit status 1 when a
/// disagreement is unexplained.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "agreement.hpp"
#include "ptah/core/run_tool.hpp"

int main(int argc, char** argv) {
  using namespace ptah;
  agreement::Settings settings;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
      settings.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--keep") == 0 && i + 1 < argc) {
      settings.keep = argv[++i];
    } else if (const int pairs = std::atoi(argv[i]); pairs > 0) {
      settings.pairs = pairs;
    } else {
      std::fprintf(stderr, "usage: ptah_agreement_lvs [PAIRS] [--seed N] [--keep DIR]\n");
      return 2;
    }
  }
  const auto scratch = ScratchDir::create(std::filesystem::temp_directory_path(), "agreement_lvs");
  if (!scratch) {
    std::fprintf(stderr, "%s\n", scratch.error().text().c_str());
    return 2;
  }
  settings.scratch = scratch.value().path();
  const auto table = agreement::compare_judges(settings, Technology::ptah130());
  if (!table) {
    std::fprintf(stderr, "%s\n", table.error().text().c_str());
    return 2;
  }
  std::fputs(agreement::to_text(table.value()).c_str(), stdout);
  for (const auto& d : table.value().disagreements) {
    if (d.explanation.empty()) return 1;
  }
  return 0;
}
