/// Any bytes as a testbench: an error, or a bench without anything that could run a program or
/// write a file: its analyses and outputs are what our own writer makes of values.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ptah/sim/analysis.hpp"
#include "ptah/sim/testbench.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// Messages go over a wire of UTF-8: bytes of the input may not reach them unchanged.
void require_printable(std::string_view text) {
  for (const char c : text) require(c >= 0x20 && c < 0x7f);
}

void require_words_of_commands(std::string_view text) {
  for (const char c : text) {
    require((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            std::string_view("_.+-#:/[](), ").find(c) != std::string_view::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptah;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto bench = read_testbench(text, "fuzz.spice");
  if (!bench) {
    require(!bench.error().message.empty());
    require_printable(bench.error().text());
    return 0;
  }
  require(!bench.value().dut.empty());
  require(!bench.value().analyses.empty());
  require(!bench.value().outputs.empty());
  for (const std::string& text_of : bench.value().analyses) {
    require_words_of_commands(text_of);
    const auto again = read_analysis(text_of);
    require(again.has_value() && analysis_text(again.value()) == text_of);
  }
  for (const std::string& text_of : bench.value().outputs) {
    require_words_of_commands(text_of);
    const auto again = read_output(text_of);
    require(again.has_value() && output_text(again.value()) == text_of);
  }
  for (const std::vector<std::string>* list :
       {&bench.value().cards, &bench.value().analyses, &bench.value().outputs}) {
    for (const std::string& line : *list) {
      require(!line.empty());
      require(line.find_first_of("\n\r`\"") == std::string::npos);
      require(line.front() != '*');
      require(line.compare(0, 8, ".control") != 0);
    }
  }
  return 0;
}
