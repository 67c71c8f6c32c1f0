// library.*: pages of cells, views and versions. An answer names what the next one goes on after,
// so that no bound hides a row.
#include "app/answer_rows.hpp"
#include "app/server.hpp"

namespace ptah {

using namespace rpc;

namespace {

/// Of a library, looked at together for its cells.
constexpr std::int64_t kViewsAtOnce = 1000;

ViewKey view_key(const std::optional<LibraryPlace>& after) {
  return after ? ViewKey{after->cell, after->view} : ViewKey{};
}

/// The cells behind the place, one more than are asked for if there are so many.
std::vector<CellInfo> cells_after(Store& store, const CellParams& params) {
  std::vector<CellInfo> cells;
  const std::string last = params.after ? params.after->cell : std::string();
  ViewKey at{last, {}};
  for (;;) {
    const std::vector<ViewRow> page =
        store.views(params.library, params.cell, params.view, at, kViewsAtOnce);
    for (const ViewRow& row : page) {
      if (params.after && row.cell == last) continue;
      if (cells.empty() || cells.back().cell != row.cell) {
        if (static_cast<std::int64_t>(cells.size()) > params.limit) return cells;
        cells.push_back({row.library, row.cell, 0, 0});
      }
      ++cells.back().views;
      cells.back().versions += row.versions;
    }
    if (static_cast<std::int64_t>(page.size()) < kViewsAtOnce) return cells;
    at = {page.back().cell, page.back().view};
  }
}

}  // namespace

void Server::library_circuits(const Nothing&, Reply<ResultReply> reply) {
  small_task(TaskKind::kCircuits, Json::object(), std::move(reply));
}

void Server::library_cells(const CellParams& params, Reply<CellsReply> reply) {
  answer_from_store(reply, [params](Store& store) {
    CellsReply answer;
    std::size_t bytes = 0;
    const std::vector<CellInfo> cells = cells_after(store, params);
    for (const CellInfo& cell : cells) {
      if (static_cast<std::int64_t>(answer.cells.size()) == params.limit ||
          !add_row(answer.cells, bytes, cell))
        break;
    }
    if (answer.cells.size() < cells.size()) answer.next = {answer.cells.back().cell, {}, 0};
    return answer;
  });
}

void Server::library_views(const CellParams& params, Reply<ViewsReply> reply) {
  answer_from_store(reply, [params](Store& store) {
    ViewsReply answer;
    std::size_t bytes = 0;
    const std::vector<ViewRow> rows = store.views(params.library, params.cell, params.view,
                                                  view_key(params.after), params.limit + 1);
    for (const ViewRow& row : rows) {
      if (static_cast<std::int64_t>(answer.views.size()) == params.limit ||
          !add_row(answer.views, bytes, ViewInfo{row.library, row.cell, row.view, row.versions}))
        break;
    }
    if (answer.views.size() < rows.size())
      answer.next = {answer.views.back().cell, answer.views.back().view, 0};
    return answer;
  });
}

void Server::library_versions(const CellParams& params, Reply<VersionsReply> reply) {
  answer_from_store(reply, [params](Store& store) {
    VersionsReply answer;
    std::size_t bytes = 0;
    std::optional<VersionKey> after;
    if (params.after) after = {view_key(params.after), params.after->version};
    const std::vector<VersionRow> rows =
        store.versions(params.library, params.cell, params.view, params.limit + 1, after);
    for (const VersionRow& row : rows) {
      VersionInfo info{row.library,    row.cell,  row.view,
                       row.job,        row.hash,  store.files().path(row.hash).string(),
                       row.version,    row.chain, row.variant,
                       row.created_ms, row.owner};
      if (static_cast<std::int64_t>(answer.versions.size()) == params.limit ||
          !add_row(answer.versions, bytes, std::move(info)))
        break;
    }
    if (answer.versions.size() < rows.size()) {
      const VersionInfo& last = answer.versions.back();
      answer.next = {last.cell, last.view, last.version};
    }
    return answer;
  });
}

}  // namespace ptah
