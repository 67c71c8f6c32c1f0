/// Requests and replies of plugin.*.
#pragma once

#include "rpc/fields.hpp"

namespace ptah::rpc {

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

}  // namespace ptah::rpc
