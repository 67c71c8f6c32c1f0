#include "training_state.hpp"

#include "safetensors.hpp"

namespace ptah::nets {
namespace {

constexpr const char* kState = "state";

safetensors::Tensor as_tensor(const std::string& bytes) {
  return {safetensors::Dtype::kU8, {bytes.size()}, bytes};
}

}  // namespace

std::string TrainingState::save() const {
  Json state{{"key", key}, {"history", history}, {"best_loss", best_loss}};
  if (search) state["search"] = *search;
  if (architecture) state["architecture"] = to_json(*architecture);
  safetensors::Contents contents;
  const std::string text = state.dump();
  contents.tensors[kState] = as_tensor(text);
  contents.tensors["fit"] = as_tensor(fit);
  contents.tensors["best"] = as_tensor(best);
  for (std::size_t i = 0; i < members.size(); ++i)
    contents.tensors["member" + std::to_string(i)] = as_tensor(members[i]);
  return safetensors::write(contents);
}

std::optional<TrainingState> TrainingState::read(std::string_view bytes, const std::string& key) {
  const auto contents = safetensors::parse(bytes, "checkpoint");
  if (!contents) return std::nullopt;
  const auto& tensors = contents.value().tensors;
  const auto text = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = tensors.find(name);
    if (found == tensors.end()) return std::nullopt;
    return std::string(found->second.bytes);
  };
  const Json json = Json::parse(text(kState).value_or(""), nullptr, false);
  if (!json.is_object() || json.value("key", Json()) != key) return std::nullopt;
  TrainingState state;
  state.key = key;
  state.history = json.value("history", Json::array());
  if (json.contains("search")) state.search = json["search"];
  if (json.contains("architecture")) {
    auto architecture = architecture_from_json(json["architecture"]);
    if (!architecture) return std::nullopt;
    state.architecture = std::move(architecture.value());
  }
  state.fit = text("fit").value_or("");
  state.best = text("best").value_or("");
  const Json best_loss = json.value("best_loss", Json());
  if (best_loss.is_number()) state.best_loss = best_loss.get<double>();
  while (auto member = text("member" + std::to_string(state.members.size())))
    state.members.push_back(std::move(*member));
  return state;
}

}  // namespace ptah::nets
