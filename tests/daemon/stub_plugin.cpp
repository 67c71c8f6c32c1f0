/// A plugin that is only looked at: its marker tells the fake worker what to do with it.
#include "ptah/plugin/plugin.hpp"

namespace {

class Stub : public ptah::Predictor {
 public:
  explicit Stub(const ptah::Options&) {}
  static ptah::OptionSchema options() { return {}; }
  ptah::Result<std::vector<ptah::Prediction>> predict(
      const ptah::Circuit&, const ptah::Tiles&, const ptah::Technology&,
      const std::vector<ptah::Placement>& placements, ptah::JobContext&) override {
    return std::vector<ptah::Prediction>(placements.size());
  }
};

}  // namespace

extern "C" {
extern __attribute__((visibility("default"))) const char ptah_test_marker[];
const char ptah_test_marker[] = "ptah-test-" STUB_MARKER;
}

PTAH_PLUGIN(ptah::Predictor, Stub, STUB_NAME, STUB_VERSION, "Only looked at.")
