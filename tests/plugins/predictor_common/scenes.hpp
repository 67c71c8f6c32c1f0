/// A circuit with parts, and layouts of it to learn from.
#pragma once

#include "fake_dataset.hpp"

namespace ptah::predictors::test {

/// Four transistors in three parts of a circuit, joined by five nets.
Circuit parted_circuit();
Tiles tiles_of(const Circuit& circuit);

/// A FakeDataset that fails a test which reads a layout of kTest.
class SealedDataset final : public Dataset {
 public:
  explicit SealedDataset(std::size_t size, std::uint64_t seed = 1)
      : inner_(parted_circuit(), tiles_of(parted_circuit()), size, seed) {}

  const Technology& technology() const override { return inner_.technology(); }
  std::size_t size() const override { return inner_.size(); }
  double label(std::size_t index) const override;
  std::size_t design(std::size_t index) const override { return inner_.design(index); }
  std::size_t designs() const override { return inner_.designs(); }
  Split split(std::size_t index) const override { return inner_.split(index); }
  Result<Example> read(std::size_t index) override;
  const Design& only() const { return inner_.only(); }

 private:
  ptah::test::FakeDataset inner_;
};

}  // namespace ptah::predictors::test
