#include "mos_straps.hpp"

#include <algorithm>

namespace ptah::sky130 {
namespace {

/// Fingers that one strap serves in a row.
constexpr int kFingersAStrap = 6;
constexpr Dbu kWidestStrap = 2'000;
/// From the beginning of a met3 bar to that of the next one of its terminal.
constexpr Dbu kBarPairPitch = 6'000;
/// A spine has this part of the tile's width.
constexpr Dbu kSpineShare = 8;
constexpr Dbu kNarrowestSpine = 1'000, kWidestSpine = 8'000;
/// Cuts where two wires cross, in each direction.
constexpr std::size_t kMostCuts = 4;

/// Strips of two terminals in turn, side by side along one axis.
struct Comb {
  Dbu low = 0;    ///< Of the first strip.
  Dbu pitch = 0;  ///< From one strip to the next.
  Dbu width = 0;
  int strips = 0;  ///< Even: as many for each terminal.

  Dbu at(int strip) const { return low + strip * pitch; }
};

Comb comb(Dbu low, Dbu high, Dbu pair_pitch, Dbu gap, Dbu widest) {
  Comb c;
  const Dbu pairs = std::max<Dbu>(1, (high - low + gap) / pair_pitch);
  c.strips = static_cast<int>(2 * pairs);
  c.pitch = snap_down((high - low + gap) / c.strips, 10);
  c.width = std::min(c.pitch - gap, widest);
  c.low = low + (c.pitch - gap - c.width) / 2 / 10 * 10;
  return c;
}

class Straps {
 public:
  Straps(TileBuilder& t, const Arrangement& a, const Rect& outline)
      : t_(t), a_(a), outline_(outline), half_bar_(a.first.half_bar) {}

  void add() {
    const Rows top = a_.row(a_.rows.size() - 1);
    low_ = a_.first.source - half_bar_;
    high_ = top.drain + half_bar_;
    bars();
    // At the sides straps of B, then of G.
    const Dbu side = 4 * half_bar_, gap = 2 * t_.rule("m2.2");
    Dbu left = outline_.x0, right = outline_.x1;
    const auto both_sides = [&](const std::vector<Dbu>& ys) {
      if (ys.size() < 2) return;
      for (const Dbu x : {left, right - side}) {
        t_.add("met2", {x, ys.front() - half_bar_, x + side, ys.back() + half_bar_});
        for (const Dbu y : ys) cuts_on_bar(x, x + side, y);
      }
      left += side + gap;
      right -= side + gap;
    };
    both_sides(a_.bulks());
    both_sides(rows_at(&Rows::gate));
    sources_and_drains(left, right);
  }

 private:
  std::vector<Dbu> rows_at(Dbu Rows::*height) const {
    std::vector<Dbu> ys;
    for (std::size_t r = 0; r < a_.rows.size(); ++r) ys.push_back(a_.row(r).*height);
    return ys;
  }

  Rect bar(Dbu y) const { return {outline_.x0, y - half_bar_, outline_.x1, y + half_bar_}; }

  void bars() {
    for (std::size_t r = 0; r < a_.rows.size(); ++r) {
      const Rows rows = a_.row(r);
      for (const Dbu y : {rows.bulk, rows.source, rows.drain, rows.gate}) t_.add("met1", bar(y));
    }
    t_.add_access("G", "met1", bar(a_.row(a_.rows.size() - 1).gate));
    t_.add_access("B", "met1", bar(a_.first.bulk));
    if (a_.top_tap) t_.add_access("B", "met1", bar(a_.bulks().back()));
  }

  /// Vias between a bar and a strap that crosses it from x0 to x1.
  void cuts_on_bar(Dbu x0, Dbu x1, Dbu y) {
    const Dbu size = t_.rule("via.1a");
    const Dbu inset = std::max(t_.rule("m2.5"), t_.rule("via.5a"));
    const CutRow row = cut_row(x0 + inset, x1 - inset, size, size + t_.rule("via.2"), t_.grid());
    const Dbu low = y - snap_down(size / 2, t_.grid());
    for (const Dbu x : row.starts) t_.add("via", {x, low, x + size, low + size});
  }

  /// Via2 where a strap and a met3 bar cross.
  void cuts_between(const Rect& strap, const Rect& bar) {
    const Rect common = strap.intersection(bar);
    if (common.empty()) return;
    const Dbu size = t_.rule("via2.1a"), pitch = size + t_.rule("via2.2");
    const Dbu inset = std::max(t_.rule("via2.5"), t_.rule("m3.4"));
    const auto row = [&](Dbu low, Dbu high) {
      CutRow cuts = cut_row(low + inset, high - inset, size, pitch, t_.grid());
      const std::size_t surplus = cuts.starts.size() - std::min(cuts.starts.size(), kMostCuts);
      cuts.starts.erase(cuts.starts.begin(),
                        cuts.starts.begin() + static_cast<std::ptrdiff_t>(surplus / 2));
      cuts.starts.resize(std::min(cuts.starts.size(), kMostCuts));
      return cuts;
    };
    const CutRow columns = row(common.x0, common.x1), rows = row(common.y0, common.y1);
    for (const Dbu x : columns.starts) {
      for (const Dbu y : rows.starts) t_.add("via2", {x, y, x + size, y + size});
    }
  }

  void sources_and_drains(Dbu left, Dbu right) {
    std::size_t fingers = 0;
    for (const Segment& segment : a_.rows.front())
      fingers += static_cast<std::size_t>(segment.fingers);
    const Dbu gap = 2 * t_.rule("m2.2");
    const Dbu pairs = static_cast<Dbu>((fingers + kFingersAStrap - 1) / kFingersAStrap);
    // A strap takes two cuts of either kind.
    const Dbu narrowest = 2 * t_.rule("via2.1a") + t_.rule("via2.2") + 2 * t_.rule("via2.5");
    const Comb straps =
        comb(left, right, std::max((right - left + gap) / pairs, 2 * (narrowest + gap)), gap,
             kWidestStrap);
    const Dbu gap_above = t_.rule("m3.3c");
    const Comb bars = comb(low_, high_, kBarPairPitch, gap_above, kBarPairPitch);
    const Dbu spine = std::clamp(snap_down((outline_.x1 - outline_.x0) / kSpineShare, 10),
                                 kNarrowestSpine, kWidestSpine);
    const Rect spines[] = {{outline_.x0, low_, outline_.x0 + spine, high_},
                           {outline_.x1 - spine, low_, outline_.x1, high_}};
    std::vector<Rect> above[2];
    for (int i = 0; i < bars.strips; ++i) {
      const Dbu y = bars.at(i);
      Rect bar{outline_.x0, y, outline_.x1, y + bars.width};
      if (i % 2 == 0) {
        bar.x1 = spines[1].x0 - gap_above;
      } else {
        bar.x0 = spines[0].x1 + gap_above;
      }
      t_.add("met3", bar);
      above[i % 2].push_back(bar);
    }
    for (int i = 0; i < straps.strips; ++i) {
      const Dbu x = straps.at(i);
      const Rect strap{x, low_, x + straps.width, high_};
      t_.add("met2", strap);
      for (const Dbu y : rows_at(i % 2 == 0 ? &Rows::source : &Rows::drain))
        cuts_on_bar(strap.x0, strap.x1, y);
      for (const Rect& bar : above[i % 2]) cuts_between(strap, bar);
    }
    t_.add_access("S", "met3", spines[0]);
    t_.add_access("D", "met3", spines[1]);
  }

  TileBuilder& t_;
  const Arrangement& a_;
  const Rect outline_;
  const Dbu half_bar_;
  Dbu low_ = 0, high_ = 0;  ///< Of straps and spines.
};

}  // namespace

void add_straps(TileBuilder& t, const Arrangement& arrangement, const Rect& outline) {
  Straps(t, arrangement, outline).add();
}

}  // namespace ptah::sky130
