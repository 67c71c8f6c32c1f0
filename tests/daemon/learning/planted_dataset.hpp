/// Strewn placements whose label is what a test plants.
#pragma once

#include <functional>
#include <set>

#include "fake_dataset.hpp"
#include "learning/features.hpp"
#include "small_circuit.hpp"

namespace ptah::learning::test {

/// Centres of the tiles as shares of the box, x and y of each; and the placement's number.
using Label = std::function<double(const std::vector<double>& centres, std::size_t index)>;

class PlantedDataset final : public Dataset {
 public:
  PlantedDataset(std::size_t size, const Label& label, std::uint64_t seed = 1)
      : strewn_(contract::small_amplifier(), contract::blank_tiles(contract::small_amplifier()),
                size, seed) {
    for (std::size_t i = 0; i < size; ++i) {
      const Features features = features_of({strewn_.read(i).value()});
      const auto row = features.centres.row(0);
      labels_.push_back(label({row.data(), row.data() + row.size()}, i));
    }
  }

  const Technology& technology() const override { return strewn_.technology(); }
  std::size_t size() const override { return labels_.size(); }
  double label(std::size_t index) const override { return labels_.at(index); }
  std::size_t design(std::size_t) const override { return 0; }
  std::size_t designs() const override { return 1; }
  Split split(std::size_t index) const override {
    return Split{splits.empty() ? strewn_.split(index) : splits.at(index)};
  }
  Result<Example> read(std::size_t index) override {
    read_parts.insert(split(index));
    const auto same = copies.find(index);
    PTAH_TRY(Example example, strewn_.read(same == copies.end() ? index : same->second));
    example.label = labels_.at(index);
    return example;
  }

  std::vector<Split> splits;                  ///< Empty: as FakeDataset.
  std::set<Split> read_parts;                 ///< Of the examples that were read.
  std::map<std::size_t, std::size_t> copies;  ///< Placements that are another's.

 private:
  ptah::test::FakeDataset strewn_;
  std::vector<double> labels_;
};

/// Trees can learn it, wire length cannot: two devices on the same side of the middle are bad.
inline double same_side(const std::vector<double>& centres, std::size_t) {
  return std::exp(6 * (centres[2] - 0.5) * (centres[7] - 0.5) + 2 * centres[4]);
}

}  // namespace ptah::learning::test
