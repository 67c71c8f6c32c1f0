/// Any bytes as a list of measures: an error, or measures whose vectors are as our writer makes
/// them, and that evaluate to a value or a reason on any waveform.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ptah/sim/analysis.hpp"
#include "ptah/sim/measures.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptah;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto specs = read_measures(text, "fuzz.yaml");
  if (!specs) {
    require(!specs.error().message.empty());
    return 0;
  }
  for (const Spec& spec : specs.value().specs) {
    const auto again = parse_spec(spec.text, specs.value().measures);
    require(again && again.value().text == spec.text && again.value().measure == spec.measure);
  }
  for (const MeasureSpec& spec : specs.value().measures) {
    for (const std::string* vector : {&spec.output, &spec.reference}) {
      if (vector->empty()) continue;
      const auto output = read_output(*vector);
      require(output.has_value() && output_text(output.value()) == *vector);
    }
  }
  // Bytes of the input as a waveform, too: any double can come out of a simulation.
  Waveform ac{"ac", "frequency", {}, {"v(out)", "v(ref)"}, {{}, {}}};
  for (std::size_t i = 0; i < size && i < 64; ++i) {
    ac.x.push_back(static_cast<double>(i + 1));
    ac.y[0].emplace_back(data[i] - 128.0, data[(i * 7) % size]);
    ac.y[1].emplace_back(data[(i * 3) % size], 0);
  }
  Waveform noise = ac, op = ac;
  noise.analysis = "noise";
  noise.names[0] = "onoise_spectrum";
  op.analysis = "op";
  for (const Measure& measure : evaluate_measures(specs.value().measures, {ac, noise, op})) {
    require(!measure.name.empty() && !measure.unit.empty());
    require(measure.value.has_value() == measure.reason.empty());
    require(!measure.value || std::isfinite(*measure.value));
  }
  return 0;
}
