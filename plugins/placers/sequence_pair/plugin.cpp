#include "ptah/plugin/plugin.hpp"

#include "placer.hpp"

namespace {

using ptah::OptionType;

class SequencePairPlacer final : public ptah::Placer {
 public:
  explicit SequencePairPlacer(const ptah::Options& options) {
    params_.halo = ptah::from_um(options.real("halo_um"));
    params_.extra_spacing = ptah::from_um(options.real("extra_spacing_um"));
    params_.outline_width = ptah::from_um(options.real("outline_width_um"));
    params_.outline_height = ptah::from_um(options.real("outline_height_um"));
    params_.aspect = options.real("aspect");
    params_.aspect_weight = options.real("aspect_weight");
    params_.area_weight = options.real("area_weight");
    params_.pair_weight = options.real("pair_weight");
    params_.tail_weight = options.real("tail_weight");
    params_.net_weights = options.text("net_weights");
    params_.iterations = static_cast<int>(options.integer("iterations"));
    params_.elites = static_cast<int>(options.integer("elites"));
    params_.max_nodes = static_cast<int>(options.integer("max_nodes"));
    params_.sampling = options.flag("sampling");
    params_.broken_symmetry = options.flag("broken_symmetry");
  }

  static ptah::OptionSchema options() {
    const ptah::sequence_pair::Params d;
    return {
        {"halo_um",
         OptionType::kReal,
         ptah::to_um(d.halo),
         "Room around each tile in which it may be shifted.",
         0,
         50,
         {}},
        {"extra_spacing_um",
         OptionType::kReal,
         ptah::to_um(d.extra_spacing),
         "Room for wires between tiles, beyond halo and clearance.",
         0,
         50,
         {}},
        {"outline_width_um",
         OptionType::kReal,
         0.0,
         "Limit of the layout's width, halos included; 0 leaves it free.",
         0,
         10000,
         {}},
        {"outline_height_um",
         OptionType::kReal,
         0.0,
         "Limit of the layout's height, halos included; 0 leaves it free.",
         0,
         10000,
         {}},
        {"aspect",
         OptionType::kReal,
         d.aspect,
         "Wanted width divided by height; 0 leaves it free.",
         0,
         100,
         {}},
        {"aspect_weight",
         OptionType::kReal,
         d.aspect_weight,
         "Weight of the distance from the wanted aspect, against the wire length.",
         0,
         1000,
         {}},
        {"area_weight",
         OptionType::kReal,
         d.area_weight,
         "Weight of the outline's width and height, against the wire length.",
         0,
         1000,
         {}},
        {"pair_weight",
         OptionType::kReal,
         d.pair_weight,
         "Weight of the distance between matched devices, against the wire length.",
         0,
         1000,
         {}},
        {"tail_weight",
         OptionType::kReal,
         d.tail_weight,
         "Weight of a tail device's distance from its pair's axis, against the wire length.",
         0,
         1000,
         {}},
        {"net_weights",
         OptionType::kText,
         "",
         "Weights of single nets, as in \"vout=2,vdd=0.5\"; other nets weigh 1.",
         {},
         {},
         {}},
        {"iterations",
         OptionType::kInt,
         d.iterations,
         "Annealing steps; 0 chooses them by the size of the circuit.",
         0,
         100000000,
         {}},
        {"elites",
         OptionType::kInt,
         d.elites,
         "Best sequence pairs that are packed exactly.",
         1,
         1000,
         {}},
        {"max_nodes",
         OptionType::kInt,
         d.max_nodes,
         "Branch-and-bound nodes of one exact packing.",
         1,
         100000000,
         {}},
        {"sampling",
         OptionType::kBool,
         d.sampling,
         "Many different placements rather than one good one: a short annealing, and no exact "
         "packing.",
         {},
         {},
         {}},
        {"broken_symmetry",
         OptionType::kBool,
         d.broken_symmetry,
         "Ignore which devices are matched.",
         {},
         {},
         {}},
    };
  }

  ptah::Result<ptah::Placement> place(const ptah::Circuit& circuit, const ptah::Tiles& tiles,
                                      const ptah::Technology& technology,
                                      const ptah::NetWeights& weights,
                                      ptah::JobContext& job) override {
    ptah::sequence_pair::Stats stats;
    ptah::sequence_pair::Params params = params_;
    params.weights = weights;
    PTAH_TRY(auto placement,
             ptah::sequence_pair::place(circuit, tiles, clearances_.of(tiles, technology), params,
                                        job, stats));
    job.log(ptah::LogLevel::kDebug,
            std::to_string(stats.anneal.evaluations) + " arrangements tried, " +
                std::to_string(stats.exact_solves) + " packed exactly; weighted wire length " +
                std::to_string(stats.exact_cost / 1000.0) + " um.");
    return placement;
  }

 private:
  ptah::sequence_pair::Params params_;
  ptah::sequence_pair::KeptClearances clearances_;
};

}  // namespace

PTAH_PLUGIN(ptah::Placer, SequencePairPlacer, "sequence_pair", "1.0.0",
            "Sequence pairs, annealed on wire length, packed exactly by COIN-OR.")
