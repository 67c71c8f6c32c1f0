#include "adapter.hpp"
#include "cmaes_explorer.hpp"

PTAH_PLUGIN(ptah::Explorer, ptah::search::StrategyExplorer<ptah::search::CmaesExplorer>, "cmaes",
            "1.0.0",
            "CMA-ES over net weights inside, a genetic algorithm over assignments outside.")
