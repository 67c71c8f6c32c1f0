#include "adapter.hpp"
#include "greedy.hpp"

PTAH_PLUGIN(ptah::Explorer, ptah::search::StrategyExplorer<ptah::search::Greedy>, "greedy", "1.0.0",
            "Hill climbing over assignments with restarts, and over placements at each top.")
