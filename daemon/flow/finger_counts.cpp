#include "flow/finger_counts.hpp"

namespace ptah {

Result<FingerAssignment> complete_fingers(const FingerAssignment& given, const Circuit& circuit,
                                          const std::vector<int>& allowed) {
  FingerAssignment fingers = given;
  PTAH_TRY(auto space, FingerSpace::create(circuit, allowed));
  for (const auto& group : space.groups()) {
    const auto name = [&](DeviceId id) {
      return circuit.devices[static_cast<std::size_t>(id)].name;
    };
    int count = 0;
    for (const DeviceId device : group) {
      if (fingers.contains(name(device))) count = fingers[name(device)];
    }
    for (const DeviceId device : group) {
      if (count > 0 && !fingers.contains(name(device))) fingers[name(device)] = count;
    }
  }
  PTAH_TRY(auto counted, with_fingers(circuit, fingers));
  for (const Device& device : counted.devices) {
    if (device.is_mos() && device.fingers == 0) {
      return make_error(ErrorCode::kInvalidArgument,
                        "The finger count of " + device.name + " is free.", "fingers",
                        "Add it, such as " + device.name + "=2.");
    }
  }
  return fingers;
}

}  // namespace ptah
