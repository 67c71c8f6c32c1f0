#include "ptah/netlist/fingers.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>
#include <unordered_map>

#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"

namespace ptah {
namespace {

/// Of gate widths, nm: what SPICE netlists and Magic agree on.
constexpr Dbu kWidthGrid = 5;

/// Larger parts are not counted.
constexpr std::int64_t kMostCounted = 1 << 16;

std::string list(const std::vector<int>& counts) {
  std::string text;
  for (const int count : counts) text += (text.empty() ? "" : ", ") + std::to_string(count);
  return text;
}

std::string place(std::string_view device) {
  return "device " + std::string(device);
}

Error unknown_device(std::string_view name) {
  return make_error(ErrorCode::kNotFound,
                    "The circuit has no device " + text::quoted(name) + " to give fingers to.",
                    "fingers");
}

/// Why two devices cannot share a matched group, or nothing.
std::string mismatch(const Device& a, const Device& b) {
  const auto differ = [&](const std::string& what, const std::string& of_a,
                          const std::string& of_b) {
    return a.name + " and " + b.name + " are matched but differ in " + what + ": " + of_a +
           " and " + of_b + ".";
  };
  if (a.kind != b.kind) {
    return differ("kind", std::string(to_string(a.kind)), std::string(to_string(b.kind)));
  }
  if (a.model != b.model) return differ("model", a.model, b.model);
  if (a.is_mos() && a.length != b.length) {
    return differ("length", std::to_string(to_um(a.length)) + " um",
                  std::to_string(to_um(b.length)) + " um");
  }
  return {};
}

}  // namespace

Result<FingerSpace> FingerSpace::create(const Circuit& circuit, std::vector<int> allowed) {
  if (allowed.empty()) {
    return make_error(ErrorCode::kInvalidArgument, "No finger counts to choose from were given.",
                      "fingers", "give at least one count in 1..64");
  }
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    if (allowed[i] < 1 || allowed[i] > kMaxFingers || (i > 0 && allowed[i] <= allowed[i - 1])) {
      return make_error(ErrorCode::kInvalidArgument,
                        "The finger counts " + list(allowed) +
                            " are not ascending counts in 1..64 (at " + std::to_string(allowed[i]) +
                            ").",
                        "fingers");
    }
  }
  for (const MatchedGroup& group : circuit.matched) {
    if (group.empty()) continue;
    const Device& first = circuit.devices.at(static_cast<std::size_t>(group.front()));
    for (const DeviceId id : group) {
      const Device& device = circuit.devices.at(static_cast<std::size_t>(id));
      if (const std::string why = mismatch(first, device); !why.empty()) {
        return make_error(ErrorCode::kInvalidArgument, why, device.where,
                          "take the pair out of the pairs file or make the devices alike");
      }
      if (device.is_mos() && device.fingers != first.fingers) {
        const auto count = [](const Device& d) {
          return d.fingers == 0 ? std::string("free") : "nf=" + std::to_string(d.fingers);
        };
        return make_error(ErrorCode::kInvalidArgument,
                          first.name + " (" + count(first) + ") and " + device.name + " (" +
                              count(device) + ") are matched but not equal in their finger counts.",
                          device.where, "leave both free (nf=ZZZ) or give both the same count");
      }
    }
  }
  FingerSpace space;
  space.allowed_ = std::move(allowed);
  for (std::size_t i = 0; i < circuit.devices.size(); ++i) {
    const Device& device = circuit.devices[i];
    const auto id = static_cast<DeviceId>(i);
    space.names_.push_back(device.name);
    space.group_of_.push_back(-1);
    if (!device.is_mos() || device.fingers != 0) continue;
    const MatchedGroup* group = circuit.group_of(id);
    if (group != nullptr) {
      const DeviceId leader = *std::min_element(group->begin(), group->end());
      if (leader < id) {
        const std::int32_t index = space.group_of_[static_cast<std::size_t>(leader)];
        space.group_of_.back() = index;
        space.groups_[static_cast<std::size_t>(index)].push_back(id);
        continue;
      }
    }
    space.group_of_.back() = static_cast<std::int32_t>(space.groups_.size());
    space.groups_.push_back({id});
  }
  return space;
}

std::int64_t FingerSpace::count() const noexcept {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const auto base = static_cast<std::int64_t>(allowed_.size());
  std::int64_t product = 1;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (product > kMax / base) return kMax;
    product *= base;
  }
  return product;
}

std::size_t FingerSpace::numbered_groups() const noexcept {
  const auto base = static_cast<std::int64_t>(allowed_.size());
  std::int64_t left = std::numeric_limits<std::int64_t>::max();
  std::size_t groups = 0;
  while (groups < groups_.size() && left >= base) {
    left /= base;
    ++groups;
  }
  return groups;
}

std::vector<int> FingerSpace::counts_at(std::int64_t index) const {
  if (index < 0 || index >= count()) throw std::out_of_range("FingerSpace::at");
  const auto base = static_cast<std::int64_t>(allowed_.size());
  const std::size_t numbered = numbered_groups();
  Rng beyond = Rng(static_cast<std::uint64_t>(index)).fork(0xF2);
  std::vector<int> counts;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    const auto digit = group < numbered ? static_cast<std::size_t>(index % base)
                                        : static_cast<std::size_t>(beyond.below(allowed_.size()));
    if (group < numbered) index /= base;
    counts.push_back(allowed_[digit]);
  }
  return counts;
}

FingerAssignment FingerSpace::at(std::int64_t index) const {
  FingerAssignment assignment;
  const std::vector<int> counts = counts_at(index);
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (const DeviceId id : groups_[group])
      assignment[names_[static_cast<std::size_t>(id)]] = counts[group];
  }
  return assignment;
}

Result<std::int64_t> FingerSpace::index_of(const FingerAssignment& assignment) const {
  std::vector<int> chosen(groups_.size(), 0);
  std::vector<std::string> chosen_by(groups_.size());
  for (const auto& [name, fingers] : assignment) {
    const auto it =
        std::find_if(names_.begin(), names_.end(),
                     [&name = name](const std::string& n) { return same_but_for_case(n, name); });
    if (it == names_.end()) return unknown_device(name);
    const std::int32_t group = group_of_[static_cast<std::size_t>(it - names_.begin())];
    if (group < 0) {
      return make_error(ErrorCode::kInvalidArgument,
                        *it + " has no free finger count: the netlist fixes it.", place(*it),
                        "write nf=ZZZ in the netlist to free it, or leave it out");
    }
    if (!std::binary_search(allowed_.begin(), allowed_.end(), fingers)) {
      return make_error(ErrorCode::kInvalidArgument,
                        "fingers=" + std::to_string(fingers) + " is not allowed for " + *it + ".",
                        place(*it), "allowed are " + list(allowed_));
    }
    const auto g = static_cast<std::size_t>(group);
    if (chosen[g] != 0 && chosen[g] != fingers) {
      return make_error(ErrorCode::kInvalidArgument,
                        "Matched devices need one finger count: " + chosen_by[g] + "=" +
                            std::to_string(chosen[g]) + " but " + *it + "=" +
                            std::to_string(fingers) + ".",
                        place(*it), "give the group one of " + list(allowed_));
    }
    chosen[g] = fingers;
    chosen_by[g] = *it;
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (chosen[g] == 0) {
      const std::string& name = names_[static_cast<std::size_t>(groups_[g].front())];
      return make_error(ErrorCode::kInvalidArgument, "The finger count of " + name + " is missing.",
                        place(name), "allowed are " + list(allowed_));
    }
  }
  const auto base = static_cast<std::int64_t>(allowed_.size());
  std::int64_t index = 0;
  for (std::size_t g = numbered_groups(); g-- > 0;) {
    const auto it = std::lower_bound(allowed_.begin(), allowed_.end(), chosen[g]);
    index = index * base + (it - allowed_.begin());
  }
  if (index >= count() || counts_at(index) != chosen) {
    return make_error(ErrorCode::kLimit,
                      "This assignment has no number: the circuit has more assignments than there "
                      "are numbers (2^63).",
                      "fingers", "write nf= in the netlist for some of the devices");
  }
  return index;
}

std::vector<std::int64_t> FingerSpace::sample(std::int64_t wanted, Rng rng) const {
  // Fisher-Yates over the virtual array 0..n-1, of which only the touched entries are stored.
  // In a space larger than its numbers, the numbers of which no two agree in what they number.
  std::int64_t n = count();
  if (const std::size_t numbered = numbered_groups(); numbered < groups_.size()) {
    n = 1;
    for (std::size_t group = 0; group < numbered; ++group)
      n *= static_cast<std::int64_t>(allowed_.size());
  }
  wanted = std::clamp<std::int64_t>(wanted, 0, n);
  std::unordered_map<std::int64_t, std::int64_t> moved;
  const auto value = [&](std::int64_t i) {
    const auto it = moved.find(i);
    return it == moved.end() ? i : it->second;
  };
  std::vector<std::int64_t> indices;
  indices.reserve(static_cast<std::size_t>(std::min<std::int64_t>(wanted, 1 << 20)));
  for (std::int64_t i = 0; i < n && static_cast<std::int64_t>(indices.size()) < wanted; ++i) {
    const auto j = i + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(n - i)));
    const std::int64_t drawn = value(j);
    if (part_ == AssignmentPart::kAll || offers(counts_at(drawn))) indices.push_back(drawn);
    moved[j] = value(i);
    moved.erase(i);
  }
  return indices;
}

void FingerSpace::offer(AssignmentPart part, std::uint64_t seed) {
  part_ = part;
  part_seed_ = seed;
  offered_ = count();
  if (part == AssignmentPart::kAll || offered_ > kMostCounted) return;
  std::int64_t of_part = 0;
  for (std::int64_t index = 0; index < offered_; ++index)
    of_part += offers(counts_at(index)) ? 1 : 0;
  offered_ = of_part;
}

bool FingerSpace::offers(const std::vector<int>& counts) const {
  if (part_ == AssignmentPart::kAll) return true;
  std::uint64_t hash = mix64(part_seed_);
  for (const int count : counts) hash = mix64(hash ^ static_cast<std::uint64_t>(count));
  return (hash % 5 != 0) == (part_ == AssignmentPart::kTrain);
}

void keep_total_width(Circuit& circuit, const std::vector<int>& allowed) {
  if (allowed.empty()) return;
  const int most = *std::max_element(allowed.begin(), allowed.end());
  for (Device& device : circuit.devices) {
    if (device.is_mos() && device.fingers == 0) device.total_width = device.width * most;
  }
}

Result<Circuit> with_fingers(const Circuit& circuit, const FingerAssignment& assignment) {
  Circuit result = circuit;
  std::vector<bool> given(circuit.devices.size(), false);
  for (const auto& [name, fingers] : assignment) {
    const DeviceId id = circuit.find_device(name);
    if (id < 0) return unknown_device(name);
    const Device& device = circuit.devices[static_cast<std::size_t>(id)];
    if (!device.is_mos() || device.fingers != 0) {
      return make_error(ErrorCode::kInvalidArgument,
                        device.name + " has no free finger count: the netlist fixes it.",
                        device.where, "write nf=ZZZ in the netlist to free it, or leave it out");
    }
    if (fingers < 1 || fingers > kMaxFingers) {
      return make_error(
          ErrorCode::kInvalidArgument,
          "fingers=" + std::to_string(fingers) + " is not possible for " + device.name + ".",
          device.where, "a count is in 1..64");
    }
    const MatchedGroup* group = circuit.group_of(id);
    const MatchedGroup alone{id};
    for (const DeviceId member : group != nullptr ? *group : alone) {
      const auto m = static_cast<std::size_t>(member);
      if (given[m] && result.devices[m].fingers != fingers) {
        return make_error(ErrorCode::kInvalidArgument,
                          "Matched devices need one finger count: " + result.devices[m].name + "=" +
                              std::to_string(result.devices[m].fingers) + " but " + device.name +
                              "=" + std::to_string(fingers) + ".",
                          device.where);
      }
      if (circuit.devices[m].fingers == 0) {
        Device& counted = result.devices[m];
        counted.fingers = fingers;
        if (counted.total_width > 0)
          counted.width =
              (counted.total_width / fingers + kWidthGrid / 2) / kWidthGrid * kWidthGrid;
      }
      given[m] = true;
    }
  }
  for (const Device& device : result.devices) {
    if (device.is_mos() && device.fingers == 0) {
      return make_error(ErrorCode::kInvalidArgument,
                        "The finger count of " + device.name + " is missing.", device.where,
                        "give it with --fingers or write nf= in the netlist");
    }
  }
  return result;
}

Result<FingerAssignment> parse_fingers(std::string_view text) {
  FingerAssignment assignment;
  const std::string_view whole = text;
  const auto bad = [&](std::string_view token, const std::string& why) {
    return make_error(ErrorCode::kInvalidArgument,
                      text::quoted(token) + " in the finger assignment " + why + ".", "fingers",
                      "write DEVICE=COUNT,DEVICE=COUNT, for example M0=6,M1=2");
  };
  if (text::trim(whole).empty()) return assignment;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view token = text::trim(text.substr(0, comma));
    const std::size_t equals = token.find('=');
    if (equals == std::string_view::npos) return bad(token, "has no \"=\"");
    const std::string_view name = text::trim(token.substr(0, equals));
    const std::string_view number = text::trim(token.substr(equals + 1));
    if (name.empty()) return bad(token, "names no device");
    int fingers = 0;
    const auto [end, error] = std::from_chars(number.begin(), number.end(), fingers);
    if (error != std::errc{} || end != number.end()) return bad(token, "has no whole number");
    if (fingers < 1 || fingers > kMaxFingers) return bad(token, "is outside 1..64");
    for (const auto& [other, count] : assignment) {
      if (same_but_for_case(other, name)) return bad(token, "gives " + other + " a second count");
    }
    assignment.emplace(std::string(name), fingers);
    if (comma == std::string_view::npos) return assignment;
    text.remove_prefix(comma + 1);
  }
}

std::string to_string(const FingerAssignment& assignment) {
  std::string text;
  for (const auto& [name, fingers] : assignment) {
    if (!text.empty()) text += ',';
    text += name + "=" + std::to_string(fingers);
  }
  return text;
}

}  // namespace ptah
