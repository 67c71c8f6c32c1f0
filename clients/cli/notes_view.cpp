#include "notes_view.hpp"

#include <map>

#include "terminal.hpp"

namespace ptah::cli {

std::string changes_text(const Json& notes) {
  constexpr int kMostOfAKind = 20;
  using Align = Table::Align;
  Table table({"device", "what", "written", "taken as"},
              {Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft});
  std::map<std::string, int> of_kind;
  int more = 0;
  for (const Json& note : notes) {
    const std::string to = note.value("to", "");
    if (to.empty()) continue;
    if (++of_kind[to] > kMostOfAKind) {
      ++more;
    } else {
      table.add({note.value("device", ""), note.value("what", ""), note.value("from", ""), to});
    }
  }
  if (table.empty()) return {};
  const std::string rest =
      more > 0 ? "and " + std::to_string(more) + " more (--json shows all)\n" : "";
  return table.text() + rest;
}

}  // namespace ptah::cli
