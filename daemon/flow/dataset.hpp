/// The dataset on disk, as OSIRIS lays it out. Paths are relative to the dataset's folder:
///
///   netlists/<circuit>/{template.sp, pairs.json, testbench.spice, <circuit>_<k>.sp}
///   data/<circuit>/simulations/<circuit>_<k>/{pre.csv, v000.csv, v001.csv, ...}
///   data/<circuit>/metrics/<circuit>_<k>/v000.json
///   data/<circuit>/layouts/<circuit>_<k>/v000.gds
///   data/<circuit>/metadata/<circuit>_<k>/{v000.json, tiles/<device>.gds}
///   data/<circuit>/disagreements/<circuit>_<k>/v000_0.{gds, json}
///   data/<circuit>/times/<circuit>_<k>/v000.json
///
/// <k> is the index of the finger assignment; variant 0 is the baseline. Runs of the same spec give
/// the same bytes, on any machine and with any number of workers, in all but `times`: seconds by
/// stage, and "total".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ptah/sim/waveform.hpp"

namespace ptah {

class DatasetPaths {
 public:
  /// `home`: where an explorer came from that opened this assignment beside its own. Its folders
  /// are called "<circuit>_<k>_from_<home>", for the assignment may have a chain of its own.
  DatasetPaths(std::string circuit, std::int64_t assignment,
               std::optional<std::int64_t> home = std::nullopt);

  /// "<circuit>_<k>": the netlist's and the layout's top cell.
  const std::string& name() const noexcept { return name_; }
  std::string netlist() const;
  std::string pre() const;
  std::string post(int variant) const;
  std::string metrics(int variant) const;
  std::string layout(int variant) const;
  std::string picture(int variant) const;
  std::string bode(int variant) const;
  std::string metadata(int variant) const;
  std::string times(int variant) const;
  /// A layout that checks and judges differ about, met on the way to `variant`; with its extension.
  std::string disagreement(int variant, int number, const std::string& extension) const;
  std::string tile(const std::string& device) const;

 private:
  std::string data(const char* kind, const std::string& file) const;
  std::string circuit_;
  std::string name_;
  std::string folder_;
};

/// "frequency_Hz,real_V,imag_V", a line a point, enough digits to read back the same doubles.
std::string waveform_csv(const Waveform& waveform, const std::string& output);

}  // namespace ptah
