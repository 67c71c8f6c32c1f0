// Variants, their files, and the library's versions.
#include <algorithm>
#include <limits>

#include "store/failure.hpp"
#include "store/readers.hpp"
#include "store/store.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxRecord = 400u << 10;

std::vector<FileRow> read_files(Query& query) {
  std::vector<FileRow> rows;
  while (query.next()) rows.push_back(read_file(query));
  return rows;
}

/// By which layouts of a run are ranked; nothing where it was not scored and that is needed.
std::optional<double> cost_of(const Json& record) {
  const auto cost = record.find("cost");
  if (cost == record.end() || !cost->is_number()) return std::nullopt;
  return cost->get<double>();
}

}  // namespace

FileStore::Stored Store::put_file(const NewFile& file) {
  return file.path.empty() ? files_.put_text(file.text)
                           : files_.put_file(file.path, file.offset, file.size);
}

std::vector<FileRow> Store::put_files(const std::string& job, std::int64_t chain,
                                      std::int64_t variant, const std::vector<NewFile>& files) {
  std::vector<FileRow> rows;
  for (const NewFile& file : files) {
    if (!file.dataset.empty()) {
      if (Status status = check_relative_path(file.dataset); !status) throw Failure(status.error());
    }
    const FileStore::Stored stored = put_file(file);
    rows.push_back({file.role, stored.hash, file.dataset, stored.size});
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Query query(database_,
                "INSERT OR REPLACE INTO files(job, chain, variant, place, role, hash, size, "
                "dataset) VALUES(?,?,?,?,?,?,?,?)");
    (query << job << chain << variant << static_cast<std::int64_t>(i) << rows[i].role
           << rows[i].hash << rows[i].size << rows[i].dataset)
        .run();
  }
  return rows;
}

void Store::drop_files(const std::string& job, std::int64_t chain, std::int64_t variant) {
  for (const FileRow& file : files_of(job, chain, variant)) replaced_.push_back(file.hash);
  Query query(database_, "DELETE FROM files WHERE job=? AND chain=? AND variant=?");
  (query << job << chain << variant).run();
}

Json Store::describe(const FileRow& file) const {
  Json item{{"role", file.role},
            {"hash", file.hash},
            {"size", file.size},
            {"path", files_.path(file.hash).string()}};
  if (!file.dataset.empty()) item["dataset"] = file.dataset;
  return item;
}

VariantCommit Store::commit_variant(const std::string& job, std::int64_t chain,
                                    std::int64_t variant, const Json& record,
                                    const std::vector<NewFile>& files, const ChainNotes& notes) {
  const std::string text = stored_json(record);
  if (text.size() > kMaxRecord) {
    fail(ErrorCode::kLimit, "The record of a variant is larger than 400 KiB.",
         "variant " + std::to_string(variant));
  }
  VariantCommit commit;
  commit.metrics = add_metrics(job, chain, notes.metrics);
  std::string circuit, library;
  std::optional<BestVariant> best;
  {
    Query query(
        database_,
        "SELECT circuit, library, best_cost, best_chain, best_variant FROM jobs WHERE id=?");
    query << job;
    if (!query.next()) fail(ErrorCode::kNotFound, "There is no job \"" + job + "\".", job);
    circuit = query.text(0);
    library = query.text(1);
    best = read_best(query, 2);
  }
  {
    Query query(database_, "SELECT 1 FROM variants WHERE job=? AND chain=? AND variant=?");
    query << job << chain << variant;
    if (query.next()) {
      // Made again after a restart, with the same bytes: this heals what is damaged in the store.
      for (const NewFile& file : files) {
        // Times are never the same twice: these would be nobody's.
        if (file.role != "times") put_file(file);
      }
      if (notes.checkpoint) put_checkpoint(job, chain, variant, *notes.checkpoint);
      commit.files = files_of(job, chain, variant);
      return commit;
    }
  }
  commit.fresh = true;
  commit.files = put_files(job, chain, variant, files);
  {
    Query query(database_, "INSERT INTO variants(job, chain, variant, record) VALUES(?, ?, ?, ?)");
    (query << job << chain << variant << text).run();
  }
  if (notes.checkpoint) put_checkpoint(job, chain, variant, *notes.checkpoint);
  {
    Query query(database_, "UPDATE chains SET variants=variants+1 WHERE job=? AND chain=?");
    (query << job << chain).run();
  }
  {
    Query query(database_, "UPDATE jobs SET variants=variants+1 WHERE id=?");
    (query << job).run();
  }
  if (const auto cost = cost_of(record);
      cost && (!best || BestVariant{*cost, chain, variant} < *best)) {
    commit.best = true;
    Query query(database_, "UPDATE jobs SET best_cost=?, best_chain=?, best_variant=? WHERE id=?");
    (query << *cost << chain << variant << job).run();
  }
  Json shown = Json::array();
  for (const FileRow& file : commit.files) {
    if (file.role == "gds")
      add_version(library, circuit, "layout", file.hash, job, chain, variant, false);
    if (file.role == kModelRole) {
      const std::int64_t version =
          add_version(library, circuit, kModelView, file.hash, job, chain, variant, false);
      commit.model = VersionRow{library, circuit, kModelView, job, file.hash, version};
    }
    shown.push_back(describe(file));
  }
  Json params{{"chain", chain}, {"variant", variant}, {"files", std::move(shown)}};
  if (text.size() < (256u << 10)) {
    params["record"] = record;
  } else {
    params["cut"] = true;
  }
  if (commit.best) params["best"] = true;
  commit.event = add_event(job, "variant.ready", params);
  return commit;
}

std::vector<FileRow> Store::add_job_files(const std::string& job,
                                          const std::vector<NewFile>& files) {
  return put_files(job, kWholeJob, kWholeJob, files);
}

std::vector<FileRow> Store::files_of(const std::string& job, std::int64_t chain,
                                     std::int64_t variant) {
  Query query(database_, std::string("SELECT ") + kFileColumns +
                             " FROM files WHERE job=? AND chain=? AND variant=? ORDER BY place");
  query << job << chain << variant;
  return read_files(query);
}

std::vector<FileRow> Store::job_files(const std::string& job) {
  Query query(database_, std::string("SELECT ") + kFileColumns +
                             " FROM files WHERE job=? ORDER BY chain, variant, place");
  query << job;
  return read_files(query);
}

std::vector<VariantRow> Store::variants(const std::string& job, std::optional<std::int64_t> chain,
                                        std::int64_t after, std::int64_t limit) {
  std::vector<VariantRow> rows;
  std::size_t bytes = 0;
  {
    Query query(database_, std::string("SELECT ") + kVariantColumns +
                               " FROM variants WHERE job=? AND sequence>?" +
                               (chain ? " AND chain=?" : "") + " ORDER BY sequence LIMIT ?");
    query << job << after;
    if (chain) query << *chain;
    query << limit;
    while (bytes < (400u << 10) && query.next()) {
      bytes += query.text(3).size() + 4000;  // With room for the files' rows.
      rows.push_back(read_variant(query));
    }
  }
  for (VariantRow& row : rows) row.files = files_of(job, row.chain, row.variant);
  return rows;
}

VariantRow Store::variant(const std::string& job, std::int64_t chain, std::int64_t variant) {
  VariantRow row;
  {
    Query query(database_, std::string("SELECT ") + kVariantColumns +
                               " FROM variants WHERE job=? AND chain=? AND variant=?");
    query << job << chain << variant;
    if (!query.next()) {
      fail(ErrorCode::kNotFound,
           "Job \"" + job.substr(0, 64) + "\" has no variant " + std::to_string(variant) +
               " in chain " + std::to_string(chain) + ".",
           job.substr(0, 64), "variant.list shows its variants.");
    }
    row = read_variant(query);
  }
  row.files = files_of(job, chain, variant);
  return row;
}

std::vector<OutputFile> Store::output_files(const std::string& job, const OutputKey& after,
                                            std::int64_t limit) {
  Query query(database_, std::string("SELECT ") + kFileColumns +
                             ", chain, variant, place FROM files WHERE job=? AND (chain, variant, "
                             "place) > (?, ?, ?) ORDER BY chain, variant, place LIMIT ?");
  query << job << after.chain << after.variant << after.place << limit;
  std::vector<OutputFile> rows;
  while (query.next())
    rows.push_back({{query.integer(4), query.integer(5), query.natural(6)}, read_file(query)});
  return rows;
}

void Store::materialise(const std::vector<FileRow>& files, const std::filesystem::path& out) {
  for (const FileRow& file : files) {
    if (!file.dataset.empty()) files_.materialise(file.hash, out, file.dataset);
  }
}

std::int64_t Store::add_version(const std::string& library, const std::string& cell,
                                const std::string& view, const std::string& hash,
                                const std::string& job, std::int64_t chain, std::int64_t variant,
                                bool only_if_changed) {
  std::int64_t newest = 0;
  std::string newest_hash;
  {
    Query query(database_,
                "SELECT version, hash, job IN (SELECT job FROM deletions) FROM versions WHERE "
                "library=? AND cell=? AND view=? ORDER BY version DESC LIMIT 1");
    query << library << cell << view;
    if (query.next()) {
      newest = query.integer(0);
      if (query.integer(2) == 0) newest_hash = query.text(1);  // Else it is about to go.
    }
  }
  if (only_if_changed && newest_hash == hash) return 0;
  Query query(database_,
              "INSERT INTO versions(library, cell, view, version, hash, job, chain, variant, "
              "created_ms) VALUES(?,?,?,?,?,?,?,?,?)");
  (query << library << cell << view << newest + 1 << hash << job << chain << variant << now_ms())
      .run();
  return newest + 1;
}

// A cell can have a million versions of a view: the views are stepped through by their key, and of
// each only the newest versions are looked at.
std::vector<ViewRow> Store::views(const std::string& library, const std::string& cell,
                                  const std::string& view, const ViewKey& after,
                                  std::int64_t limit) {
  std::vector<ViewRow> rows;
  ViewKey at = after;
  while (static_cast<std::int64_t>(rows.size()) < limit) {
    {
      // Behind the last version that a view can have: SQLite would walk through them.
      Query query(database_,
                  "SELECT cell, view FROM versions WHERE library=? AND (cell, view, version) > (?, "
                  "?, 9223372036854775807) ORDER BY cell, view, version LIMIT 1");
      query << library << std::max(at.cell, cell) << (at.cell < cell ? std::string() : at.view);
      if (!query.next()) break;
      at = {query.text(0), query.text(1)};
    }
    if (!cell.empty() && at.cell != cell) break;
    if (!view.empty() && at.view != view) continue;
    Query query(database_,
                "SELECT version FROM versions WHERE library=? AND cell=? AND view=? AND job NOT IN "
                "(SELECT job FROM deletions) ORDER BY version DESC LIMIT 1");
    query << library << at.cell << at.view;
    if (query.next()) rows.push_back({library, at.cell, at.view, query.natural(0)});
  }
  return rows;
}

}  // namespace ptah
