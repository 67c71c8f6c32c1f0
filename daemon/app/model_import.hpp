/// Files from elsewhere as a new version of a model: what a client puts, and what comes with Ptah.
#pragma once

#include <filesystem>
#include <string>

#include "rpc/model_types.hpp"
#include "store/store.hpp"

namespace ptah {

/// What `model.json` says that the daemon understands, for who is to name its fields by `where`.
Result<rpc::ModelRecord> read_model_record(const Json& json, const std::filesystem::path& where);

/// A job that is done when it is there, and whose one variant is the model. A record that names the
/// hashes of files is believed only as far as they match. `shipped`: the id of the job of a model
/// that comes with Ptah. Throws Failure. [store's thread, in a transaction]
ModelRow import_model(Store& store, const rpc::ModelPutParams& params,
                      const std::string& shipped = {}, const std::string& owner = {});

}  // namespace ptah
