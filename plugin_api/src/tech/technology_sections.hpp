/// The sections of a technology file, read one after the other.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/tech/technology.hpp"
#include "technology_reader.hpp"
#include "yaml_fields.hpp"

namespace ptah::tech {

/// Reads section after section; members are filled in file order because later sections name
/// layers and rules of earlier ones.
class Sections {
 public:
  Sections(Problems& problems, TechnologyReader::Beside beside, std::filesystem::path folder)
      : problems_(problems), beside_(beside), folder_(std::move(folder)) {}

  std::string name;
  double grid_um = 0.005;
  std::vector<Layer> layers;
  std::vector<DerivedLayer> derived;
  std::vector<Rule> rules;
  struct ViaNames {
    LayerId cut, lower, upper;
    int line;
  };
  std::vector<ViaNames> vias;
  struct Track {
    LayerId layer;
    bool horizontal;
    int line;
  };
  std::vector<Track> tracks;
  std::vector<DeviceModel> devices;
  std::map<std::string, std::size_t, std::less<>> device_index;
  Parasitics parasitics;
  std::string models;

  void read(const YAML::Node& root);
  std::optional<LayerId> layer(std::string_view wanted) const {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (layers[i].name == wanted) return static_cast<LayerId>(i);
    }
    return std::nullopt;
  }
  /// The drawn layer that a rule's operand stands for in pairwise tables.
  std::optional<LayerId> drawn(std::string_view operand) const {
    if (const auto id = layer(operand)) return id;
    for (const DerivedLayer& shape : derived) {
      if (shape.name == operand) return shape.drawn;
    }
    return std::nullopt;
  }

 private:
  void read_layers(const YAML::Node& list);
  void read_derived(const YAML::Node& list);
  void read_rules(const YAML::Node& list);
  void read_rule(const YAML::Node& item);
  void read_vias(const YAML::Node& list);
  void read_routing(const YAML::Node& list);
  void read_devices(const YAML::Node& list);
  void read_device(const YAML::Node& item);
  void read_parasitics(const YAML::Node& node);
  void read_lines(const Fields& parent);
  void read_models(const YAML::Node& node);
  bool is_sequence(const YAML::Node& node, std::string_view section, std::size_t most);
  GdsLayer gds(const Fields& fields, std::string_view key, bool required);
  Dbu length(const Fields& fields, std::string_view key, std::optional<double> fallback = {});
  Dbu on_grid(const Fields& fields, std::string_view key, double um);
  std::optional<LayerId> layer_field(const Fields& fields, std::string_view key);
  bool known_shape(std::string_view shape) const;
  /// Whether a layer or derived layer of that name exists.
  bool check_shape(const Fields& fields, std::string_view key, std::string_view shape);
  std::vector<std::string_view> shape_names() const;
  std::map<std::string, Corners, std::less<>> corners(const Fields& parent, std::string_view key);
  Parasitics::Table table(const Fields& parent, std::string_view key);

  Problems& problems_;
  TechnologyReader::Beside beside_;
  std::filesystem::path folder_;
};

}  // namespace ptah::tech
