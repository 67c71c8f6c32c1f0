// What the store's operations cost on few variants and on many.
//
// usage: store_bench FOLDER [--json] [VARIANTS ...]      (default: 1000 1000000)
//
// For each count a state is made in FOLDER and removed again. Its big job runs, with chains of a
// thousand variants; a variant has a record, two files and an event, without the files' bytes. An
// operation is what a request or a report has the store's thread do, its transaction included.
// Times are medians.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <vector>

#include "store/failure.hpp"
#include "store/store.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kJob = "big";
constexpr std::int64_t kChainLength = 1000;
constexpr int kRepeats = 51;

/// Rows of `count` variants, as a running job leaves them, written without the store's functions:
/// in a minute.
void fill(Store& store, std::int64_t count) {
  Database& database = store.database();
  NewJob job;
  job.id = kJob;
  job.kind = "run";
  job.spec = {{"circuit", "cell"}, {"netlist", std::string(4000, '*')}};
  const std::int64_t chains = (count + kChainLength - 1) / kChainLength;
  std::vector<Json> specs;
  for (std::int64_t chain = 0; chain < chains; ++chain) specs.push_back({{"assignment", chain}});
  database.exec("PRAGMA synchronous=OFF; PRAGMA cache_size=-1000000");
  database.exec("BEGIN");
  store.create_job(job);
  store.save_plan(kJob, "cell", {{"devices", std::string(100'000, 'd')}}, specs, {});
  store.set_running(kJob);
  for (int i = 0; i < 200; ++i) {
    NewJob other;
    other.kind = "check";
    store.create_job(other);
  }
  database.exec("COMMIT");
  const std::string last = std::to_string(count - 1);
  const std::string numbers =
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i<" + last + ") ";
  const std::string keys = std::string("'") + kJob + "', i/1000, i%1000";
  const std::string record =
      R"('{"cost":' || (i*7919%10007) || ',"name":"cell_' || i || '","drc":{"native_drc":0},"lvs":{"native_lvs":"match"},"fingers":{"M0":2,"M1":4,"M2":4},"area_um2":57.2,"hpwl_um":44.8,"seed":1}')";
  const std::string hash = "lower(hex(randomblob(32)))";
  // Indexes are made at the end, from what is sorted.
  std::vector<std::string> indexes;
  {
    Query query(database,
                "SELECT name, sql FROM sqlite_schema WHERE type='index' AND sql IS NOT NULL AND "
                "tbl_name IN "
                "('files', 'versions', 'variants')");
    while (query.next())
      indexes.insert(indexes.end(), {"DROP INDEX " + query.text(0), query.text(1)});
  }
  database.exec("BEGIN");
  for (std::size_t i = 0; i < indexes.size(); i += 2) database.exec(indexes[i].c_str());
  const auto insert = [&](const std::string& into, const std::string& values) {
    database.exec(("INSERT INTO " + into + " " + numbers + "SELECT " + values + " FROM n").c_str());
  };
  insert("variants(job, chain, variant, record)", keys + ", " + record);
  insert("files(job, chain, variant, place, role, hash, size, dataset)",
         keys + ", 0, 'gds', " + hash + ", 9000, 'data/cell/layouts/cell_' || i || '.gds'");
  insert("files(job, chain, variant, place, role, hash, size, dataset)",
         keys + ", 1, 'state', " + hash + ", 900, ''");
  insert("events(job, number, method, params)",
         std::string("'") + kJob +
             "', i+1, 'variant.ready', '{\"chain\":' || (i/1000) || ',\"variant\":' || (i%1000) || "
             "',\"record\":{}}'");
  insert("versions(library, cell, view, version, hash, job, chain, variant, created_ms)",
         "'work', 'cell', 'layout', i+1, " + hash + ", " + keys + ", 1");
  for (std::size_t i = 1; i < indexes.size(); i += 2) database.exec(indexes[i].c_str());
  const std::string total = std::to_string(count);
  database.exec(
      ("UPDATE jobs SET variants=" + total + ", last_event=" + total + " WHERE id='" + kJob + "'")
          .c_str());
  database.exec(
      ("UPDATE chains SET variants=min(1000, " + total + "-chain*1000) WHERE job='" + kJob + "'")
          .c_str());
  database.exec("COMMIT");
  database.empty_log();
}

struct Operation {
  const char* name;
  std::function<void(Store&)> work;
  bool relaxed = false;  ///< Not synced: reports of progress.
};

class Bench {
 public:
  Bench(std::int64_t variants, bool json) : variants_(variants), json_(json) {}

  void run(const fs::path& folder) {
    {
      Store store(folder);
      const auto start = Clock::now();
      fill(store, variants_);
      std::fprintf(stderr, "%lld variants in %.0f s\n", static_cast<long long>(variants_),
                   std::chrono::duration<double>(Clock::now() - start).count());
    }
    Store store(folder);
    for (const Operation& operation : operations(store)) measure(store, operation);
  }

 private:
  /// What Server and JobManager have the store do for a method or an event.
  std::vector<Operation> operations(Store& store) {
    const std::int64_t chain = variants_ / kChainLength / 2;
    const std::int64_t middle =
        store.variant(kJob, chain, std::min(variants_, kChainLength) / 2).sequence;
    const auto page = [](Store& used, std::optional<std::int64_t> of, std::int64_t after) {
      used.job_summary(kJob);
      const auto rows = used.variants(kJob, of, after, 100);
      if (!rows.empty()) used.variants(kJob, of, rows.back().sequence, 1);
    };
    return {
        {"job.progress",
         [](Store& used) {
           used.add_event(kJob, "job.progress",
                          {{"fraction", 0.5}, {"message", "routing"}, {"stage", "router"}});
         },
         true},
        {"variant.list", [=](Store& used) { page(used, std::nullopt, middle); }},
        {"variant.list of a chain", [=](Store& used) { page(used, chain, 0); }},
        {"variant.get", [=](Store& used) { used.variant(kJob, chain, 1); }},
        {"commit",
         [this, chain](Store& used) {
           const std::string text = "layout " + std::to_string(++committed_);
           used.commit_variant(
               kJob, chain, kChainLength + committed_, {{"cost", committed_}},
               {{"gds", "", text, "data/cell.gds"}, {"state", "", "state of " + text, ""}});
         }},
        {"chain.load",
         [=, this](Store& used) {
           // Of a variant that was made here: the others have no files.
           used.load_chain(kJob, chain);
         }},
        {"job.get", [](Store& used) { used.existing_job(kJob); }},
        {"job.list", [](Store& used) { used.jobs(std::nullopt, "", 100); }},
        {"job.list of a state", [](Store& used) { used.jobs(JobState::kRunning, "", 100); }},
        {"job.events", [this](Store& used) { used.events(kJob, variants_ / 2, 100); }},
        {"job.chains", [](Store& used) { used.chains(kJob, -1, 100); }},
        {"library.views", [](Store& used) { used.views("work", "", "", {}, 100); }},
        {"library.versions", [](Store& used) { used.versions("work", "cell", "layout", 100); }},
        {"job.delete",
         [](Store& used) {
           // Its first slice: what a deletion keeps others waiting for.
           used.finish_job(kJob, JobState::kDone, nullptr, nullptr);
           used.delete_job(kJob);
           throw Undo();
         }},
    };
  }

  /// Ends an operation that is measured without its commit.
  struct Undo {};

  void measure(Store& store, const Operation& operation) {
    std::vector<double> times;
    Database& database = store.database();
    database.exec(operation.relaxed ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL");
    for (int i = 0; i < kRepeats; ++i) {
      const auto start = Clock::now();
      database.exec("BEGIN");
      try {
        operation.work(store);
        store.files().sync();
        database.exec("COMMIT");
      } catch (const Undo&) {
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        database.exec("ROLLBACK");
        continue;
      }
      store.files().take_new();
      times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    }
    std::nth_element(times.begin(), times.begin() + kRepeats / 2, times.end());
    print(operation.name, times[kRepeats / 2]);
  }

  void print(const char* operation, double ms) const {
    if (json_) {
      std::printf(
          "%s\n",
          Json{{"operation", operation}, {"variants", variants_}, {"ms", ms}}.dump().c_str());
    } else {
      std::printf("%-26s %10lld %10.3f\n", operation, static_cast<long long>(variants_), ms);
    }
    std::fflush(stdout);
  }

  std::int64_t variants_;
  bool json_;
  std::int64_t committed_ = 0;
};

int run(int argc, char** argv) {
  bool json = false;
  std::vector<std::int64_t> counts;
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) {
      json = true;
    } else if (const std::int64_t count = std::atoll(argv[i]); count > 0) {
      counts.push_back(count);
    } else {
      argc = 0;
    }
  }
  if (argc < 2) {
    std::fprintf(stderr, "usage: store_bench FOLDER [--json] [VARIANTS ...]\n");
    return 2;
  }
  if (counts.empty()) counts = {1000, 1'000'000};
  if (!json) std::printf("%-26s %10s %10s\n", "operation", "variants", "ms");
  for (const std::int64_t count : counts) {
    const fs::path folder = fs::path(argv[1]) / ("store-bench-" + std::to_string(count));
    fs::remove_all(folder);
    try {
      Bench(count, json).run(folder);
    } catch (const Failure& failure) {
      std::fprintf(stderr, "%s\n", failure.error().text().c_str());
      return 1;
    }
    fs::remove_all(folder);
  }
  return 0;
}

}  // namespace
}  // namespace ptah

int main(int argc, char** argv) {
  return ptah::run(argc, argv);
}
