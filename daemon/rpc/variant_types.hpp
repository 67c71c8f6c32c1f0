/// Requests and replies of variant.*.
#pragma once

#include "rpc/fields.hpp"

namespace ptah::rpc {

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
  std::optional<bool> best, cut;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.required("chain", chain, "Number of the chain (finger assignment) in the job.");
    v.required("variant", variant, "0 is the baseline.");
    v.required("record", record,
               "What the flow says about it: the same for the same spec and seed.");
    v.required("files", files, "Its files.");
    v.optional("best", best, "True of the job's best layout at present, as job.get names it.");
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
struct ResultFileInfo {
  std::string dataset, hash;
  std::int64_t size = 0;
  template <class V>
  void describe(V& v) {
    v.required("dataset", dataset, "Its place in a folder of results.");
    v.required("hash", hash, "SHA-256 of its bytes: `store.read` brings them.");
    v.required("size", size, "Bytes.");
  }
};
struct VariantFilesParams {
  std::string job, after;
  std::int64_t limit = 1000;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.optional("after", after, "`next` of the answer before.", at_most(64));
    v.optional("limit", limit, "At most so many.", Range{1, 1000});
  }
};
struct VariantFilesReply {
  std::vector<ResultFileInfo> files;
  std::string next;
  template <class V>
  void describe(V& v) {
    v.required("files", files, "Files that belong into a folder of results, the job's own first.");
    v.optional("next", next, "`after` for the next call, where there are more.");
  }
};
struct ExportParams {
  std::string job, out;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.required("out", out,
               "Absolute folder for the dataset; files that are there already are kept.",
               output_folder());
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

}  // namespace ptah::rpc
