#include "ptah/netlist/spice.hpp"

#include "netlist/deck.hpp"
#include "netlist/flatten.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah {

Result<SpiceCircuit> read_spice(std::string_view text, std::string_view name,
                                const Technology& technology, const SpiceOptions& options,
                                const std::filesystem::path& base) {
  PTAH_TRY(const spice::Deck deck, spice::read_deck(text, name, options, base));
  return spice::flatten(deck, technology, options);
}

Result<SpiceCircuit> read_spice_file(const std::filesystem::path& file,
                                     const Technology& technology, const SpiceOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return make_error(ErrorCode::kNotFound, "There is no netlist file " + file.string() + ".",
                      file.string());
  }
  PTAH_TRY(const std::string text, read_text_file(file, options.max_file_bytes));
  const std::filesystem::path base =
      file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  return read_spice(text, file.filename().string(), technology, options, base);
}

}  // namespace ptah
