/// Any bytes as a technology's device models: an error, or lines of a deck in which each starts a
/// statement that belongs there.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "ptah/core/quoting.hpp"
#include "ptah/sim/compact_models.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptah;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto models = CompactModels::parse(text, "fuzz.yaml");
  if (!models) {
    require(!models.error().message.empty());
    require(quoting::is_printable(models.error().text(), std::size_t(1) << 20));
    return 0;
  }
  ModelRequest request;
  request.corner = "tt";
  for (const char* name : {"nfet", "pfet", "cap", "res"}) request.uses.push_back({name, 1, 1});
  const auto deck = models.value().deck(request);
  if (!deck) return 0;
  std::istringstream lines(deck.value());
  for (std::string line; std::getline(lines, line);) {
    const bool ours = line.starts_with('+') || line.starts_with(".option scale") ||
                      line.starts_with(".subckt ") || line.starts_with(".ends ") ||
                      line.starts_with(".model ") || line.starts_with("m1 ") ||
                      line.starts_with("c0 ") || line.starts_with("c1 ") ||
                      line.starts_with("r1 ") || line.starts_with("rbody ");
    require(ours && quoting::is_printable(line, 4096));
  }
  return 0;
}
