#include "adapter.hpp"
#include "annealing.hpp"

PTAH_PLUGIN(ptah::Explorer, ptah::search::StrategyExplorer<ptah::search::Annealing>, "annealing",
            "1.0.0", "Simulated annealing of counts and sequence pairs on the simulated score.")
