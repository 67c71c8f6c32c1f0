/// Requests and replies of library.* and store.*.
#pragma once

#include "rpc/fields.hpp"

namespace ptah::rpc {

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
