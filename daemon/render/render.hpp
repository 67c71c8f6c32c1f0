/// Pictures for people: layouts and Bode plots, PNG or SVG by the file's extension (cairo).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/sim/waveform.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

struct RenderOptions {
  int width_px = 1200;  ///< 64..8192; the height follows from the layout.
  bool labels = true;   ///< Port names and a scale bar.
};

/// Draws `top` (empty: the only top cell) with the technology's layers, lowest first.
Status render_layout(const gds::Library& library, const std::string& top,
                     const Technology& technology, const std::filesystem::path& file,
                     const RenderOptions& options = {});

struct BodeCurve {
  std::string name;  ///< "pre-layout"
  std::vector<double> frequency_hz;
  std::vector<std::complex<double>> value;
};

/// Magnitude in dB and phase in degrees over a logarithmic frequency axis.
Status plot_bode(const std::vector<BodeCurve>& curves, const std::string& title,
                 const std::filesystem::path& file);

}  // namespace ptah
