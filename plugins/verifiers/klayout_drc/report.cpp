#include <charconv>
#include <cmath>
#include <map>
#include <pugixml.hpp>

#include "klayout_session.hpp"

namespace ptah::klayout {
namespace {

constexpr std::size_t kMaxPlaces = 1000;
constexpr std::string_view kComplete = "ptah.complete";

Error incomplete(std::string message) {
  return make_error(ErrorCode::kToolFailed, std::move(message), "klayout",
                    "Run the deck by hand on this layout to see where it stops.");
}

/// 'm1.2 met1' as it stands in an item, quoted where it holds more than letters, is m1.2 met1.
std::string unquoted(std::string_view name) {
  if (name.size() < 2 || name.front() != '\'' || name.back() != '\'') return std::string(name);
  std::string out;
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    if (name[i] == '\\' && i + 2 < name.size()) ++i;
    out += name[i];
  }
  return out;
}

/// The box around all points of "polygon: (x,y;x,y)", "edge-pair: (x,y;x,y)|(x,y;x,y)", ...; um.
Rect box_of(std::string_view value) {
  Rect box;
  const std::size_t colon = value.find(':');
  const char* at = value.data() + (colon == std::string_view::npos ? 0 : colon + 1);
  const char* const end = value.data() + value.size();
  double x = 0;
  bool has_x = false;
  while (at < end) {
    double number = 0;
    const auto [rest, error] = std::from_chars(at, end, number);
    if (error != std::errc()) {
      ++at;
      continue;
    }
    at = rest;
    if (!(std::fabs(number) < 2.0e6)) return Rect{};
    if (has_x) {
      const Point p{from_um(x), from_um(number)};
      box = box.united(Rect{p.x, p.y, p.x, p.y});
    }
    x = number;
    has_x = !has_x;
  }
  return box;
}

}  // namespace

Result<Report> read_report(std::string_view xml) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed) {
    return incomplete("KLayout's report is not whole: " + std::string(parsed.description()) +
                      " at byte " + std::to_string(parsed.offset) + ".");
  }
  const pugi::xml_node root = document.child("report-database");
  Report report;
  report.top = root.child_value("top-cell");

  // Name -> sentence; the last category is the end mark.
  std::map<std::string, std::string, std::less<>> texts;
  std::string last, mark;
  std::size_t categories = 0;
  for (const pugi::xml_node category : root.child("categories").children("category")) {
    last = category.child_value("name");
    mark = category.child_value("description");
    texts.try_emplace(last, mark);
    ++categories;
  }
  if (last != kComplete)
    return incomplete("KLayout's report ends without its end mark: the deck stopped half-way.");
  std::size_t checks = 0, shapes = 0;
  const char* const mark_end = mark.data() + mark.size();
  const auto first = std::from_chars(mark.data(), mark_end, checks);
  constexpr std::string_view kBetween = " checks, ";
  if (first.ec != std::errc() || std::string_view(first.ptr, mark_end).find(kBetween) != 0 ||
      std::from_chars(first.ptr + kBetween.size(), mark_end, shapes).ec != std::errc() ||
      checks + 1 != categories) {
    return incomplete("KLayout's report has " + std::to_string(categories) +
                      " categories, its end mark says \"" + mark.substr(0, 80) + "\".");
  }
  if (shapes == 0) {
    return make_error(ErrorCode::kInvalidArgument,
                      "Cell \"" + report.top + "\" holds nothing on a layer of the technology.", "",
                      "Check the GDS layer numbers and the cell's name.");
  }

  for (const pugi::xml_node item : root.child("items").children("item")) {
    const std::string name = unquoted(item.child_value("category"));
    const auto text = texts.find(name);
    if (text == texts.end())
      return incomplete("KLayout's report has a marker of an unknown category \"" + name + "\".");
    ++report.errors;
    if (report.violations.size() >= kMaxPlaces) continue;
    Violation violation;
    const std::size_t space = name.find(' ');
    violation.rule = name.substr(0, space);
    if (space != std::string::npos) {
      const std::size_t end = name.find_first_of(" /", space + 1);
      violation.layer = name.substr(space + 1, end == std::string::npos ? end : end - space - 1);
    }
    violation.text = violation.rule + ": " + text->second;
    if (space != std::string::npos) violation.text += " (" + name.substr(space + 1) + ")";
    violation.place = box_of(item.child("values").child_value("value"));
    report.violations.push_back(std::move(violation));
  }
  return report;
}

}  // namespace ptah::klayout
