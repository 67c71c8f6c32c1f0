/// The design space that a chain's explorer is given: the home assignment, others beside it, and
/// checkpoints.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "flow/layout_space.hpp"

namespace ptah {

class FlowDesignSpace final : public DesignSpace {
 public:
  FlowDesignSpace(Exploration& exploration, std::unique_ptr<FlowLayoutSpace> home)
      : exploration_(exploration), home_(std::move(home)) {}

  /// Goes on from a file that `checkpoint` wrote.
  Status resume(const std::string& bytes);
  /// What is not on its way yet.
  Status flush();

  FlowLayoutSpace& flow_home() noexcept { return *home_; }

  const Circuit& circuit() const override { return exploration_.loaded.circuit; }
  const Technology& technology() const override { return exploration_.technology; }
  const FingerSpace& assignments() const override { return exploration_.assignments; }
  LayoutSpace& home() override { return *home_; }
  Result<std::shared_ptr<LayoutSpace>> open(const FingerAssignment& fingers) override;
  Result<std::shared_ptr<LayoutSpace>> enter(const FingerAssignment& fingers) override;
  std::optional<Budget> budget() const override { return exploration_.spec.budget; }
  Spent spent() const override { return exploration_.spent(); }
  int next_variant() const override { return exploration_.next_variant; }
  int last_variant() const override { return exploration_.spec.variants; }
  Status checkpoint(std::string_view bytes) override;
  const std::optional<std::string>& resumed() const override { return resumed_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// With nothing placed.
  Result<std::shared_ptr<FlowLayoutSpace>> create(const FingerAssignment& fingers);

  Exploration& exploration_;
  std::unique_ptr<FlowLayoutSpace> home_;
  std::optional<std::string> resumed_;
  /// One that waits, and the number of the next variant when it was made: after that has been
  /// recorded, it would come to disk too late.
  std::optional<std::string> waiting_;
  int waiting_variant_ = 0;
  Clock::time_point sent_{};
};

}  // namespace ptah
