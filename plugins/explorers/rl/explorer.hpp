/// Reinforcement learning over a design space (OSIRIS, "RL exploration"): in each outer iteration
/// the outer agent draws finger counts and each assignment's baseline is made; from the baseline of
/// one (paper: the only one; tuned: the best so far) the inner agent plays episodes of moves; then
/// the outer agent learns what its assignments were worth.
///
/// The host counts evaluations, keeps each new best, and ends it. Every random number is named by a
/// counter, and a checkpoint holds all counters, weights, moments, the rollout and the present
/// layout, so that an interrupted exploration goes on with the same moves.
#pragma once

#include <memory>

#include "options.hpp"
#include "policy.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::rl {

/// Explores until the budget ends, which is kLimit of the space, handed on, or ok(). `space` has a
/// budget. Fails with kLimit, too, where networks are larger than a checkpoint may be; with
/// kUnsupported where layouts have no pscore (paper) or cost; with kInfeasible where nothing can be
/// evaluated any more; with kCancelled; and with whatever the space fails. `begin`: the policy that
/// it begins with, which `check_policy` has let through; `learnt`: where the one goes that it ends
/// with, well, by kLimit or by kCancelled.
Status explore(DesignSpace& space, const Params& params, JobContext& job,
               const Policy* begin = nullptr, Policy* learnt = nullptr);

/// Fails with a sentence where the policy is of another circuit, technology, profile or size than
/// an exploration of `space` with these parameters, or its weights are no such.
Status check_policy(const Policy& policy, const Params& params, const DesignSpace& space);

/// For libptah_torch.so: options as the schema has checked them.
std::unique_ptr<Explorer> make_explorer(const Json& options);

}  // namespace ptah::rl
