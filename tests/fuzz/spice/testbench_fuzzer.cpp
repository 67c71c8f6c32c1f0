/// Any bytes as a testbench: an error, or a bench without anything that could run a program.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ptah/sim/testbench.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptah;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto bench = read_testbench(text, "fuzz.spice");
  if (!bench) {
    require(!bench.error().message.empty());
    return 0;
  }
  require(!bench.value().dut.empty());
  require(!bench.value().analyses.empty());
  require(!bench.value().outputs.empty());
  for (const std::vector<std::string>* list :
       {&bench.value().cards, &bench.value().analyses, &bench.value().outputs}) {
    for (const std::string& line : *list) {
      require(!line.empty());
      require(line.find_first_of("\n\r`") == std::string::npos);
      require(line.compare(0, 8, ".control") != 0);
    }
  }
  return 0;
}
