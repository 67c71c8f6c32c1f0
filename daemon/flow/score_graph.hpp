/// Layouts and schematics as graphs of devices and nets, refined by colours (Gemini): what
/// score_match and score_copies share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/score_match.hpp"

namespace ptah::score_graph {

using Colour = std::uint64_t;

/// splitmix64
Colour mix(Colour a, Colour b);
Colour hash_text(std::string_view text);

/// What a device is apart from its nets: `kind` must agree, `size` should.
struct Type {
  Colour kind = 0;
  Colour size = 0;
};

/// Devices of equal type between the same nets: what a layout can not tell apart.
struct Item {
  Type type;
  std::vector<std::pair<int, int>> ends;  ///< role, net; sorted. Without bulks.
  std::vector<int> members;
  int count = 0;  ///< Fingers or bodies; schematic: 0 while one of them is free.
};

struct Graph {
  std::vector<Item> items;
  std::vector<Colour> seed;                            ///< Of each net.
  std::vector<std::vector<std::pair<int, int>>> uses;  ///< Of each net: item, role.

  void index(std::size_t nets);
};

Graph graph_of(const FoundParts& found, const Technology& technology);
Graph graph_of(const Circuit& circuit, const Technology& technology);

struct Colours {
  std::vector<Colour> items, nets;
};
Colours initial(const Graph& graph);
/// One round: who is seen by whom.
void refine_once(const Graph& graph, Colours& colours);

}  // namespace ptah::score_graph
