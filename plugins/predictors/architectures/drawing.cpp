#include <cstdio>

#include "architecture.hpp"

namespace ptah::nets {
namespace {

constexpr int kColumn = 210, kRow = 56, kTop = 70, kLeft = 30, kWidth = 150, kHeight = 28;

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

std::string text_at(int x, int y, const std::string& text) {
  return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\">" + escaped(text) +
         "</text>\n";
}

std::string colour(const Dag& dag, int vertex) {
  constexpr std::array<const char*, kOperations> kColours{"#cfe3f6", "#9cc4ec", "#d9ecc8",
                                                          "#f6dcb4"};
  if (vertex == 0) return "#e4e4e4";
  return kColours[static_cast<std::size_t>(dag.operations[static_cast<std::size_t>(vertex)])];
}

std::string draw(const Dag& dag, int column) {
  const int x = kLeft + column * kColumn, middle = x + kWidth / 2;
  std::string svg = text_at(middle, kTop - 12, "G" + std::to_string(column + 1));
  for (const auto& [from, to] : dag.edges) {
    const int y0 = kTop + from * kRow + kHeight, y1 = kTop + to * kRow;
    // Longer edges swing further out, so that none runs through a vertex.
    const int swing = to - from == 1 ? 0 : 30 + 8 * (to - from);
    char path[160];
    std::snprintf(path, sizeof path, "<path d=\"M%d %d C%d %d %d %d %d %d\"/>\n", middle, y0,
                  middle + 2 * swing, y0 + 8, middle + 2 * swing, y1 - 8, middle, y1);
    svg += path;
  }
  for (int vertex = 0; vertex < kVertices; ++vertex) {
    if (!dag.has(vertex)) continue;
    const int y = kTop + vertex * kRow;
    const bool goes_on = !dag.leads_on(vertex);
    svg += "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" width=\"" +
           std::to_string(kWidth) + "\" height=\"" + std::to_string(kHeight) +
           "\" rx=\"5\" fill=\"" + colour(dag, vertex) + "\" stroke-width=\"" +
           (goes_on ? "3" : "1") + "\"/>\n";
    const std::string label =
        vertex == 0 ? "fixed 3x3 / 2" : to_string(dag.operations[static_cast<std::size_t>(vertex)]);
    svg += text_at(middle, y + 19, "v" + std::to_string(vertex) + "  " + label);
  }
  return svg;
}

}  // namespace

std::string svg_of(const Architecture& architecture, const std::string& title) {
  const int width = 2 * kLeft + kDags * kColumn, height = kTop + kVertices * kRow + 10;
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(width) +
                    "\" height=\"" + std::to_string(height) +
                    "\" font-family=\"sans-serif\" font-size=\"12\" text-anchor=\"middle\">\n"
                    "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
                    "<g fill=\"none\" stroke=\"#444\">\n";
  svg += "</g>\n<g stroke=\"none\">" +
         text_at(width / 2, 24, title + " (thick: goes on to the next resolution)") + "</g>\n";
  for (int i = 0; i < kDags; ++i) {
    std::string part = draw(architecture.dags[static_cast<std::size_t>(i)], i);
    svg += "<g stroke=\"#444\" fill=\"none\">\n" + part + "</g>\n";
  }
  // Letters are filled, not outlined, in whichever group they stand.
  const std::string style = "<style>text{fill:#222;stroke:none}</style>\n";
  svg.insert(svg.find("<rect"), style);
  return svg + "</svg>\n";
}

}  // namespace ptah::nets
