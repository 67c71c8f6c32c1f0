/// Requests and replies of library.* and store.*.
#pragma once

#include "rpc/fields.hpp"

namespace ptah::rpc {

/// What a list goes on after.
struct LibraryPlace {
  std::string cell, view;
  std::int64_t version = 0;
  template <class V>
  void describe(V& v) {
    v.required("cell", cell, "The last cell.");
    v.optional("view", view, "Its last view; not in a list of cells.");
    v.optional("version", version, "The last version of that; in a list of versions only.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
  }
};
struct CellParams {
  std::string library = "work", cell, view;
  std::optional<LibraryPlace> after;
  std::int64_t limit = 1000;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library.");
    v.optional("cell", cell, "Only this cell.");
    v.optional("view", view, "Only this view.");
    v.optional("after", after, "`next` of the answer before.");
    v.optional("limit", limit, "At most so many.", Range{1, 1000});
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
  std::optional<LibraryPlace> next;
  template <class V>
  void describe(V& v) {
    v.required("cells", cells, "By name; as many as fit into a line.");
    v.optional("next", next, "`after` for the next call, where there are more.");
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
  std::optional<LibraryPlace> next;
  template <class V>
  void describe(V& v) {
    v.required("views", views, "By cell and name; as many as fit into a line.");
    v.optional("next", next, "`after` for the next call, where there are more.");
  }
};
struct VersionInfo {
  std::string library, cell, view, job, hash, path;
  std::int64_t version = 0, chain = -1, variant = -1, created_ms = 0;
  std::string owner;
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
    v.required("owner", owner, "Whose it is: the owner of that job.");
  }
};
struct VersionsReply {
  std::vector<VersionInfo> versions;
  std::optional<LibraryPlace> next;
  template <class V>
  void describe(V& v) {
    v.required("versions", versions,
               "By cell and view, the newest of each first; as many as fit into a line.");
    v.optional("next", next, "`after` for the next call, where there are more.");
  }
};

/// How many bytes of a file one request moves.
constexpr std::int64_t kMaxPiece = 512 << 10;

struct StorePutParams {
  std::string hash, data;
  std::int64_t size = 0, offset = 0;
  template <class V>
  void describe(V& v) {
    v.required("hash", hash, "SHA-256 of the whole file, hexadecimal.");
    v.required("size", size, "Bytes of the whole file.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
    v.optional("offset", offset, "Where `data` belongs: the `received` of the answer before.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
    v.optional("data", data,
               "The next bytes in base64, at most 512 KiB of them. Without any, at offset 0, this "
               "asks how much is there.",
               at_most(700'000));
  }
};
struct StorePutReply {
  std::int64_t received = 0;
  std::string file;
  template <class V>
  void describe(V& v) {
    v.required("received", received, "Bytes that are there: the next `offset`.");
    v.required("file", file,
               "Once it is whole, its bytes match the hash and it is on disk: the name that fields "
               "take in place of a path, \"sha256:\" and the hash. Empty until then.");
  }
};
struct StoreReadParams {
  std::string hash;
  std::int64_t offset = 0, size = kMaxPiece;
  template <class V>
  void describe(V& v) {
    v.required("hash", hash, "SHA-256 of the file, hexadecimal.");
    v.optional("offset", offset, "The first byte.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
    v.optional("size", size, "At most so many bytes.", Range{1, kMaxPiece});
  }
};
struct StoreReadReply {
  std::int64_t size = 0, offset = 0;
  std::string data;
  template <class V>
  void describe(V& v) {
    v.required("size", size, "Bytes of the whole file.");
    v.required("offset", offset, "As asked.");
    v.required("data", data,
               "The bytes in base64; fewer than asked at the end. Compare the SHA-256 of the whole "
               "with the hash.");
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
