#include "adapter.hpp"
#include "bayesian.hpp"

PTAH_PLUGIN(ptah::Explorer, ptah::search::StrategyExplorer<ptah::search::Bayesian>, "bayesian",
            "1.0.0",
            "Gaussian processes of cost and feasibility over assignments; CMA-ES over net weights.")
