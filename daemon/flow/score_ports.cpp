#include "flow/score_ports.hpp"

#include <algorithm>

namespace ptah {

std::optional<ScoreLayout> with_named_ports(const ScoreLayout& layout, const Drawing& drawing,
                                            const Circuit& circuit, const Technology& technology,
                                            const std::filesystem::path& file) {
  std::optional<ScoreLayout> labelled;
  if (!drawing.match.exact) return labelled;
  const native::Connectivity& connectivity = *drawing.connectivity;
  const auto same = [&](const std::string& name, NetId net) {
    return circuit.find_net(name) == net;
  };
  for (const NetId port : circuit.ports) {
    int unnamed = -1;
    bool named = false;
    for (std::size_t n = 0; n < connectivity.nets.size(); ++n) {
      if (drawing.match.net_of[n] != port) continue;
      const native::FoundNet& net = connectivity.nets[n];
      named = named || (net.port && same(net.name, port));
      if (!net.port) unnamed = static_cast<int>(n);
    }
    if (named || unnamed < 0) continue;
    // On the highest wire of the net.
    const auto& conductors = connectivity.conductors;
    for (std::size_t layer = conductors.size(); layer-- > 0;) {
      const Layer& info = technology.layer(static_cast<LayerId>(layer));
      if (info.type != LayerType::kConductor || info.pin.layer < 0) continue;
      const auto wire =
          std::find_if(conductors[layer].begin(), conductors[layer].end(),
                       [&](const native::NetRect& rect) { return rect.net == unnamed; });
      if (wire == conductors[layer].end()) continue;
      if (!labelled) {
        labelled = layout;
        labelled->gds = file;
        labelled->on_disk = false;
      }
      const std::string& name = circuit.nets[static_cast<std::size_t>(port)].name;
      const Point at = wire->rect.center();
      labelled->flat->labels.push_back({static_cast<LayerId>(layer), at, name, true});
      for (gds::Cell& cell : labelled->library.cells) {
        if (cell.name == labelled->top) cell.texts.push_back({info.pin, at, name});
      }
      break;
    }
  }
  return labelled;
}

}  // namespace ptah
