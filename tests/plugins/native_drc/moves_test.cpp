// An engine that has seen other layouts says, byte for byte, what a new one says.
#include "drc_testing.hpp"
#include "ptah/core/random.hpp"

namespace ptah {
namespace {

/// Tiles of all devices in a row, near enough to get into each other's way.
std::vector<Shape> row(const Technology& technology) {
  std::vector<Shape> shapes;
  Dbu x = 0;
  for (const auto& tile : test::clean_tiles(technology)) {
    Rect box;
    for (const Shape& shape : tile.shapes) box = box.united(shape.rect);
    for (const Shape& shape : tile.shapes) {
      shapes.push_back({shape.layer, shape.rect.moved({x - box.x0, -box.y0})});
    }
    x += box.width() + 2000;
  }
  return shapes;
}

TEST(NativeDrcMoves, SameAsFromScratchOverThousandsOfMoves) {
  const Technology& technology = Technology::ptah130();
  const std::vector<Shape> clean = row(technology);
  Rect box;
  for (const Shape& shape : clean) box = box.united(shape.rect);
  auto plan = native::drc::Plan::compile(technology);
  ASSERT_TRUE(plan);
  native::drc::Engine engine(plan.value());
  Rng rng(99);
  std::vector<Shape> shapes = clean;
  int unclean = 0;
  for (int move = 0; move < 3000; ++move) {
    if (rng.below(5) == 0) shapes = clean;  // also far jumps back
    const std::uint64_t kind = rng.below(10);
    if (kind < 6) {  // what a window holds shifts
      const Dbu x = box.x0 + static_cast<Dbu>(rng.below(static_cast<std::uint64_t>(box.width())));
      const Rect window{x, box.y0, x + static_cast<Dbu>(rng.below(15'000)), box.y1};
      const Point by{5 * (static_cast<Dbu>(rng.below(81)) - 40),
                     5 * (static_cast<Dbu>(rng.below(81)) - 40)};
      for (Shape& shape : shapes) {
        if (window.contains(shape.rect)) shape.rect = shape.rect.moved(by);
      }
    } else if (kind < 8) {  // one edge moves
      Shape& shape = shapes[rng.below(shapes.size())];
      shape.rect.x1 += 5 * (static_cast<Dbu>(rng.below(41)) - 20);
      if (shape.rect.x1 <= shape.rect.x0) shape.rect.x1 = shape.rect.x0 + 5;
    } else if (kind == 8) {
      shapes.erase(shapes.begin() + static_cast<std::ptrdiff_t>(rng.below(shapes.size())));
    } else {
      Shape copy = shapes[rng.below(shapes.size())];
      copy.rect = copy.rect.moved({5 * static_cast<Dbu>(rng.below(200)), 0});
      shapes.push_back(copy);
    }
    native::drc::Engine fresh(plan.value());
    const Verdict again = test::check(engine, shapes), anew = test::check(fresh, shapes);
    ASSERT_EQ(test::text_of(again), test::text_of(anew)) << "move " << move;
    unclean += anew.clean ? 0 : 1;
  }
  EXPECT_GT(unclean, 1000);
  EXPECT_LT(unclean, 3000);
}

}  // namespace
}  // namespace ptah
