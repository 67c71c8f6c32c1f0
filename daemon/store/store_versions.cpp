// Versions of views: which there are, and which one a name means.
#include <charconv>
#include <limits>

#include "store/failure.hpp"
#include "store/readers.hpp"
#include "store/store.hpp"

namespace ptah {

VersionName version_name(const std::string& reference, const std::string& view) {
  const std::size_t at = reference.find('@');
  VersionName found{reference.substr(0, at)};
  bool good = is_id(found.name);
  const std::string_view version =
      std::string_view(reference).substr(at == std::string::npos ? reference.size() : at + 1);
  const bool aliases = view == kModelView;
  if (aliases && version == kCandidate) {
    found.newest = true;
  } else if (at != std::string::npos && !(aliases && version == kChampion)) {
    const char* const begin = reference.data() + at + 1;
    const char* const end = reference.data() + reference.size();
    const auto [stop, error] = std::from_chars(begin, end, found.version);
    good = good && error == std::errc() && stop == end && found.version > 0;
  }
  if (!good) {
    fail(ErrorCode::kInvalidArgument,
         "\"" + reference.substr(0, 80) + "\" names no " + view + ": \"name\" or \"name@3\"" +
             (aliases ? ", \"name@champion\" or \"name@candidate\"." : "."),
         view);
  }
  return found;
}

std::vector<VersionRow> Store::versions(const std::string& library, const std::string& cell,
                                        const std::string& view, std::int64_t limit,
                                        const std::optional<VersionKey>& after) {
  std::vector<VersionRow> rows;
  const auto add = [&](const ViewKey& of, std::int64_t before) {
    Query query(database_, std::string("SELECT ") + kVersionColumns +
                               " FROM versions WHERE library=? AND cell=? AND view=? AND version<? "
                               "AND job NOT IN (SELECT job FROM deletions) ORDER BY version DESC "
                               "LIMIT ?");
    query << library << of.cell << of.view << before
          << limit - static_cast<std::int64_t>(rows.size());
    while (query.next()) rows.push_back(read_version(query));
    return static_cast<std::int64_t>(rows.size()) < limit;
  };
  const auto wanted = [](const std::string& filter, const std::string& name) {
    return filter.empty() || filter == name;
  };
  if (after && wanted(cell, after->cell) && wanted(view, after->view) &&
      !add(*after, after->version))
    return rows;
  const ViewKey behind = after ? ViewKey(*after) : ViewKey();
  for (const ViewRow& of :
       views(library, cell, view, behind, limit - static_cast<std::int64_t>(rows.size()))) {
    if (!add({of.cell, of.view}, std::numeric_limits<std::int64_t>::max())) break;
  }
  return rows;
}

std::vector<VersionRow> Store::versions_of_view(const std::string& library, const std::string& view,
                                                const std::string& name,
                                                const std::optional<VersionName>& after,
                                                std::int64_t limit) {
  std::optional<VersionKey> behind;
  if (after) behind = VersionKey{{after->name, view}, after->version};
  return versions(library, name, view, limit, behind);
}

std::int64_t Store::newest_version(const std::string& library, const std::string& view,
                                   const std::string& name, bool own) {
  Query query(database_,
              std::string("SELECT version FROM versions WHERE library=? AND cell=? AND view=? AND "
                          "job NOT IN (SELECT job FROM deletions) ") +
                  (own ? "AND job NOT IN (SELECT id FROM jobs WHERE sequence<0) " : "") +
                  "ORDER BY version DESC LIMIT 1");
  query << library << name << view;
  return query.next() ? query.natural(0) : 0;
}

std::int64_t Store::named_version(const std::string& library, const std::string& view,
                                  const std::string& name) {
  const std::int64_t own = newest_version(library, view, name, true);
  return own != 0 ? own : newest_version(library, view, name, false);
}

VersionRow Store::existing_version(const std::string& library, const std::string& view,
                                   const VersionName& wanted) {
  {
    Query query(database_, std::string("SELECT ") + kVersionColumns +
                               " FROM versions WHERE library=? AND cell=? AND view=? AND version=? "
                               "AND job NOT IN (SELECT job FROM deletions)");
    query << library << wanted.name << view
          << (wanted.version != 0 ? wanted.version
              : wanted.newest     ? newest_version(library, view, wanted.name, false)
                                  : named_version(library, view, wanted.name));
    if (query.next()) return read_version(query);
  }
  const std::string reference =
      wanted.name + (wanted.version != 0 ? "@" + std::to_string(wanted.version)
                     : wanted.newest     ? std::string("@") + kCandidate
                                         : "");
  fail(ErrorCode::kNotFound,
       "Library \"" + library + "\" has no " + view + " \"" + reference + "\".", reference,
       view + ".list (`ptah " + view + " list`) shows what there is.");
}

bool Store::knew_shipped(const std::string& hash) {
  return !setting("shipped " + hash).empty();
}

void Store::remember_shipped(const std::string& hash, const std::string& job) {
  set_setting("shipped " + hash, job);
}

}  // namespace ptah
