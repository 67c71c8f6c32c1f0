/// The trainer behind `cnn` and `nas`.
#pragma once

#include <memory>
#include <string>

#include "ptah/stages/stages.hpp"

namespace ptah::nets {

/// `options` as the plugin's schema has them; `core_hash` goes into the manifest.
std::unique_ptr<Trainer> make_trainer(std::string plugin, Json options, std::string core_hash);

}  // namespace ptah::nets
