/// Any bytes as a netlist: an error or a circuit, and what is accepted can be written, read back as
/// the same circuit, checked, and given fingers.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_indices(const ptah::Circuit& circuit) {
  for (const ptah::Device& device : circuit.devices) {
    for (const ptah::NetId net : device.nets) {
      require(net >= 0 && static_cast<std::size_t>(net) < circuit.nets.size());
    }
  }
  for (const ptah::NetId port : circuit.ports) {
    require(port >= 0 && static_cast<std::size_t>(port) < circuit.nets.size());
  }
}

/// Messages go over a wire of UTF-8: bytes of the input may not reach them unchanged.
void require_printable(std::string_view text) {
  for (const char c : text) require(c >= 0x20 && c < 0x7f);
}

/// The same text as a netlist and as all that it may include.
void read_in_bundle(std::string_view text, const ptah::Technology& technology,
                    ptah::SpiceOptions options) {
  ptah::SourceBundle bundle;
  bundle.files = {{"fuzz.sp", std::string(text)}, {"a.sp", std::string(text)}};
  bundle.links = {{"/a.sp", "a.sp"}};
  bundle.left_out = {"models"};
  options.bundle = &bundle;
  if (const auto read = ptah::read_spice(text, "fuzz.sp", technology, options); read) {
    check_indices(read.value().circuit);
  } else {
    require_printable(read.error().text());
  }
  static_cast<void>(ptah::list_includes(text, "fuzz.sp", "tt").has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptah;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Technology& technology = Technology::ptah130();
  SpiceOptions options;
  options.max_devices = 2000;  // keeps one input fast
  auto read = read_spice(text, "fuzz.sp", technology, options);
  read_in_bundle(text, technology, options);
  if (!read) {
    require(!read.error().message.empty());
    require_printable(read.error().text());
    return 0;
  }
  Circuit& circuit = read.value().circuit;
  check_indices(circuit);
  for (const Note& note : read.value().notes) require_printable(note.text());
  for (const IdealSource& source : read.value().sources) require_printable(source.value);
  require(circuit.devices.size() <= options.max_devices + 1024);
  // An error is as good as success here.
  static_cast<void>(check_circuit(circuit, technology).has_value());
  static_cast<void>(
      read_pairs(R"({"pairs": [["M1", "M2"], ["M3", "M4"]]})", "p", circuit).has_value());
  auto space = FingerSpace::create(circuit, {2, 4});
  if (!space) return 0;
  const FingerAssignment assignment = space.value().at(space.value().count() - 1);
  auto assigned = with_fingers(circuit, assignment);
  require(assigned.has_value());
  std::size_t lines = 0;
  for (const Device& device : assigned.value().devices) {
    lines += static_cast<std::size_t>(device.total_fingers());
  }
  if (lines > 20'000) return 0;
  const std::string written = write_spice(assigned.value(), technology);
  SpiceOptions again;
  again.width = WidthMeaning::kFinger;
  const auto back = read_spice(written, "written.sp", technology, again);
  require(back.has_value());
  require(back.value().circuit.ports.size() == circuit.ports.size());
  return 0;
}
