#include "policy.hpp"

#include <array>

#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"

namespace ptah::rl {
namespace {

constexpr const char* kPolicyFormat = "ptah policy rl 1";
constexpr const char* kWeights = "weights.safetensors";
constexpr const char* kManifest = "manifest.json";
constexpr const char* kExplanation = "explanation.json";
constexpr std::size_t kMostPolicyWeights = 256u << 20, kMostPolicyManifest = 1u << 20;

Error no_policy(const std::string& what, const std::string& hint = {}) {
  return make_error(ErrorCode::kInvalidArgument, "No exploration begins with this: " + what + ".",
                    kManifest, hint);
}

/// A field of the form, and what a difference means.
struct FormField {
  const char* name;
  const char* differs;
  const char* hint;
};
constexpr std::array kForm{
    FormField{"profile", "its profile is another one", "Give `--profile` as its manifest has it."},
    FormField{"circuit_sha256",
              "it was learnt on another circuit (nets, devices, sizes or channels differ)", ""},
    FormField{"technology", "it was learnt in another technology", ""},
    FormField{"groups", "other devices share finger counts", ""},
    FormField{"allowed_fingers", "other finger counts are allowed", ""},
    FormField{"outer", "its outer network has another size",
              "Give options as its manifest has them: outer_units."},
    FormField{"inner", "its inner network has another size",
              "Give options as its manifest has them: inner_units."},
};

/// A value in few words.
std::string shown(const Json& json, const char* field) {
  const Json value = json.value(field, Json());
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  return text.size() <= 100 ? text : text.substr(0, 100) + "...";
}

}  // namespace

Result<TrainedModel> write_policy(const Policy& policy, const std::filesystem::path& folder) {
  Json manifest = policy.manifest;
  manifest.update({{"format", kPolicyFormat}, {"weights_sha256", sha256_hex(policy.weights)}});
  TrainedModel model;
  model.metrics = policy.metrics;
  const auto write = [&](const char* name, const std::string& text) {
    model.files[name] = folder / name;
    return write_text_file(folder / name, text, Durability::kCached);
  };
  PTAH_TRY(write(kWeights, policy.weights));
  PTAH_TRY(write(kManifest, manifest.dump(1) + "\n"));
  PTAH_TRY(write(kExplanation, policy.explanation.dump(1) + "\n"));
  return model;
}

Result<Policy> read_policy(const ModelFiles& files) {
  for (const char* name : {kManifest, kWeights}) {
    if (!files.contains(name))
      return no_policy(std::string("the model has no file `") + name + "`");
  }
  Policy policy;
  PTAH_TRY(const std::string text, read_text_file(files.at(kManifest), kMostPolicyManifest));
  policy.manifest = Json::parse(text, nullptr, false);
  if (!policy.manifest.is_object() || policy.manifest.value("format", Json()) != kPolicyFormat)
    return no_policy(std::string("its `format` is not \"") + kPolicyFormat + "\"");
  PTAH_TRY(policy.weights, read_text_file(files.at(kWeights), kMostPolicyWeights));
  if (policy.manifest.value("weights_sha256", Json()) != sha256_hex(policy.weights))
    return no_policy("its weights are damaged, or of another model");
  return policy;
}

Status check_form(const Json& manifest, const Json& form) {
  for (const FormField& field : kForm) {
    if (manifest.value(field.name, Json()) == form.at(field.name)) continue;
    const bool circuit = std::string_view(field.name) == "circuit_sha256";
    const char* const named = circuit ? "circuit" : field.name;
    return no_policy(std::string(field.differs) + ": " + shown(manifest, named) + " rather than " +
                         shown(form, named),
                     field.hint);
  }
  return ok();
}

}  // namespace ptah::rl
