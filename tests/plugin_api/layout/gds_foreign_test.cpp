/// Layouts drawn by another generator (user unit: one metre), against what KLayout makes of them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <sstream>

#include "gds_test_data.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/geom/region.hpp"

namespace ptah {
namespace {

using namespace test;

/// Area of the merged shapes of every layer below the top cell, um^2, and the count of texts.
constexpr char kScript[] = R"(
ly = RBA::Layout.new
ly.read($gds)
top = ly.top_cell
ly.layer_indexes.each do |li|
  info = ly.get_info(li)
  area = RBA::Region.new(top.begin_shapes_rec(li)).merged.area * ly.dbu * ly.dbu
  texts = 0
  it = top.begin_shapes_rec(li)
  it.shape_flags = RBA::Shapes::STexts
  until it.at_end?
    texts += 1
    it.next
  end
  puts "LAYER #{info.layer} #{info.datatype} #{area} #{texts}"
end
puts "TOP #{top.name}"
)";

TEST(GdsForeign, FlattensToTheSameAreasAsKlayout) {
  const char* shared = std::getenv("PTAH_SHARED");
  if (!shared) GTEST_SKIP() << "PTAH_SHARED does not name the folder with layouts/*.gds";
  const auto klayout = find_tool("klayout", "klayout");
  if (!klayout) GTEST_SKIP() << klayout.error().text();
  int compared = 0;
  for (const char* name : {"five_transistors_ota_0.alignpdk.gds", "ota_ff_0.osirispdk.gds"}) {
    const auto file = std::filesystem::absolute(std::filesystem::path(shared) / "layouts" / name);
    const auto library = gds::read_file(file);
    ASSERT_TRUE(library) << library.error().text();
    ASSERT_EQ(library.value().tops().size(), 1u);
    const std::string top = library.value().tops()[0];
    const auto flat = gds::flatten(library.value(), top, tech());
    ASSERT_TRUE(flat) << flat.error().text();

    SimpleJobContext job;
    auto scratch = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-klayout");
    ASSERT_TRUE(scratch);
    ASSERT_TRUE(write_text_file(scratch.value().path() / "areas.rb", kScript));
    ToolRun run;
    run.program = klayout.value();
    run.arguments = {"-b", "-rd", "gds=" + file.string(), "-r", "areas.rb"};
    run.directory = scratch.value().path();
    const auto output = run_tool(run, job);
    ASSERT_TRUE(output) << output.error().text();
    ASSERT_NE(output.value().out.find("TOP " + top), std::string::npos) << output.value().err;

    // Both purposes that count as metal may hold shapes; KLayout's sum is an upper bound then.
    std::map<LayerId, std::vector<Rect>> shapes;
    for (const Shape& s : flat.value().shapes) shapes[s.layer].push_back(s.rect);
    std::map<LayerId, std::pair<double, double>> drawn_and_pin;
    std::size_t texts = 0;
    std::istringstream lines(output.value().out);
    for (std::string word; lines >> word;) {
      if (word != "LAYER") continue;
      int layer = 0, datatype = 0, count = 0;
      double area = 0;
      lines >> layer >> datatype >> area >> count;
      const GdsLayer gds{static_cast<std::int16_t>(layer), static_cast<std::int16_t>(datatype)};
      for (std::size_t i = 0; i < tech().layers().size(); ++i) {
        const Layer& l = tech().layers()[i];
        if (l.drawing == gds) drawn_and_pin[static_cast<LayerId>(i)].first += area;
        if (l.pin == gds) drawn_and_pin[static_cast<LayerId>(i)].second += area;
        if (l.drawing == gds || l.pin == gds || l.label == gds) {
          texts += static_cast<std::size_t>(count);
          break;
        }
      }
    }
    for (const auto& [layer, areas] : drawn_and_pin) {
      const double ours = to_um2(area(united(shapes[layer])));
      EXPECT_GE(ours, areas.first - 1e-6) << name << " " << tech().layer(layer).name;
      EXPECT_LE(ours, areas.first + areas.second + 1e-6) << name << " " << tech().layer(layer).name;
      if (areas.second == 0) {
        EXPECT_NEAR(ours, areas.first, 1e-6);
      }
      ++compared;
    }
    EXPECT_EQ(flat.value().labels.size(), texts) << name;
  }
  EXPECT_GT(compared, 15);
}

}  // namespace
}  // namespace ptah
