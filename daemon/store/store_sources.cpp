#include "store/store_sources.hpp"

#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"
#include "rpc/sources.hpp"
#include "store/failure.hpp"
#include "store/store.hpp"

namespace ptah {
namespace {

/// Above every request's length.
constexpr std::size_t kMaxSources = 16u << 20;

}  // namespace

std::string sources_hash(const Json& spec) {
  const auto sources = spec.find("sources");
  if (sources == spec.end() || !sources->is_object()) return {};
  const auto hash = sources->find("hash");
  return hash != sources->end() && hash->is_string() ? hash->get<std::string>() : std::string();
}

std::string take_sources(Json& spec) {
  const auto sources = spec.find("sources");
  if (sources == spec.end() || !sources->is_object() || !sources_hash(spec).empty()) return {};
  // In one form, so that a worker finds the file by the hash of what it was handed.
  auto read = rpc::read_struct<rpc::Sources>(*sources);
  if (!read) throw Failure(read.error());
  std::string text = stored_json(rpc::write_value(read.value()));
  *sources = {{"hash", sha256_hex(text)}};
  return text;
}

void Store::keep_sources(const std::string& id, const Json& spec, const std::string& text) {
  const std::string hash = sources_hash(spec);
  if (hash.empty()) return;
  put_files(id, kWholeJob, kRequest,
            {{kSourcesRole, {}, text.empty() ? stored_json(sources(hash)) : text, {}}});
}

Json Store::sources(const std::string& hash) {
  if (!FileStore::is_hash(hash))
    fail(ErrorCode::kInvalidArgument, "This is no hash of sources.", "sources.hash");
  const std::string file = files_.path(hash).string();
  const auto problem = files_.problem(hash);
  if (problem == "missing") {
    fail(ErrorCode::kNotFound, "The store has no sources with this hash.", "sources.hash",
         "Their job may have been deleted; send the files.");
  }
  if (problem) {
    fail(ErrorCode::kIo, "The sources in the store are damaged: " + *problem + ".", file,
         kHowToRestoreFile);
  }
  const Result<std::string> text = read_text_file(file, kMaxSources);
  if (!text) throw Failure(text.error());
  Json sources = Json::parse(text.value(), nullptr, false);
  if (!sources.is_object() || !sources.contains("files"))
    fail(ErrorCode::kInvalidArgument, "The file with this hash holds no sources.", "sources.hash");
  return sources;
}

Json Store::whole_spec(const std::string& id) {
  Json spec = existing_job(id).spec;
  const std::string hash = sources_hash(spec);
  if (!hash.empty()) spec["sources"] = sources(hash);
  return spec;
}

}  // namespace ptah
