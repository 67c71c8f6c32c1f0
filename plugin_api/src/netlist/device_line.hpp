/// One element line as devices of the technology: sizes, counts, values.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "netlist/deck.hpp"
#include "netlist/scope.hpp"
#include "netlist/sizes.hpp"

namespace ptah::spice {

/// A device whose nets are names still.
struct DeviceLine {
  bool left_out = false;  ///< A capacitance too small for a device; a note says so.
  Device device;
  std::vector<std::string> nets;
  int stack = 1;              ///< Devices in series it stands for (MOS).
  bool free_fingers = false;  ///< nf=ZZZ
};

/// How sizes of a circuit were read: for the notes.
struct SizeNotes {
  struct Reading {
    std::string example;  ///< "M0: w=1.05 is 1.05 um"
    std::vector<std::string> devices;
  };
  Reading metres, microns, per_finger, total;
  std::vector<Note> notes;
};

/// Reads M, X (with a model of the technology), R, C and D lines.
class DeviceReader {
 public:
  DeviceReader(const Deck& deck, const Technology& technology, const SpiceOptions& options)
      : deck_(deck), technology_(technology), options_(options) {}

  /// `path` is the device's name in the flat circuit.
  Result<DeviceLine> read(const Element& element, const std::string& path, Scope& scope);
  /// `m=` and the like: a positive whole number, 1 when absent.
  Result<int> count(const Element& element, const char* key, Scope& scope, int largest) const;

  std::vector<Note> notes() const;

 private:
  struct Lengths {
    double width_nm = 0;
    double length_nm = 0;
  };

  Error fail(const Element& element, std::string message, std::string hint = {},
             ErrorCode code = ErrorCode::kParse) const;
  void note(Note note);
  Error unknown_model(const Element& element, const std::string& path,
                      const std::string& model) const;
  Result<DeviceLine> read_mos(const Element& element, const std::string& path, Scope& scope,
                              const DeviceModel& model);
  Result<DeviceLine> read_passive(const Element& element, const std::string& path, Scope& scope);
  Result<DeviceLine> read_diode(const Element& element, const std::string& path, Scope& scope);
  /// Of a junction: the one of `keys` that is given, in um^2 or um.
  Result<std::optional<double>> junction(const Element& element, const std::string& path,
                                         Scope& scope, std::span<const char* const> keys,
                                         bool area) const;
  /// `plain`: the line names no model.
  Status read_body(const Element& element, const std::string& path, Scope& scope,
                   const DeviceModel& model, const std::string& value_text, bool plain,
                   Device& device);
  /// Whether a plain value is not below the smallest device that has one.
  Result<bool> is_drawable(const Element& element, Scope& scope, const DeviceModel& model) const;
  Status read_capacitance(const Element& element, const std::string& path, const DeviceModel& model,
                          double farad, bool has_w, bool plain, Device& device);
  /// One size of the device, on the grid; a note says where it was off it.
  Status place_size(const Element& element, const std::string& path, const std::string& what,
                    double nm, Dbu& size);
  /// Whether w= of a device with several fingers is that of all of them.
  Result<bool> is_total_width(const Element& element, const std::string& path, int fingers) const;
  Status set_sizes(const Element& element, const std::string& path, Scope& scope, bool need_both,
                   Lengths& lengths);
  Status check_parameters(const Element& element, const std::string& path, bool mos,
                          const Scope& scope);
  /// One that means nothing to a layout: dropped, with a note where nobody would expect it.
  Status check_parameter(const Element& element, const std::string& path, const std::string& key);
  Result<int> multiplier(const Element& element, Scope& scope) const;

  const Deck& deck_;
  const Technology& technology_;
  const SpiceOptions& options_;
  SizeNotes notes_;
  std::set<std::string> ignored_;
};

}  // namespace ptah::spice
