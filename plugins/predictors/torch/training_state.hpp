/// What a checkpoint of a training holds: where it is, and the bytes of what is on its way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ladder.hpp"

namespace ptah::nets {

struct TrainingState {
  std::string key;             ///< Of plugin, options, seed and data: others start again.
  std::optional<Json> search;  ///< While a search goes on.
  std::optional<Architecture> architecture;  ///< That is trained, once it is known.
  Json history = Json::array();              ///< Of the search that found it.
  std::vector<std::string> members;          ///< Fit::save of those that are trained.
  std::string fit;                           ///< Of the one under way; may be empty.
  std::string best;      ///< Of the same, after its best epoch; empty: none is over.
  double best_loss = 0;  ///< Of that, on the validation part.

  std::string save() const;
  /// Nothing for bytes of anything else.
  static std::optional<TrainingState> read(std::string_view bytes, const std::string& key);
};

}  // namespace ptah::nets
