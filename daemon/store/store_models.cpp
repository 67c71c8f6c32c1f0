// Models: versions of view `model`, and which of them a name alone means.
#include <charconv>

#include "store/failure.hpp"
#include "store/readers.hpp"
#include "store/store.hpp"

namespace ptah {
namespace {

/// Of the setting that says which version is in use: "VERSION HASH".
std::string setting_name(const std::string& library, const std::string& name) {
  return "model " + library + " " + name;
}

[[noreturn]] void fail_without_model(const std::string& library, const std::string& reference) {
  fail(ErrorCode::kNotFound,
       "Library \"" + library + "\" has no model \"" + reference.substr(0, 80) + "\".",
       reference.substr(0, 80), "model.list (`ptah model list`) shows its models.");
}

}  // namespace

ModelKey model_key(const std::string& reference) {
  const std::size_t at = reference.find('@');
  ModelKey key{reference.substr(0, at), 0};
  bool good = is_id(key.name);
  if (at != std::string::npos) {
    const char* const begin = reference.data() + at + 1;
    const char* const end = reference.data() + reference.size();
    const auto [stop, error] = std::from_chars(begin, end, key.version);
    good = good && error == std::errc() && stop == end && key.version > 0;
  }
  if (!good) {
    fail(ErrorCode::kInvalidArgument,
         "\"" + reference.substr(0, 80) + "\" names no model: \"name\" or \"name@3\".", "model");
  }
  return key;
}

ModelRow Store::read_model(const VersionRow& version) {
  VariantRow made = variant(version.job, version.chain, version.variant);
  return {version, used_version(version.library, version.cell) == version.version,
          std::move(made.record), std::move(made.files)};
}

std::int64_t Store::used_version(const std::string& library, const std::string& name) {
  const std::string chosen = setting(setting_name(library, name));
  if (const std::size_t space = chosen.find(' '); space != std::string::npos) {
    // Of a version that was deleted since, the number may be another's by now.
    Query query(database_,
                "SELECT version FROM versions WHERE library=? AND cell=? AND view=? AND "
                "version=CAST(? AS INTEGER) AND hash=? AND job NOT IN (SELECT job FROM deletions)");
    query << library << name << kModelView << chosen.substr(0, space) << chosen.substr(space + 1);
    if (query.next()) return query.natural(0);
  }
  const std::vector<VersionRow> newest = versions(library, name, kModelView, 1);
  return newest.empty() ? 0 : newest.front().version;
}

std::vector<ModelRow> Store::models(const std::string& library, const std::string& name,
                                    const std::optional<ModelKey>& after, std::int64_t limit) {
  std::vector<VersionRow> found;
  {
    // By cell upwards and version downwards.
    Query query(database_, std::string("SELECT ") + kVersionColumns +
                               " FROM versions WHERE library=?1 AND view=?2 AND (?3='' OR cell=?3) "
                               "AND (cell>?4 OR (cell=?4 AND version<?5)) AND job NOT IN (SELECT "
                               "job FROM deletions) ORDER BY cell, version DESC LIMIT ?6");
    query << library << kModelView << name << (after ? after->name : std::string())
          << (after ? after->version : 0) << limit;
    while (query.next()) found.push_back(read_version(query));
  }
  std::vector<ModelRow> rows;
  for (const VersionRow& version : found) rows.push_back(read_model(version));
  return rows;
}

ModelRow Store::model(const std::string& library, const std::string& reference) {
  ModelKey key = model_key(reference);
  if (key.version == 0) key.version = used_version(library, key.name);
  std::optional<VersionRow> version;
  {
    Query query(database_, std::string("SELECT ") + kVersionColumns +
                               " FROM versions WHERE library=? AND cell=? AND view=? AND version=? "
                               "AND job NOT IN (SELECT job FROM deletions)");
    query << library << key.name << kModelView << key.version;
    if (query.next()) version = read_version(query);
  }
  if (!version) fail_without_model(library, reference);
  return read_model(*version);
}

ModelRow Store::use_model(const std::string& library, const std::string& reference) {
  const ModelKey key = model_key(reference);
  const std::string name = setting_name(library, key.name);
  if (key.version == 0) {
    set_setting(name, "");
  } else {
    const VersionRow chosen = model(library, reference).version;
    set_setting(name, std::to_string(chosen.version) + " " + chosen.hash);
  }
  return model(library, key.name);
}

}  // namespace ptah
