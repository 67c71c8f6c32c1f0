#include "klayout_drc.hpp"

namespace ptah::tech {

// Distances are measured with square corners, as Magic measures them: two corners are too close
// when they are too close along x and along y. What can be said with sizing is said with sizing:
// it has no special cases for edges that touch.
const std::string_view kKlayoutDrcHead = R"ruby(
raise "Give the layout: -rd input=FILE" unless $input
raise "Give the report: -rd report=FILE" unless $report
$top ? source($input, $top) : source($input)
report("Design rules of #{$ptah_technology}", $report)

$ptah_checks = 0

# One category of the report.
def check(name, text, markers)
  markers.output(name, text)
  $ptah_checks += 1
end

# The parts of `inner` grown by d that `outer` does not cover; next to `beside`, which abuts
# `inner`, nothing is asked.
def uncovered(inner, outer, d, beside = nil)
  missing = (d > 0 ? inner.sized(d) : inner) - outer
  return missing unless beside
  missing - beside.interacting(inner).sized(d)
end

# Cuts that `outer` surrounds by d neither to the left and right nor below and above. The strips
# beside the cuts stay unmerged: each belongs to one edge of one cut.
def narrow_both_ways(inner, outer, d)
  upright, flat = [90, 0].map do |angle|
    sides = inner.edges.with_angle(angle)
    inner.interacting(sides.interacting(sides.extended_out(d).raw.not_inside(outer)))
  end
  upright & flat
end

# Outside distance of two layers; edges that run on a common line with opposite sides are 0 apart.
# Transparent: where a is a part of b, the edges that both have would hide what lies beyond.
def apart(a, b, d)
  a.separation(b, d, square, transparent)
end

# As `apart`, where the two may abut.
def apart_unless_abutting(a, b, d)
  (a.edges - b.edges).separation(b.edges - a.edges, d, square)
end

# As `apart`, less the edges of b where b abuts `beside`.
def apart_unless_butted(a, b, beside, d)
  a.edges.separation(b.edges - beside.edges, d, square)
end

# Outside distance of the outline that `wide` shares with `metal`, of which it is a part, to metal.
# A pair of edges counts when what lies between their nearest ends is not all metal: a wire that
# leaves the wide part and turns along it is one shape with it.
def apart_from_wide(wide, metal, d)
  pairs = (wide.edges & metal.edges).separation(metal.edges, d, square)
  all = metal.data
  kept = pairs.data.each.to_a.reject do |pair|
    a, b = pair.first.bbox, pair.second.bbox
    x = [[a.left, b.left].max, [a.right, b.right].min]
    y = [[a.bottom, b.bottom].max, [a.top, b.top].min]
    between = RBA::Region::new(RBA::Box::new(x.min, y.min, x.max, y.max))
    !between.is_empty? && (between - all).is_empty?
  end
  pairs.data.clear
  kept.each { |pair| pairs.data.insert(pair) }
  pairs
end

# Parts wider than w, both ways.
def wider_than(a, w)
  a.sized(-0.5 * w).sized(0.5 * w)
end

# Merged shapes that are not boxes with these sides, in um.
def not_square(cuts, side)
  s = (side / dbu).round
  select_polygons(cuts) { |p| !(p.is_box? && p.bbox.width == s && p.bbox.height == s) }
end

# Merged shapes whose shorter (longer) side is none of `sides`.
def side_not_in(shapes, sides, longer)
  s = sides.map { |v| (v / dbu).round }
  select_polygons(shapes) do |p|
    b = p.bbox
    !(p.is_box? && s.include?(longer ? [b.width, b.height].max : [b.width, b.height].min))
  end
end

# Bodies whose distance between the edges on the outline of `drawn` is none of `widths`.
def body_width_not_in(bodies, drawn, widths)
  sides = bodies.edges & drawn.edges
  upright = bodies.interacting(sides.with_angle(90))
  flat = bodies.interacting(sides.with_angle(0)) - upright
  s = widths.map { |v| (v / dbu).round }
  (select_polygons(upright) { |p| !(p.is_box? && s.include?(p.bbox.width)) } +
   select_polygons(flat) { |p| !(p.is_box? && s.include?(p.bbox.height)) } +
   (bodies - upright - flat))
end

# `from` farther than d from every `to`, the way not leaving `stay` or entering `avoid`: in steps
# that can not jump over either.
def farther_than(from, to, d, step, stay, avoid)
  reach = to
  left = d
  while left > 1.0e-6
    reach = reach.sized([step, left].min)
    reach = reach & stay if stay
    reach = reach - avoid if avoid
    left -= step
  end
  from - reach
end

def select_polygons(shapes)
  chosen = polygon_layer
  shapes.data.merged.each { |p| chosen.data.insert(p) if yield(p) }
  chosen
end
)ruby";

}  // namespace ptah::tech
