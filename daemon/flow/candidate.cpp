#include "flow/candidate.hpp"

#include "ptah/core/run_tool.hpp"

namespace ptah {

Json to_json(const Disagreement& disagreement) {
  return {{"about", disagreement.about},
          {"checks", disagreement.checks},
          {"judges", disagreement.judges}};
}

Status put_on_disk(Candidate& candidate) {
  if (candidate.on_disk) return ok();
  std::error_code failure;
  std::filesystem::create_directories(candidate.folder, failure);
  if (failure) return make_error(ErrorCode::kIo, failure.message(), candidate.folder.string());
  const auto bytes = gds::write(candidate.library);
  PTAH_TRY(write_text_file(candidate.gds,
                           {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                           Durability::kCached));
  candidate.on_disk = true;
  return ok();
}

void discard(Candidate& candidate) noexcept {
  std::error_code ignored;
  if (candidate.on_disk) std::filesystem::remove_all(candidate.folder, ignored);
}

}  // namespace ptah
