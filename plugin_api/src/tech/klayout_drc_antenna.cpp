#include "klayout_drc.hpp"

namespace ptah::tech {

std::string klayout_antenna(const Technology&, std::vector<KlayoutCheck>&) {
  return {};
}

}  // namespace ptah::tech
