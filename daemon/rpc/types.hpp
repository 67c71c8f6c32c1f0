/// The requests and replies of the protocol, one struct each. The texts here are the reference.
#pragma once

#include "fields.hpp"

namespace ptah::rpc {

constexpr std::int64_t kProtocolVersion = 1;

struct Nothing {
  template <class V>
  void describe(V&) {}
};

// Server.

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
  std::string server = "ptahd", version, api, role;
  std::int64_t protocol = kProtocolVersion, pid = 0, max_line = 0;
  template <class V>
  void describe(V& v) {
    v.required("server", server, "Always \"ptahd\".");
    v.required("version", version, "The daemon's version.");
    v.required("protocol", protocol, "Protocol version the daemon speaks.");
    v.required("api", api, "Version of the plugin interface.");
    v.required("role", role, "\"stranger\", \"user\" or \"admin\": what this connection may do.");
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
  std::string version, state_dir, socket;
  std::int64_t pid = 0, uptime_s = 0, rss_bytes = 0, sessions = 0, tcp_port = 0;
  std::int64_t buffered_bytes = 0;
  std::int64_t jobs_queued = 0, jobs_running = 0, store_bytes_free = 0;
  bool ready = false;
  std::string problem;
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
    v.required("state_dir", state_dir, "Where jobs and files are kept.");
    v.required("store_bytes_free", store_bytes_free, "Free space there.");
    v.required("jobs_queued", jobs_queued, "Jobs that wait.");
    v.required("jobs_running", jobs_running, "Jobs that run.");
    v.required("ready", ready, "Whether a plugin set serves.");
    v.optional("problem", problem, "Why workers cannot start, if so.");
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

// Plugins.

struct PluginDescription {
  std::string kind, name, version, description, file, hash, state, reason;
  Json options;
  template <class V>
  void describe(V& v) {
    v.required("kind", kind, "The stage it implements.");
    v.required("name", name, "Its name.");
    v.required("version", version, "Its version.");
    v.required("description", description, "What it does.");
    v.required("file", file, "The shared library.");
    v.required("hash", hash, "SHA-256 of the file, hexadecimal.");
    v.required("state", state, "\"ready\", \"loading\", \"unloaded\" or \"unavailable\".");
    v.optional("reason", reason, "Why it is unavailable.");
    v.optional("options", options, "Its options: name, type, default, description, bounds.");
  }
};
struct PluginListReply {
  std::vector<PluginDescription> plugins;
  std::int64_t generation = 0;
  std::vector<std::string> directories;
  template <class V>
  void describe(V& v) {
    v.required("plugins", plugins, "Every plugin file in the trusted folders.");
    v.required("generation", generation, "Number of the plugin set that serves.");
    v.required("directories", directories, "The trusted folders.");
  }
};
struct PluginParams {
  std::string name;
  template <class V>
  void describe(V& v) {
    v.required("name", name,
               "Name of the plugin, or file name inside the trusted folders; never a path.");
  }
};
struct PluginReply {
  std::int64_t generation = 0;
  template <class V>
  void describe(V& v) {
    v.required("generation", generation, "Number of the plugin set that serves now.");
  }
};

// Scores.

struct LayoutSource {
  std::optional<std::string> path, hash, data;
  template <class V>
  void describe(V& v) {
    v.optional("path", path, "Absolute path of a GDSII file.");
    v.optional("hash", hash, "SHA-256 of a file in the store.");
    v.optional("data", data, "The bytes of a GDSII file in base64, at most 512 KiB of them.",
               at_most(700'000));
  }
};
/// The circuit that a layout is held against, and what to find out.
struct ScoreSubject {
  std::optional<std::string> circuit, netlist, pairs, testbench, measures, measuring, subcircuit,
      key;
  std::optional<std::vector<std::int64_t>> allowed_fingers;
  std::optional<Object> fingers;
  std::string tech = "ptah130", flow = "native";
  bool drc = true, lvs = true, score = true, judges = false, blame = false, waveform = false;
  template <class V>
  void describe(V& v) {
    v.optional("circuit", circuit, "A shipped circuit; otherwise give `netlist`.");
    v.optional("netlist", netlist, "Absolute path of a SPICE netlist.");
    v.optional("pairs", pairs, "Absolute path of its matched devices.");
    v.optional("testbench", testbench, "Absolute path of its testbench; without one, no score.");
    v.optional("measures", measures,
               "Absolute path of its measures (docs/measures.md); testbenches that they name lie "
               "beside them.");
    v.optional("measuring", measuring,
               "\"testbench\": measures of the testbench that is scored; \"all\": of every "
               "testbench, one more simulation each. Otherwise as the flow says.");
    v.optional("subcircuit", subcircuit, "Subcircuit to take, where the netlist has several.");
    v.optional("allowed_fingers", allowed_fingers, "Finger counts that free devices may have.",
               Range{1, 64});
    v.optional("fingers", fingers,
               "Finger counts by device, such as {\"M0\": 4}; one of a matched group is enough. "
               "score.layout reads them off the layout where they are missing.");
    v.optional("tech", tech, "Technology.");
    v.optional("flow", flow,
               "Flow whose checks, extractor and simulator are used; where it has no checks, its "
               "judges.");
    v.optional("drc", drc, "Check design rules.");
    v.optional("lvs", lvs, "Check the layout against the schematic.");
    v.optional("score", score, "Simulate, where the layout matches the schematic.");
    v.optional("judges", judges, "Ask the judges that sign off, too: the trusted tools.");
    v.optional("blame", blame,
               "How much each net's parasitics cost: one more simulation a net. Adds the nets' "
               "shapes.");
    v.optional("waveform", waveform, "The scored output before and after layout.");
    v.optional(
        "key", key,
        "Who asks, such as an editor's window. A newer request with the same key of the same "
        "connection supersedes this one, which is answered with error `cancelled`.");
  }
};
struct ScoreLayoutParams : ScoreSubject {
  LayoutSource layout;
  std::optional<std::string> top;
  template <class V>
  void describe(V& v) {
    v.required("layout", layout, "Where the layout is: one of path, hash and data.");
    v.optional("top", top, "Its cell; needed where the file has several top cells.");
    ScoreSubject::describe(v);
  }
};
struct DevicePlace {
  std::string device, orientation = "R0";
  double x_um = 0, y_um = 0;
  template <class V>
  void describe(V& v) {
    v.required("device", device, "Name of the device.");
    v.required("x_um", x_um, "Lower left corner of its outline, on the 0.1 um grid.");
    v.required("y_um", y_um, "The same.");
    v.optional("orientation", orientation, "\"R0\", \"MX\", \"MY\" or \"R180\".");
  }
};
struct ScorePlacementParams : ScoreSubject {
  std::vector<DevicePlace> placement;
  bool route = true;
  template <class V>
  void describe(V& v) {
    v.required("placement", placement, "A place for every device of the circuit.");
    v.optional("route", route,
               "Route and assess. Otherwise: area, outline, HPWL and overlaps only.");
    ScoreSubject::describe(v);
  }
};
struct ScoreReply {
  std::string circuit, top, tech, reason, score_reason;
  Object fingers, drc, lvs, measures, seconds;
  bool valid = false;
  Json pscore_V, judged_pscore_V, measures_schematic, outline_um, nets, devices, overlaps, waveform;
  double area_um2 = 0, hpwl_um = 0;
  template <class V>
  void describe(V& v) {
    v.required("circuit", circuit, "The circuit's name.");
    v.required("top", top, "The cell; empty for a placement that was not routed.");
    v.required("tech", tech, "The technology.");
    v.required("fingers", fingers, "Finger count of every device that the netlist leaves free.");
    v.required("valid", valid, "Clean, matching, and simulated where that was asked for.");
    v.required("reason", reason,
               "Why not: begins with \"drc:\", \"lvs:\", \"extraction:\", \"simulation:\", "
               "\"router:\" or \"placement:\".");
    v.required("drc", drc,
               "By plugin: {\"errors\", \"clean\", \"summary\", \"violations\": [{\"rule\", "
               "\"text\", \"layer\", \"box_um\"}]}; at most 1000 violations are listed.");
    v.required("lvs", lvs, "The same of layout against schematic.");
    v.required("pscore_V", pscore_V,
               "The OSIRIS score in volts, lower is better; null where there is none. It does not "
               "wait for design rules.");
    v.optional("score_reason", score_reason, "Why there is no score, where it was asked for.");
    v.optional("judged_pscore_V", judged_pscore_V, "The judges' score, with `judges`.");
    v.required("measures", measures,
               "By name: {\"value\", \"unit\"} or {\"unit\", \"reason\"} why it does not exist; "
               "those that `measuring` asks for.");
    v.optional("measures_schematic", measures_schematic, "The same of the schematic.");
    v.required("area_um2", area_um2, "Sum of the device boxes.");
    v.required("outline_um", outline_um, "[width, height] of the box around all shapes.");
    v.required("hpwl_um", hpwl_um, "Half-perimeter wire length over the devices' terminals.");
    v.required(
        "nets", nets,
        "[{\"net\", \"total_fF\", \"ground_fF\" (towards supplies and substrate), "
        "\"coupled_fF\" (towards other nets), \"rail\"}]; with blame \"blame_V\" (how much pscore "
        "falls when all its capacitances are halved), \"blame\" (its share of the sum of what is "
        "positive) and \"shapes\": [[layer, x0, y0, x1, y1]] in um, where they fit into the "
        "answer. Sorted by blame, then name. "
        "Rails bear no blame: capacitance towards them is the other net's.");
    v.required("devices", devices,
               "[{\"device\", \"box_um\"}]; with blame \"blame_V\" and \"blame\": its nets' blame "
               "by how much of their wires' capacitance lies within its box.");
    v.optional("overlaps", overlaps,
               "score.placement: [{\"a\", \"b\", \"missing_um\"}], pairs of devices that "
               "overlap (0) or are too close by so much.");
    v.optional("waveform", waveform,
               "{\"x\", \"x_name\", \"output\", \"pre\": [[re, im]], \"post\": [[re, im]]}.");
    v.required("seconds", seconds, "By stage, and \"total\".");
  }
};

// Jobs.

struct RunParams {
  std::string job, out, library = "work";
  Object spec;
  template <class V>
  void describe(V& v) {
    v.optional("job", job,
               "Id chosen by the client ([A-Za-z0-9._-], at most 64): a retry with the same id and "
               "spec is the same job.");
    v.required(
        "spec", spec,
        "What to run. The circuit: `circuit`, or `netlist` with `pairs`, `testbench`, `measures`, "
        "`top`. Its finger assignments: one of `fingers` (a count by device), `indices` and "
        "`assignments` (how many, drawn by `seed`), with `allowed_fingers`. The layouts: "
        "`variants` (moves after each baseline), `tech`, `flow`, `judges` (all, kept, sample, "
        "none), `objective` (pscore, area, hpwl, balanced: what the best layout has least of), "
        "`measuring` (testbench, all), `pictures`. Any other field fails the job.");
    v.optional("out", out,
               "Absolute folder in which the results appear as well: not one of the daemon's own. "
               "Files that are there are replaced only in a folder that Ptah made or found empty, "
               "which bears its mark, the file `.ptah`; elsewhere the job fails at the first one "
               "with other bytes.");
    v.optional("library", library, "Library in which the results become versions.");
  }
};
struct TaskParams {
  std::string job, out;
  Object spec;
  bool wait = false;
  template <class V>
  void describe(V& v) {
    v.optional("job", job, "Id chosen by the client, as in flow.run.");
    v.required("spec", spec,
               "What to do. The layout: `gds` (its absolute path), `top` (its cell), `tech`. "
               "flow.check: `drc`, `lvs`, `pex`, `flow`, `extractor_options`, with the circuit as "
               "in flow.run and its `fingers`; `spef` and `spice` (true or false) make the files "
               "layout.spef and layout.spice. flow.render: `format` (png, svg) of the file "
               "layout.png or layout.svg, `width_px`, `labels`.");
    v.optional("out", out,
               "Absolute folder in which the task's files appear as well, under the rules of "
               "flow.run.");
    v.optional("wait", wait,
               "Answer when the task has finished, with its result, or with its error.");
  }
};
struct JobReply {
  std::string job, state;
  Json result;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.required("state", state, "\"queued\", \"running\", \"done\", \"failed\" or \"cancelled\".");
    v.optional("result", result, "The task's result, where the request waited for it.");
  }
};
struct SpecParams {
  Object spec;
  template <class V>
  void describe(V& v) {
    v.required("spec", spec, "What to plan, as in flow.run.");
  }
};
struct ResultReply {
  Json result;
  template <class V>
  void describe(V& v) {
    v.required("result", result,
               "The task's result. An array \"chains\" that does not fit into a line is cut, and "
               "\"chains_cut\": true added.");
  }
};
struct JobParams {
  std::string job;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
  }
};
struct JobWaitParams {
  std::string job;
  std::int64_t timeout_s = 0;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.optional("timeout_s", timeout_s, "Answer after so long with the state as it is; 0: no limit.",
               Range{0, 31536000});
  }
};
struct ChainCounts {
  std::int64_t total = 0, done = 0, failed = 0;
  template <class V>
  void describe(V& v) {
    v.required("total", total, "Chains planned.");
    v.required("done", done, "Chains finished.");
    v.required("failed", failed, "Chains that ended with an error.");
  }
};
struct JobInfo {
  std::string job, kind, state, circuit, library, out;
  std::int64_t created_ms = 0, finished_ms = 0, variants = 0, last_event = 0;
  ChainCounts chains;
  Json error, result, spec, plan;
  std::optional<bool> cut;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.required("kind", kind, "\"run\", \"check\" or \"render\".");
    v.required("state", state, "\"queued\", \"running\", \"done\", \"failed\" or \"cancelled\".");
    v.required("circuit", circuit, "Name of the circuit, once planned.");
    v.required("library", library, "Library of the results.");
    v.required("out", out, "Folder of the results, or empty.");
    v.required("created_ms", created_ms, "Milliseconds since 1970.");
    v.required("finished_ms", finished_ms, "The same, 0 while it lives.");
    v.required("chains", chains, "Progress in chains.");
    v.required("variants", variants, "Variants committed.");
    v.required("last_event", last_event, "Number of its newest event.");
    v.optional("error", error, "Why it failed: code, message, where, hint.");
    v.optional("result", result, "The result of a finished job.");
    v.optional("spec", spec, "As given (job.get only).");
    v.optional("plan", plan, "The plan without its chains and files (job.get only).");
    v.optional(
        "cut", cut,
        "True where parts of result, spec or plan are left out, because they do not fit into "
        "a line.");
  }
};
struct JobListParams {
  std::string state, after;
  std::int64_t limit = 100;
  template <class V>
  void describe(V& v) {
    v.optional("state", state, "Only jobs in this state.");
    v.optional("after", after, "Continue after this job, in order of creation.");
    v.optional("limit", limit, "At most so many.", Range{1, 1000});
  }
};
struct JobListReply {
  std::vector<JobInfo> jobs;
  std::optional<std::string> next;
  template <class V>
  void describe(V& v) {
    v.required("jobs", jobs, "In order of creation; as many as fit into a line.");
    v.optional("next", next, "`after` for the next call, where there are more.");
  }
};
struct ChainListParams {
  std::string job;
  std::int64_t after = -1, limit = 100;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.optional("after", after, "Continue after this chain.",
               Range{-1, std::numeric_limits<std::int64_t>::max()});
    v.optional("limit", limit, "At most so many.", Range{1, 1000});
  }
};
struct ChainInfo {
  std::int64_t chain = 0, variants = 0;
  std::string state;
  Json error, result;
  template <class V>
  void describe(V& v) {
    v.required("chain", chain, "Its number in the plan, from 0.");
    v.required("state", state, "\"pending\", \"done\" or \"failed\".");
    v.required("variants", variants, "Variants committed.");
    v.optional("error", error, "Why it failed: code, message, where, hint.");
    v.optional("result", result,
               "What the flow says about a finished one; fields that do not fit into a line are "
               "left out, and `cut` is true in it.");
  }
};
struct ChainListReply {
  std::vector<ChainInfo> chains;
  bool more = false;
  template <class V>
  void describe(V& v) {
    v.required("chains", chains, "In order; as many as fit into a line.");
    v.required("more", more, "Whether there are more: ask again after the last one.");
  }
};
struct JobEventsParams {
  std::string job;
  std::int64_t after = 0, limit = 100;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.optional("after", after, "Only events with greater numbers.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
    v.optional("limit", limit, "At most so many.", Range{1, 1000});
  }
};
struct EventInfo {
  std::int64_t event = 0;
  std::string method;
  Json params;
  template <class V>
  void describe(V& v) {
    v.required("event", event, "Its number: they grow, with gaps.");
    v.required("method", method, "Name of its notification.");
    v.required("params", params, "Parameters of its notification.");
  }
};
struct JobEventsReply {
  std::vector<EventInfo> events;
  bool more = false;
  template <class V>
  void describe(V& v) {
    v.required("events", events, "In order.");
    v.required("more", more, "Whether there are more at present: ask again after the last one.");
  }
};
struct SubscribeParams {
  std::string job;
  std::int64_t after = 0;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.optional("after", after, "The last event already seen; 0 for all.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
  }
};

// Variants.

struct FileInfo {
  std::string role, hash, path, dataset;
  std::int64_t size = 0;
  template <class V>
  void describe(V& v) {
    v.required("role", role,
               "What it is: \"gds\", \"netlist\", ...; \"times\" holds seconds by stage.");
    v.required("hash", hash, "SHA-256 of its bytes, hexadecimal: its name in the store.");
    v.required("size", size, "Bytes.");
    v.required("path", path, "The read-only file in the store.");
    v.optional("dataset", dataset, "Its place below the job's `out`, if it has one.");
  }
};
struct VariantInfo {
  std::string job;
  std::int64_t chain = 0, variant = 0;
  Json record;
  std::vector<FileInfo> files;
  std::optional<bool> cut;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.required("chain", chain, "Number of the chain (finger assignment) in the job.");
    v.required("variant", variant, "0 is the baseline.");
    v.required("record", record,
               "What the flow says about it: the same for the same spec and seed.");
    v.required("files", files, "Its files.");
    v.optional("cut", cut, "True where there are more files than fit into a line.");
  }
};
struct VariantListParams {
  std::string job;
  std::optional<std::int64_t> chain;
  std::int64_t after = 0, limit = 100;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.optional("chain", chain, "Only this chain.");
    v.optional("after", after, "`next` of the answer before.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
    v.optional("limit", limit, "At most so many.", Range{1, 1000});
  }
};
struct VariantListReply {
  std::vector<VariantInfo> variants;
  std::int64_t next = 0;
  template <class V>
  void describe(V& v) {
    v.required("variants", variants, "In the order in which they were finished.");
    v.required("next", next, "`after` for the next call; 0 when there are no more at present.");
  }
};
struct VariantParams {
  std::string job;
  std::int64_t chain = 0, variant = 0;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.required("chain", chain, "Number of the chain.");
    v.required("variant", variant, "Number of the variant.");
  }
};
struct ExportParams {
  std::string job, out;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.required("out", out,
               "Absolute folder for the dataset; files that are there already are kept.");
  }
};
struct ExportReply {
  std::int64_t files = 0, written = 0, kept = 0;
  template <class V>
  void describe(V& v) {
    v.required("files", files, "Files of the job that belong into a dataset.");
    v.required("written", written, "Those that were missing and are there now.");
    v.required("kept", kept, "Those in whose place other bytes are, which stay.");
  }
};

// Library.

struct CellParams {
  std::string library = "work", cell, view;
  std::int64_t limit = 1000;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library.");
    v.optional("cell", cell, "Only this cell.");
    v.optional("view", view, "Only this view.");
    v.optional("limit", limit, "At most so many, the newest.", Range{1, 1000});
  }
};
struct CellInfo {
  std::string library, cell;
  std::int64_t views = 0, versions = 0;
  template <class V>
  void describe(V& v) {
    v.required("library", library, "The library.");
    v.required("cell", cell, "The cell: a circuit's name.");
    v.required("views", views, "How many views it has.");
    v.required("versions", versions, "How many versions all views have.");
  }
};
struct CellsReply {
  std::vector<CellInfo> cells;
  template <class V>
  void describe(V& v) {
    v.required("cells", cells, "By name.");
  }
};
struct ViewInfo {
  std::string library, cell, view;
  std::int64_t versions = 0;
  template <class V>
  void describe(V& v) {
    v.required("library", library, "The library.");
    v.required("cell", cell, "The cell.");
    v.required("view", view, "\"layout\", \"netlist\", \"pairs\" or \"testbench\".");
    v.required("versions", versions, "How many versions it has; the newest has this number.");
  }
};
struct ViewsReply {
  std::vector<ViewInfo> views;
  template <class V>
  void describe(V& v) {
    v.required("views", views, "By cell and name.");
  }
};
struct VersionInfo {
  std::string library, cell, view, job, hash, path;
  std::int64_t version = 0, chain = -1, variant = -1, created_ms = 0;
  template <class V>
  void describe(V& v) {
    v.required("library", library, "The library.");
    v.required("cell", cell, "The cell.");
    v.required("view", view, "The view.");
    v.required("version", version, "1 is the first.");
    v.required("job", job, "The job that made it.");
    v.required("chain", chain, "Its chain, or -1.");
    v.required("variant", variant, "Its variant, or -1.");
    v.required("hash", hash, "SHA-256 of the file.");
    v.required("path", path, "The read-only file in the store.");
    v.required("created_ms", created_ms, "Milliseconds since 1970.");
  }
};
struct VersionsReply {
  std::vector<VersionInfo> versions;
  template <class V>
  void describe(V& v) {
    v.required("versions", versions, "Newest first.");
  }
};

// Store.

struct HashParams {
  std::string hash;
  template <class V>
  void describe(V& v) {
    v.required("hash", hash, "SHA-256 of the file, hexadecimal.");
  }
};
struct StoreFileReply {
  std::string hash, path;
  std::int64_t size = 0;
  template <class V>
  void describe(V& v) {
    v.required("hash", hash, "SHA-256 of the file.");
    v.required("path", path,
               "The read-only file; its bytes were checked against the hash just now.");
    v.required("size", size, "Bytes.");
  }
};

}  // namespace ptah::rpc
