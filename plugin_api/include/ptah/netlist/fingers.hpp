/// Fingers permutation (OSIRIS, section on fingers permutation): every matched group shares one
/// finger count, every other MOS device with a free count is a group of its own, and all
/// assignments of the allowed counts to the groups are enumerated lazily.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/random.hpp"
#include "ptah/netlist/circuit.hpp"

namespace ptah {

/// Device name -> finger count. Ordered, so that equal assignments print equally.
using FingerAssignment = std::map<std::string, int>;

/// Of one device.
constexpr int kMaxFingers = 64;

/// A part of a space's assignments, by a hash of each: what is learnt on one is tried on the other,
/// of which it has seen nothing.
enum class AssignmentPart {
  kAll,
  kTrain,  ///< Four in five.
  kRest,   ///< The others.
};

class FingerSpace {
 public:
  /// `allowed` are the counts every group chooses from, ascending, each in 1..64.
  /// Fails when `allowed` is empty or a matched group mixes devices that cannot match (kind, model
  /// or length differ). Matched devices may have different finger widths.
  static Result<FingerSpace> create(const Circuit& circuit, std::vector<int> allowed);

  /// Number of assignments: allowed^groups, saturating at 2^63 - 1.
  std::int64_t count() const noexcept;
  std::size_t group_count() const noexcept { return groups_.size(); }
  const std::vector<std::vector<DeviceId>>& groups() const noexcept { return groups_; }
  const std::vector<int>& allowed() const noexcept { return allowed_; }

  /// The `index`-th assignment, 0 <= index < count(), the first group varying fastest. Of a space
  /// that is larger than its numbers (2^63 - 1), the groups beyond are drawn by the index, so that
  /// every device varies.
  FingerAssignment at(std::int64_t index) const;
  /// The same as a count for each of `groups()`.
  std::vector<int> counts_at(std::int64_t index) const;
  /// The inverse of `at`. Fails with the device, the field and the allowed values when
  /// `assignment` names an unknown or fixed device, leaves a free device out whose group is not
  /// otherwise given, asks for a count that is not allowed, or gives a group two counts; with
  /// kLimit when the space is larger than its numbers and this assignment has none.
  Result<std::int64_t> index_of(const FingerAssignment& assignment) const;
  /// `count` different assignment indices (all of them when fewer are offered), drawn without
  /// replacement in a deterministic order.
  std::vector<std::int64_t> sample(std::int64_t count, Rng rng) const;

  /// Assignments outside `part` are not offered from here on: they keep their numbers, and no
  /// exploration opens them. `seed` says which of the ways to split.
  void offer(AssignmentPart part, std::uint64_t seed);
  /// Whether this one is: a count for each of `groups()`.
  bool offers(const std::vector<int>& counts) const;
  /// How many are. Of a part of more than 2^16 nobody counts them: count().
  std::int64_t offered() const noexcept {
    return part_ == AssignmentPart::kAll ? count() : offered_;
  }

 private:
  FingerSpace() = default;
  /// Groups that an index numbers; all of them but in a space larger than its numbers.
  std::size_t numbered_groups() const noexcept;

  std::vector<int> allowed_;
  std::vector<std::vector<DeviceId>> groups_;
  std::vector<std::string> names_;      ///< Of every device of the circuit.
  std::vector<std::int32_t> group_of_;  ///< Of every device; -1: not free.
  AssignmentPart part_ = AssignmentPart::kAll;
  std::uint64_t part_seed_ = 0;
  std::int64_t offered_ = 0;  ///< Of a part.
};

/// Gives every device with a free count the total width that it has with the most fingers of
/// `allowed`, so that fewer fingers are wider ones and none is narrower than the netlist's.
void keep_total_width(Circuit& circuit, const std::vector<int>& allowed);

/// `circuit` with the free counts filled in; a finger of a device with a total width is that
/// divided by the count, to 5 nm. Fails as `index_of` does for fixed or unknown devices.
Result<Circuit> with_fingers(const Circuit& circuit, const FingerAssignment& assignment);

/// "M0=6,M1=2" -> assignment; fails naming the token.
Result<FingerAssignment> parse_fingers(std::string_view text);
std::string to_string(const FingerAssignment& assignment);

}  // namespace ptah
