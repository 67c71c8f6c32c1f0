/// Requests and replies of server.*: the texts here are the reference.
#pragma once

#include "rpc/fields.hpp"

namespace ptah::rpc {

constexpr std::int64_t kProtocolVersion = 1;

struct Nothing {
  template <class V>
  void describe(V&) {}
};

struct HelloParams {
  std::string client, version, token;
  std::int64_t protocol = kProtocolVersion;
  template <class V>
  void describe(V& v) {
    v.optional("client", client, "Name of the client, for the log.");
    v.optional("version", version, "Version of the client, for the log.");
    v.optional("protocol", protocol, "Protocol version the client speaks.", Range{1, 1000});
    v.optional("token", token, "The user's or the administrator's token; TCP clients need one.");
  }
};
struct HelloReply {
  std::string server = "ptahd", version, api, role, principal;
  std::vector<std::string> libraries;
  bool paths = false;
  std::int64_t protocol = kProtocolVersion, pid = 0, max_line = 0;
  template <class V>
  void describe(V& v) {
    v.required("server", server, "Always \"ptahd\".");
    v.required("version", version, "The daemon's version.");
    v.required("protocol", protocol, "Protocol version the daemon speaks.");
    v.required("api", api, "Version of the plugin interface.");
    v.required("role", role,
               "\"stranger\", \"viewer\", \"user\" or \"admin\": what this connection may do.");
    v.required("principal", principal,
               "Who it is: the name of its token, or of its user; what it makes is its own.");
    v.required("libraries", libraries, "The libraries that there are for it; none: all.");
    v.required("paths", paths, "Whether paths that it names are opened; otherwise it sends files.");
    v.required("pid", pid, "The daemon's process id.");
    v.required("max_line", max_line, "Longest line in bytes.");
  }
};
struct CancelParams {
  Json id;
  template <class V>
  void describe(V& v) {
    v.required("id", id, "The id of a pending request of this connection.");
  }
};
struct CancelReply {
  std::int64_t cancelled = 0;
  template <class V>
  void describe(V& v) {
    v.required("cancelled", cancelled,
               "How many requests were cancelled; each got its one answer.");
  }
};
struct StatusReply {
  std::string version, state_dir, socket, fingerprint;
  std::int64_t pid = 0, uptime_s = 0, rss_bytes = 0, sessions = 0, tcp_port = 0, tls_port = 0;
  std::int64_t buffered_bytes = 0;
  std::int64_t jobs_queued = 0, jobs_running = 0, store_bytes_free = 0;
  bool ready = false;
  std::string problem;
  std::vector<std::string> shipped_problems;
  std::int64_t plugin_generation = 0;
  std::vector<Object> workers;
  template <class V>
  void describe(V& v) {
    v.required("version", version, "The daemon's version.");
    v.required("pid", pid, "The daemon's process id.");
    v.required("uptime_s", uptime_s, "Seconds since the start.");
    v.required("rss_bytes", rss_bytes, "Resident memory of the daemon.");
    v.required("sessions", sessions, "Connected clients.");
    v.required("buffered_bytes", buffered_bytes,
               "Held for them: lines that are not whole yet, and what they have not read.");
    v.required("socket", socket, "Path of the Unix socket.");
    v.required("tcp_port", tcp_port, "Loopback TCP port, 0 when there is none.");
    v.required("tls_port", tls_port, "Port of TLS, 0 when there is none.");
    v.required("fingerprint", fingerprint,
               "SHA-256 of the certificate there: what a client can hold the daemon to.");
    v.required("state_dir", state_dir, "Where jobs and files are kept.");
    v.required("store_bytes_free", store_bytes_free, "Free space there.");
    v.required("jobs_queued", jobs_queued, "Jobs that wait.");
    v.required("jobs_running", jobs_running, "Jobs that run.");
    v.required("ready", ready, "Whether a plugin set serves.");
    v.optional("problem", problem, "Why workers cannot start, if so.");
    v.required("shipped_problems", shipped_problems,
               "Which models and datasets that come with Ptah cannot be offered, and why.");
    v.required("plugin_generation", plugin_generation, "Number of the plugin set that serves.");
    v.required("workers", workers,
               "One object a worker: pid, state, task, stage, plugin, rss_bytes, generation.");
  }
};

struct ShutdownParams {
  bool now = false;
  template <class V>
  void describe(V& v) {
    v.optional("now", now,
               "End at once. Otherwise no new task starts, and those that run get up to 10 s to "
               "come to their end.");
  }
};

/// How much a principal has, and may have.
struct UsageInfo {
  std::string who;
  std::int64_t jobs = 0, tasks = 0, bytes = 0, most_jobs = 0, most_tasks = 0, most_mb = 0;
  template <class V>
  void describe(V& v) {
    v.required("who", who, "The principal.");
    v.required("jobs", jobs, "Its jobs that wait or run.");
    v.required("tasks", tasks, "Its chains that run.");
    v.required("bytes", bytes, "Size of the files of its jobs.");
    v.required("most_jobs", most_jobs, "How many such jobs it may have; 0: any number.");
    v.required("most_tasks", most_tasks, "How many such chains; 0: any number.");
    v.required("most_mb", most_mb, "How many million bytes; 0: any number.");
  }
};
struct UsageReply {
  std::vector<UsageInfo> principals;
  template <class V>
  void describe(V& v) {
    v.required(
        "principals", principals,
        "Of an administrator all that have jobs, at most 1,000; of others the caller alone.");
  }
};

struct AuditParams {
  std::string who;
  std::int64_t limit = 100, since_ms = 0, after = 0;
  template <class V>
  void describe(V& v) {
    v.optional("who", who, "Only what this principal did.", at_most(64));
    v.optional("since_ms", since_ms, "Only what was noted at this time or later, by the clock.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
    v.optional("after", after, "Only records with greater numbers.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
    v.optional("limit", limit, "The newest so many; as many as fit into a line.", Range{1, 1000});
  }
};
struct AuditInfo {
  std::int64_t number = 0, time_ms = 0, count = 1;
  std::string who, role, from, method, object, outcome, message;
  template <class V>
  void describe(V& v) {
    v.required("number", number, "They grow in the order in which things happened.");
    v.required("time_ms", time_ms, "What the clock said (milliseconds since 1970).");
    v.required("who", who, "The principal; empty: a stranger.");
    v.required("role", role, "What it was allowed then.");
    v.required("from", from, "Where it came from: \"unix\" and a uid, or an address.");
    v.required("method", method, "What it called.");
    v.required("object", object, "What that was about: library, job, name or hash.");
    v.required("outcome", outcome, "\"ok\", or the code of the error.");
    v.required("message", message, "The error's sentence; empty where there is none.");
    v.required("count", count,
               "How often: failures that come fast are noted one by one first, then together.");
  }
};
struct AuditReply {
  std::vector<AuditInfo> records;
  bool more = false;
  template <class V>
  void describe(V& v) {
    v.required("records", records, "The newest last.");
    v.required("more", more, "Whether there are older ones that fit the question.");
  }
};

struct VerifyReply {
  std::int64_t pages = 0, tables = 0, rows = 0, files = 0;
  std::vector<Object> damaged;
  std::vector<std::string> restore;
  bool cut = false;
  template <class V>
  void describe(V& v) {
    v.required("pages", pages, "Pages of the database that were checked.");
    v.required("tables", tables, "Tables whose structure was checked.");
    v.required("rows", rows, "Rows whose values were read.");
    v.required("files", files, "Files of the store that were checked.");
    v.required("damaged", damaged,
               "One object a damaged thing: problem (a sentence that names it), file, and where "
               "they apply page, table, row, hash, job.");
    v.required("restore", restore, "What can be done, one sentence a kind of damage.");
    v.required("cut", cut, "Whether there may be more: it ends after 1,000.");
  }
};

struct BackupParams {
  std::string folder;
  template <class V>
  void describe(V& v) {
    v.required("folder", folder,
               "Absolute folder that is not there yet, or empty, and none of the daemon's own.",
               output_folder());
  }
};
struct BackupReply {
  std::string folder;
  std::int64_t pages = 0, files = 0, bytes = 0, linked = 0, missing = 0;
  template <class V>
  void describe(V& v) {
    v.required("folder", folder, "The backup.");
    v.required("pages", pages, "Pages of the database.");
    v.required("files", files, "Files that it refers to, and that are in the backup.");
    v.required("bytes", bytes, "Of those files.");
    v.required("linked", linked, "Of the files: links to the daemon's own, which take no space.");
    v.required("missing", missing,
               "Files that the daemon has lost: server.verify names them. Such a backup cannot be "
               "restored.");
  }
};

}  // namespace ptah::rpc
