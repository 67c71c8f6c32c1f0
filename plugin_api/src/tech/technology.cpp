#include "ptah/tech/technology.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "ptah/core/letter_case.hpp"

namespace ptah {
namespace {

constexpr std::array<std::string_view, 22> kRuleKindNames{"width",
                                                          "spacing",
                                                          "wide_spacing",
                                                          "bottom_plate_spacing",
                                                          "plate_to_metal_spacing",
                                                          "enclosure",
                                                          "enclosure_one_direction",
                                                          "extension",
                                                          "max_extension",
                                                          "overlap",
                                                          "channel_width",
                                                          "channel_length",
                                                          "area",
                                                          "hole_area",
                                                          "cut_size",
                                                          "allowed_width",
                                                          "allowed_length",
                                                          "max_distance",
                                                          "holds",
                                                          "rectangular",
                                                          "exclusive",
                                                          "antenna"};

}  // namespace

std::string_view to_string(RuleKind kind) noexcept {
  return kRuleKindNames[static_cast<std::size_t>(kind)];
}

double DeviceModel::resistance(Dbu width, Dbu length) const noexcept {
  const double w = to_um(width);
  if (w <= 0 || w - width_offset_um <= 0) return 0;
  return sheet_ohm * to_um(length) / (w - width_offset_um) + contact_ohm / w;
}

Dbu DeviceModel::length_for(double ohm, Dbu width, Dbu grid) const noexcept {
  const double w = to_um(width);
  if (w <= 0 || sheet_ohm <= 0 || grid <= 0) return 0;
  const double um = (ohm - contact_ohm / w) * (w - width_offset_um) / sheet_ohm;
  const double steps = std::round(um * 1000.0 / grid);
  if (!(steps > 0)) return 0;
  constexpr double kMost = 2e9;  // stays inside Dbu
  return static_cast<Dbu>(std::min(steps * grid, kMost - std::fmod(kMost, grid)));
}

LayerId Technology::layer(std::string_view layer_name) const {
  if (const auto id = find_layer(layer_name)) return *id;
  throw std::out_of_range("technology " + name_ + " has no layer \"" + std::string(layer_name) +
                          "\"");
}

std::optional<LayerId> Technology::find_layer(std::string_view layer_name) const noexcept {
  const auto found = layer_index_.find(layer_name);
  if (found == layer_index_.end()) return std::nullopt;
  return found->second;
}

std::optional<LayerId> Technology::find_gds(GdsLayer gds) const noexcept {
  const auto found = gds_index_.find(gds);
  if (found == gds_index_.end()) return std::nullopt;
  return found->second;
}

std::int64_t Technology::rule(std::string_view id) const {
  const auto found = rule_index_.find(id);
  if (found == rule_index_.end()) {
    throw std::out_of_range("technology " + name_ + " has no rule \"" + std::string(id) + "\"");
  }
  return rules_[found->second].value;
}

Dbu Technology::spacing(LayerId a, LayerId b) const noexcept {
  const std::size_t count = layers_.size();
  return a < count && b < count ? spacing_[a * count + b] : 0;
}

Dbu Technology::min_width(LayerId id) const noexcept {
  return id < width_.size() ? width_[id] : 0;
}

Enclosure Technology::enclosure(LayerId outer, LayerId inner) const noexcept {
  const std::size_t count = layers_.size();
  return outer < count && inner < count ? enclosure_[outer * count + inner] : Enclosure{};
}

const Via* Technology::via_between(LayerId lower, LayerId upper) const noexcept {
  for (const Via& via : vias_) {
    if (via.lower == lower && via.upper == upper) return &via;
  }
  return nullptr;
}

const DeviceModel* Technology::find_device(std::string_view name_or_alias) const noexcept {
  const auto found = device_index_.find(lower_case(name_or_alias));
  return found == device_index_.end() ? nullptr : &devices_[found->second];
}

Technology Technology::with_devices(const std::vector<DeviceModel>& more) const {
  Technology technology = *this;
  technology.identity_ = new_identity();
  for (const DeviceModel& model : more) {
    technology.device_index_.emplace(lower_case(model.name), technology.devices_.size());
    technology.devices_.push_back(model);
  }
  return technology;
}

}  // namespace ptah
