/// Layouts of a few shapes for tests of the capacitance formulas.
#pragma once

#include <algorithm>
#include <string>

#include "native_pex.hpp"

namespace ptah::native {

/// A layout drawn shape by shape, each with the net it shall be.
class Drawing {
 public:
  explicit Drawing(Calibration calibration = Calibration::kMagic)
      : calibration_(calibration),
        technology_(Technology::ptah130()),
        stack_(conductor_stack(technology_)) {
    connectivity_.conductors.resize(technology_.layers().size());
    connectivity_.substrate = net("sub");
  }
  NetIndex net(const std::string& name) {
    for (std::size_t i = 0; i < connectivity_.nets.size(); ++i) {
      if (connectivity_.nets[i].name == name) return static_cast<NetIndex>(i);
    }
    connectivity_.nets.emplace_back().name = name;
    return static_cast<NetIndex>(connectivity_.nets.size() - 1);
  }
  Drawing& wire(const std::string& layer, const std::string& name, Rect rect) {
    connectivity_.conductors[technology_.layer(layer)].push_back({rect, net(name)});
    return *this;
  }
  Drawing& finger(Rect gate, const std::string& name) {
    FoundDevice device;
    device.model = static_cast<std::size_t>(technology_.find_device("nfet_01v8") -
                                            technology_.devices().data());
    device.body = gate;
    device.terminals.assign(4, {net(name), technology_.layer("poly"), gate});
    connectivity_.devices.push_back(device);
    return *this;
  }
  Capacitances extract() {
    Planes planes;
    find_planes({}, connectivity_, technology_, stack_, planes);
    Capacitances found;
    const CapacitanceLaw law = magic_law(technology_, stack_);
    if (calibration_ == Calibration::kMagic) {
      engine_.magic(planes, law, connectivity_.substrate, found);
    } else {
      engine_.foundry(planes, law, LineLaw::of(technology_, stack_).value(),
                      connectivity_.substrate, found);
    }
    return found;
  }
  /// aF
  double ground(const Capacitances& found, const std::string& name) {
    return found.ground[static_cast<std::size_t>(net(name))];
  }
  double coupling(const Capacitances& found, const std::string& a, const std::string& b) {
    const NetIndex first = std::min(net(a), net(b)), second = std::max(net(a), net(b));
    for (const Capacitances::Coupling& c : found.couplings) {
      if (c.a == first && c.b == second) return c.af;
    }
    return 0;
  }

 private:
  Calibration calibration_;
  const Technology& technology_;
  Stack stack_;
  Connectivity connectivity_;
  CapacitanceEngine engine_;
};

}  // namespace ptah::native
