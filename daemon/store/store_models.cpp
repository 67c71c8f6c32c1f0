// Models: versions of view `model`, and which of them a name alone means.
#include "store/readers.hpp"
#include "store/store.hpp"

namespace ptah {
namespace {

/// Of the setting that says which version is in use: "VERSION HASH".
std::string setting_name(const std::string& library, const std::string& name) {
  return "model " + library + " " + name;
}

}  // namespace

ModelRow Store::read_model(const VersionRow& version) {
  VariantRow made = variant(version.job, version.chain, version.variant);
  return {version, used_version(version.library, version.cell) == version.version,
          newest_version(version.library, kModelView, version.cell, false) == version.version,
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
  return named_version(library, kModelView, name);
}

std::vector<ModelRow> Store::models(const std::string& library, const std::string& name,
                                    const std::optional<VersionName>& after, std::int64_t limit) {
  std::vector<ModelRow> rows;
  for (const VersionRow& version : versions_of_view(library, kModelView, name, after, limit))
    rows.push_back(read_model(version));
  return rows;
}

ModelRow Store::model(const std::string& library, const std::string& reference) {
  VersionName wanted = version_name(reference, kModelView);
  if (wanted.version == 0 && !wanted.newest) wanted.version = used_version(library, wanted.name);
  return read_model(existing_version(library, kModelView, wanted));
}

ModelRow Store::use_model(const std::string& library, const std::string& reference) {
  const VersionName key = version_name(reference, kModelView);
  const std::string name = setting_name(library, key.name);
  if (reference == key.name) {
    set_setting(name, "");
  } else {
    const VersionRow chosen = model(library, reference).version;
    set_setting(name, std::to_string(chosen.version) + " " + chosen.hash);
  }
  return model(library, key.name);
}

}  // namespace ptah
