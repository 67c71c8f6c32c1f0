/// Any bytes as the file of a dataset: an error that names the file, or rows whose values are what
/// the format allows, and that are the same after they were written and read again.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "ptah/core/run_tool.hpp"
#include "samples/sample_file.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptah;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto read = Samples::read(bytes, "fuzz.h5");
  if (!read) {
    require(!read.error().message.empty() && read.error().where == "fuzz.h5");
    return 0;
  }
  const Samples& samples = read.value();
  require(samples.size() > 0 && samples.devices() > 0);
  std::size_t failed = 0;
  for (const auto& [kind, count] : samples.failures()) failed += static_cast<std::size_t>(count);
  require(failed <= samples.size());
  for (std::size_t row = 0; row < samples.size(); ++row) {
    require(samples.clean(row) == samples.reason(row).empty());
    const Placement placement = samples.placement(row, {});
    require(placement.tiles.size() == samples.devices());
  }
  const auto file = std::filesystem::temp_directory_path() /
                    ("ptah-fuzz-samples-" + std::to_string(::getpid()) + ".h5");
  require(samples.write(file).has_value());
  const auto again = Samples::read(file);
  std::filesystem::remove(file);
  require(again.has_value() && again.value().size() == samples.size());
  return 0;
}
