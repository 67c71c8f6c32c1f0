/// One dimension of a packing: coordinates that keep distances and make the nets short.
///
///   minimise  sum of weight * (right_n - left_n)
///   so that   x_v - x_u >= length        for every arc (u, v, length)
///             left_n <= x_u + low, x_u + high <= right_n   for every pin of net n
///             right_n - left_n <= limit  where net n has one
///
/// The dual of this linear program is a flow from every left end to some right end along the
/// longest ways (Ahuja, Magnanti, Orlin: Network Flows, 1993, chapter 9: successive shortest paths
/// with potentials; the potentials are the coordinates). Exact, in integers, and some ten
/// microseconds for a dozen tiles: what the annealer can afford for every step.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace ptah::sequence_pair {

class WirePacking {
 public:
  using Length = std::int64_t;
  static constexpr Length kInfinite = std::numeric_limits<Length>::max() / 4;

  /// Forgets everything but its memory.
  void reset(int units);
  void add_arc(int from, int to, Length length);
  /// Starts a net; its pins follow. A unit may have several pins. Every net needs a low and a high
  /// pin; those that others imply may be left out.
  void begin_net(int weight, Length limit = kInfinite);
  void add_low_pin(int unit, Length low);
  void add_high_pin(int unit, Length high);

  enum class Outcome {
    kOptimal,        ///< Units that no net pulls stay as far left as they can.
    kOverBound,      ///< The minimum is more than the bound; coordinates mean nothing.
    kContradiction,  ///< The distances leave no room.
  };
  /// Nets are brought in one after the other, so that a bound ends a hopeless solve early: put
  /// those that cost most first.
  Outcome solve(Length bound = kInfinite);
  /// All units as far left as they can be, whatever the nets say: a quarter of the time, and an
  /// upper bound of the sum, which ignores the nets' limits. Never kOverBound.
  Outcome pack_left();

  Length position(int unit) const { return potential_[static_cast<std::size_t>(unit)]; }
  /// The sum that was minimised, and one net's part of it without its weight.
  Length objective() const;
  Length extent(int net) const;

 private:
  struct Arc {
    int from, to;
    Length length;
    std::int64_t flow;
  };
  struct Net {
    int weight;
    Length limit;
  };
  struct NetPin {
    int net, unit;
    Length at;
    bool low;
  };

  int left(int net) const { return units_ + 2 * net; }
  int right(int net) const { return units_ + 2 * net + 1; }
  bool settle();
  bool augment(int source);
  void send(int arc, std::int64_t amount);

  int units_ = 0;
  int nodes_ = 0;
  std::vector<Arc> arcs_;
  std::vector<Net> nets_;
  std::vector<NetPin> pins_;
  /// Arcs that leave a node: out_[first_out_[v]..first_out_[v + 1]).
  std::vector<int> first_out_, out_;
  std::vector<std::vector<int>> flowing_in_;  ///< Arcs with flow that enter a node.
  std::vector<Length> potential_;
  std::vector<std::int64_t> demand_;
  Length sent_ = 0;  ///< Length of all flow: the least cost of the nets brought in so far.
  // Of one augmentation.
  std::vector<Length> distance_;
  std::vector<int> parent_;
  std::vector<char> settled_;
  std::vector<int> open_, visited_;
};

}  // namespace ptah::sequence_pair
