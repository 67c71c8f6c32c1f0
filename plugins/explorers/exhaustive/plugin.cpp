#include "adapter.hpp"
#include "exhaustive.hpp"

PTAH_PLUGIN(ptah::Explorer, ptah::search::StrategyExplorer<ptah::search::Exhaustive>, "exhaustive",
            "1.0.0", "Every assignment as it is placed, one after the other.")
