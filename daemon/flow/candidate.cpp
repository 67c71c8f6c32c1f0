#include "flow/candidate.hpp"

namespace ptah {

Json to_json(const Disagreement& disagreement) {
  return {{"about", disagreement.about},
          {"checks", disagreement.checks},
          {"judges", disagreement.judges}};
}

void discard(Candidate& candidate) noexcept {
  std::error_code ignored;
  if (candidate.on_disk) std::filesystem::remove_all(candidate.folder, ignored);
}

}  // namespace ptah
