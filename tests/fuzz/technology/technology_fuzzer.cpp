/// Any bytes as a technology: problems, or a technology whose names are words and of which every
/// generated file holds nothing but lines of its own language.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ptah/core/quoting.hpp"
#include "ptah/tech/generate.hpp"

namespace {

using namespace ptah;

void require(bool condition) {
  if (!condition) std::abort();
}

void require_printable(std::string_view text) {
  require(quoting::is_printable(text, std::size_t(1) << 20));
}

void require_words(const Technology& technology) {
  require(quoting::is_word(technology.name()));
  for (const Layer& layer : technology.layers()) require(quoting::is_word(layer.name));
  for (const DerivedLayer& layer : technology.derived_layers()) {
    require(quoting::is_word(layer.name));
  }
  for (const Rule& rule : technology.rules()) {
    require(quoting::is_word(rule.id));
    require_printable(rule.text);
    require_printable(rule.when);
    for (const std::string& layer : rule.layers) require(quoting::is_word(layer));
  }
  for (const DeviceModel& device : technology.devices()) {
    require(quoting::is_word(device.name));
    require(device.magic_type.empty() || quoting::is_word(device.magic_type));
    for (const std::string& alias : device.aliases) require(quoting::is_word(alias));
    require(technology.find_device(device.name) != nullptr);
  }
  for (const auto& [shape, corners] : technology.parasitics().sheet_ohm) {
    require(quoting::is_word(shape));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto technology = Technology::parse(text, "fuzz.yaml");
  if (!technology) {
    const auto problems = Technology::lint(text, "fuzz.yaml");
    require(!problems.empty());
    for (const Error& problem : problems) {
      require(!problem.message.empty());
      require_printable(problem.text());
    }
    require_printable(technology.error().text());
    return 0;
  }
  require_words(technology.value());
  // An error is as good as success here.
  for (const auto& made : {magic_tech(technology.value()), klayout_drc(technology.value())}) {
    if (!made) require_printable(made.error().text());
  }
  require(!netgen_setup(technology.value()).empty());
  require(!klayout_layer_properties(technology.value()).empty());
  return 0;
}
