#include <algorithm>

#include "agreement.hpp"
#include "engine.hpp"
#include "klayout_session.hpp"
#include "magic_batch.hpp"

namespace ptah::agreement {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKlayoutBatch = 100;

}  // namespace

Result<std::vector<Opinions>> judge_all(const std::vector<Sample>& samples,
                                        const Technology& technology, JobContext& job) {
  std::vector<Opinions> opinions(samples.size());
  std::vector<LayoutFile> files;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::string top = "s" + std::to_string(i);
    files.push_back({job.scratch_dir() / (top + ".gds"), top, nullptr});
    PTAH_TRY(gds::write_file(library_of(samples[i], technology, top), files.back().gds));
  }

  PTAH_TRY(native::drc::Plan plan, native::drc::Plan::compile(technology));
  native::drc::Engine engine(std::move(plan));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    gds::Flat flat;
    flat.shapes = samples[i].shapes;
    PTAH_TRY(Verdict verdict, engine.check(flat, job));
    opinions[i][kNative] = std::move(verdict.violations);
  }

  PTAH_TRY(auto magic, magic_drc(files, technology, job));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (magic[i]) opinions[i][kMagic] = std::move(magic[i]).value();
  }

  for (std::size_t begin = 0; begin < files.size(); begin += kKlayoutBatch) {
    const std::size_t count = std::min(kKlayoutBatch, files.size() - begin);
    PTAH_TRY(auto reports,
             klayout::examine(std::span(files).subspan(begin, count), technology, {}, job));
    for (std::size_t i = 0; i < count; ++i) {
      if (reports[i]) opinions[begin + i][kKlayout] = std::move(reports[i].value().violations);
    }
    job.progress(static_cast<double>(begin + count) / static_cast<double>(files.size()), "klayout");
  }
  return opinions;
}

}  // namespace ptah::agreement
