/// Fixed blocks for engines that know devices and nets alone. A block becomes its pins: a device of
/// a model of its own for each terminal, between the terminal's net and one that all pins of the
/// instance share. So a circuit with blocks is compared like any other, and what is compared is
/// which net each terminal of which block is on. A net inside that reaches no terminal is a pin,
/// too, on a net of its own: whatever touches it from outside differs from the schematic.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ptah/layout/block.hpp"
#include "ptah/stages/stages.hpp"
#include "ptah/tech/technology.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::native {

bool has_blocks(const Circuit& circuit) noexcept;

/// A block where it is drawn.
struct PlacedBlock {
  std::size_t block = 0;  ///< In BoxedCircuit::blocks.
  Transform to_layout;    ///< From the block's coordinates.
};

/// A layout without the devices of its blocks: of each is left what joins nets.
struct BoxedLayout {
  gds::Flat flat;
  std::vector<PlacedBlock> placed;  ///< By block, then place.
  /// A cell of a block's name that holds something else, and the like: sentences.
  std::vector<Violation> strange;
};

/// A pin as the layout has it: what its place says of it.
struct BoxPin {
  std::size_t placed = 0;  ///< In BoxedLayout::placed.
  std::size_t model = 0;   ///< In Technology::devices().
  std::string name;        ///< "my_block:in"
  LayerId layer = 0;
  Rect place;
  std::string shared;  ///< The net of all pins of the instance.
};

struct BoxedCircuit {
  Technology technology;  ///< With a model for each pin.
  Circuit circuit;        ///< Of pins in place of blocks.
  std::vector<std::shared_ptr<const Block>> blocks;
  std::vector<std::size_t> first_model;  ///< Of each block: terminals, then nets inside.

  /// What of `flat` is a block: a cell of its name that has its shapes.
  BoxedLayout open(const gds::Flat& flat) const;
  std::vector<BoxPin> pins(const BoxedLayout& layout) const;
  /// The pins as devices of `connectivity`, which was found in `layout.flat`.
  void add_pins(const BoxedLayout& layout, Connectivity& connectivity) const;
  /// What a layout has fewer or more of; empty: as many of each as the circuit.
  std::vector<Violation> differences(const BoxedLayout& layout) const;
  /// From pins back to blocks: what a simulation has in their place. Capacitances to nets inside
  /// go.
  void close(ExtractedNetlist& netlist) const;
};

/// Makes them; keeps the technology from one call to the next, as long as the blocks stay.
class BlackBoxes {
 public:
  /// `circuit` has blocks.
  BoxedCircuit of(const Circuit& circuit, const Technology& technology);

 private:
  std::vector<std::shared_ptr<const Block>> blocks_;
  std::vector<std::size_t> first_model_;
  Technology::Identity base_;
  std::optional<Technology> technology_;
};

/// Errors of design rules within a block, judged alone, are none of the layout's.
class BlockErrors {
 public:
  /// Judges a layout that is a block alone.
  using Judge = std::function<Result<Verdict>(const gds::Library& library, const std::string& top,
                                              const gds::Flat& flat)>;
  /// Takes those out of `verdict` and says in its summary how many they are.
  Status tell_apart(const LayoutFile& layout, const Circuit& circuit, const Technology& technology,
                    const Judge& judge, Verdict& verdict);

 private:
  struct Known {
    std::shared_ptr<const Block> block;
    Technology::Identity technology;
    std::vector<Violation> violations;
  };
  Result<const std::vector<Violation>*> of(const std::shared_ptr<const Block>& block,
                                           const Technology& technology, const Judge& judge);
  std::vector<Known> known_;
};

}  // namespace ptah::native
