/// What a stage may ask of the job it runs in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "ptah/core/error.hpp"

namespace ptah {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Handed to every stage call; outlives the call. All functions may be called from the calling
/// thread only, and never block.
class JobContext {
 public:
  virtual ~JobContext() = default;

  /// True once somebody asked the job to stop. A stage polls it at least every 50 ms of work and
  /// then returns `cancelled_error()`.
  virtual bool cancelled() const noexcept = 0;
  /// `fraction` of this stage in [0, 1]; messages are for people. May be called at any rate: the
  /// receiver thins.
  virtual void progress(double fraction, std::string_view message) = 0;
  virtual void log(LogLevel level, std::string_view message) = 0;
  /// One value of a curve, such as ("loss", update, 0.31); kept with the job and drawn by clients.
  /// `name` is a word (letters, digits, `_`, `.` but not first; at most 64), `step` >= 0, `value`
  /// finite; others are passed over. Said again, as by a resumed exploration, a step keeps its
  /// first value.
  virtual void metric(std::string_view /*name*/, std::int64_t /*step*/, double /*value*/) {}
  /// The seed of this call: the only source of randomness a stage may use (see Rng).
  virtual std::uint64_t seed() const noexcept = 0;
  /// A private, existing directory that is removed after the job.
  virtual const std::filesystem::path& scratch_dir() const noexcept = 0;
};

inline Error cancelled_error() {
  return make_error(ErrorCode::kCancelled, "The job was cancelled.");
}

/// A context for tests, benchmarks and embedding: never cancelled unless told, silent.
class SimpleJobContext final : public JobContext {
 public:
  explicit SimpleJobContext(std::uint64_t seed = 0,
                            std::filesystem::path scratch = std::filesystem::temp_directory_path())
      : seed_(seed), scratch_(std::move(scratch)) {}

  bool cancelled() const noexcept override { return cancelled_; }
  void progress(double, std::string_view) override {}
  void log(LogLevel, std::string_view) override {}
  std::uint64_t seed() const noexcept override { return seed_; }
  const std::filesystem::path& scratch_dir() const noexcept override { return scratch_; }

  void cancel() noexcept { cancelled_ = true; }

 private:
  std::uint64_t seed_;
  std::filesystem::path scratch_;
  bool cancelled_ = false;
};

}  // namespace ptah
