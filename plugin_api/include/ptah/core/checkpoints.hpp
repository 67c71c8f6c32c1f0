/// How long work keeps what it needs to go on after an interruption.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "ptah/core/error.hpp"

namespace ptah {

/// Checkpoints of one piece of work: bytes that only the one who leaves them understands.
class Checkpoints {
 public:
  virtual ~Checkpoints() = default;
  /// Most bytes of a checkpoint.
  static constexpr std::size_t kMaxCheckpoint = 32u << 20;
  /// Leaves what is needed to go on from here. Comes to disk after what was recorded before it and
  /// before what is recorded after it; a newer one replaces it. May be called at any rate: those
  /// between two that come to disk are passed over.
  virtual Status checkpoint(std::string_view bytes) = 0;
  /// The last checkpoint on disk; nothing on a fresh start.
  virtual const std::optional<std::string>& resumed() const = 0;
};

}  // namespace ptah
