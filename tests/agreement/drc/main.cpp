/// ptah_agreement_drc CIRCUITS_FOLDER OUT_FOLDER [COUNT] [SEED]
///
/// Judges COUNT layouts with native_drc, Magic and KLayout and prints how far they agree, by
/// verdict and by class of rule, each disagreement with its explanation. The layouts that somebody
/// disagreed about stay in OUT_FOLDER. Leaves with 1 when a disagreement has no explanation.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "agreement.hpp"
#include "explanations.hpp"
#include "ptah/core/run_tool.hpp"

namespace {

using namespace ptah;
using namespace ptah::agreement;

/// Shows where it is.
class Progress final : public JobContext {
 public:
  explicit Progress(std::filesystem::path scratch) : scratch_(std::move(scratch)) {}
  bool cancelled() const noexcept override { return false; }
  void progress(double fraction, std::string_view message) override {
    std::fprintf(stderr, "%.*s: %.0f %%\n", static_cast<int>(message.size()), message.data(),
                 100 * fraction);
  }
  void log(LogLevel, std::string_view) override {}
  std::uint64_t seed() const noexcept override { return 0; }
  const std::filesystem::path& scratch_dir() const noexcept override { return scratch_; }

 private:
  std::filesystem::path scratch_;
};

int fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.text().c_str());
  return 2;
}

bool number(const char* text, std::uint64_t& value) {
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, value);
  return error == std::errc() && rest == end;
}

void print_verdicts(const std::vector<Opinions>& opinions) {
  std::printf("\nVerdicts\n  %-10s %-10s %-10s %8s\n", "native", "magic", "klayout", "layouts");
  std::map<std::array<int, kJudges>, std::size_t> counts;
  for (const Opinions& each : opinions) {
    std::array<int, kJudges> key{};
    for (std::size_t j = 0; j < kJudges; ++j) key[j] = !each[j] ? 2 : each[j]->empty() ? 0 : 1;
    ++counts[key];
  }
  constexpr const char* kWords[] = {"clean", "errors", "none"};
  for (const auto& [key, count] : counts) {
    std::printf("  %-10s %-10s %-10s %8zu\n", kWords[key[0]], kWords[key[1]], kWords[key[2]],
                count);
  }
}

void print_pairs(const std::vector<Opinions>& opinions, const Technology& technology) {
  std::printf("\nAgreement            verdicts            classes of rules\n");
  for (std::size_t a = 0; a < kJudges; ++a) {
    for (std::size_t b = a + 1; b < kJudges; ++b) {
      std::size_t layouts = 0, same = 0, both = 0, either = 0;
      for (const Opinions& each : opinions) {
        if (!each[a] || !each[b]) continue;
        ++layouts;
        same += each[a]->empty() == each[b]->empty();
        std::set<std::string> in_a, in_b, in_any;
        for (const Violation& v : *each[a]) in_a.insert(rule_class(v.rule, technology));
        for (const Violation& v : *each[b]) in_b.insert(rule_class(v.rule, technology));
        in_any = in_a;
        in_any.insert(in_b.begin(), in_b.end());
        either += in_any.size();
        both += in_a.size() + in_b.size() - in_any.size();
      }
      std::printf("  %-8s %-8s %6zu of %6zu      %6zu of %6zu\n", kJudgeNames[a], kJudgeNames[b],
                  same, layouts, both, either);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t count = 2000, seed = 1;
  if (argc < 3 || argc > 5 || (argc > 3 && !number(argv[3], count)) ||
      (argc > 4 && !number(argv[4], seed)) || count < 2 || count > 100'000) {
    std::fprintf(stderr, "usage: ptah_agreement_drc CIRCUITS_FOLDER OUT_FOLDER [COUNT] [SEED]\n");
    return 2;
  }
  const Technology& technology = Technology::ptah130();
  const std::filesystem::path out = std::filesystem::absolute(argv[2]);
  std::error_code failed;
  std::filesystem::create_directories(out, failed);
  auto scratch = ScratchDir::create(out, "work");
  if (!scratch) return fail(scratch.error());
  Progress job(scratch.value().path());

  const auto samples = make_samples(argv[1], technology, count, seed);
  if (!samples) return fail(samples.error());
  std::fprintf(stderr, "%zu layouts made\n", samples.value().size());
  const auto opinions = judge_all(samples.value(), technology, job);
  if (!opinions) return fail(opinions.error());
  const auto list = compare(samples.value(), opinions.value(), technology);

  std::printf(
      "%zu layouts, %zu of them damaged, seed %llu\n", samples.value().size(),
      static_cast<std::size_t>(std::count_if(samples.value().begin(), samples.value().end(),
                                             [](const Sample& s) { return !s.damage.empty(); })),
      static_cast<unsigned long long>(seed));
  print_verdicts(opinions.value());
  print_pairs(opinions.value(), technology);

  std::map<std::string, std::array<std::size_t, 2>> by_reason;
  for (const Disagreement& d : list) ++by_reason[d.explanation][d.verdict ? 0 : 1];
  std::printf("\nWhy they differ%52s %9s\n", "verdicts", "classes");
  for (const Reason& reason : reasons()) {
    const auto found = by_reason.find(reason.name);
    if (found == by_reason.end()) continue;
    std::printf("  %-55s %9zu %9zu\n    %s\n", reason.name, found->second[0], found->second[1],
                reason.sentence);
  }
  std::printf("  %-55s %9zu %9zu\n", "unexplained", by_reason[""][0], by_reason[""][1]);

  std::printf("\nOne by one (layouts in %s)\n", out.c_str());
  std::size_t unexplained = 0;
  std::set<std::size_t> kept;
  for (const Disagreement& d : list) {
    const Sample& sample = samples.value()[d.sample];
    const Violation& first = d.places.front();
    std::printf("  s%zu %s not %s%s: %s | %s at %d,%d,%d,%d | %s | %s\n", d.sample,
                kJudgeNames[d.found], kJudgeNames[d.silent], d.verdict ? " (verdict)" : "",
                d.rule_class.c_str(), first.rule.c_str(), first.place.x0, first.place.y0,
                first.place.x1, first.place.y1, (sample.name + " " + sample.damage).c_str(),
                d.explanation.empty() ? "UNEXPLAINED" : d.explanation.c_str());
    if (d.explanation.empty()) ++unexplained;
    if (kept.insert(d.sample).second) {
      const std::string name = "s" + std::to_string(d.sample);
      if (auto written =
              gds::write_file(library_of(sample, technology, name), out / (name + ".gds"));
          !written)
        return fail(written.error());
    }
  }
  return unexplained == 0 ? 0 : 1;
}
