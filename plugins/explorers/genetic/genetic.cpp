#include "genetic.hpp"

namespace ptah::search {

Genetic::Genetic(const Options& options)
    : population_({static_cast<int>(options.integer("population")),
                   static_cast<int>(options.integer("tournament")), options.real("placings")}) {}

OptionSchema Genetic::options() {
  const Population::Params d;
  return {{"population", OptionType::kInt, d.size, "Members.", 2, 10000, {}},
          {"tournament",
           OptionType::kInt,
           d.tournament,
           "A parent is the best of so many members drawn at random.",
           1,
           1000,
           {}},
          {"placings",
           OptionType::kReal,
           d.placings,
           "Share of children that are placed with net weights of their own; the others are "
           "baselines.",
           0,
           1,
           {}}};
}

}  // namespace ptah::search
