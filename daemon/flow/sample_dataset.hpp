/// A dataset of samples, as a trainer reads it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "flow/stage_runner.hpp"
#include "ptah/stages/learning.hpp"
#include "samples/sample_file.hpp"

namespace ptah {

/// What of a row is to be predicted, less is better: "offset" or "-cmrr" by a measure's value or
/// its negative, "|offset|" by its magnitude. Of a measure whose magnitude counts (an offset) the
/// bare name means that as well. Empty: the dataset's first measure, as it is better.
class SampleLabel {
 public:
  /// Fails with the measures that there are.
  static Result<SampleLabel> parse(const std::string& text, const Json& about);
  double of(const Samples& samples, std::size_t row) const;
  /// As `parse` takes it.
  const std::string& text() const noexcept { return text_; }
  const std::string& measure() const noexcept { return name_; }
  /// More of the measure is better: the label is its negative.
  bool negative() const noexcept { return negative_ && !magnitude_; }

 private:
  std::string text_, name_;
  std::size_t measure_ = 0;
  bool negative_ = false, magnitude_ = false;
};

/// All blocks as one, in order. Fails where they are damaged or of different designs.
Result<Samples> read_blocks(const std::vector<std::filesystem::path>& blocks);

/// The clean rows of a dataset that have the label; all are of one design.
class SampleDataset final : public Dataset {
 public:
  /// `files`: the store's folder, where the circuit names its sources by hash. The device generator
  /// that drew the dataset draws its tiles again.
  static Result<std::unique_ptr<SampleDataset>> open(Samples samples, const std::string& label,
                                                     const std::string& files, PluginHost& host,
                                                     FlowJob& job);

  const Samples& samples() const noexcept { return samples_; }
  const SampleLabel& label_rule() const noexcept { return label_; }
  std::size_t left_out() const noexcept { return samples_.size() - rows_.size(); }
  /// The row of the file that an example is.
  std::size_t row(std::size_t index) const { return rows_.at(index); }
  const Circuit& circuit() const noexcept { return design_->circuit; }
  /// Takes another label; the examples are those that have it. Fails where none has.
  Status choose(SampleLabel label);

  const Technology& technology() const override { return technology_; }
  std::size_t size() const override { return rows_.size(); }
  double label(std::size_t index) const override { return label_.of(samples_, rows_.at(index)); }
  std::size_t design(std::size_t) const override { return 0; }
  std::size_t designs() const override { return 1; }
  /// As it is stored with the row.
  Split split(std::size_t index) const override { return samples_.split(rows_.at(index)); }
  Result<Example> read(std::size_t index) override;

 private:
  SampleDataset(Samples samples, SampleLabel label, Technology technology)
      : samples_(std::move(samples)),
        label_(std::move(label)),
        technology_(std::move(technology)) {}

  Samples samples_;
  SampleLabel label_;
  Technology technology_;
  std::shared_ptr<const Design> design_;
  std::vector<std::size_t> rows_;
};

}  // namespace ptah
