#include "adapter.hpp"
#include "genetic.hpp"

PTAH_PLUGIN(ptah::Explorer, ptah::search::StrategyExplorer<ptah::search::Genetic>, "genetic",
            "1.0.0", "A genetic algorithm over assignments and net weights.")
