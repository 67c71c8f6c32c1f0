#include "adapter.hpp"
#include "halving.hpp"

PTAH_PLUGIN(ptah::Explorer, ptah::search::StrategyExplorer<ptah::search::Halving>, "halving",
            "1.0.0",
            "Successive halving over assignments, with CMA-ES over the net weights of those left.")
