#include "inputs.hpp"

#include "ptah/core/run_tool.hpp"
#include "ptah/netlist/spice.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxParamsBytes = 1u << 20;

}  // namespace

Result<std::map<std::string, std::string>> gather_params(
    const std::filesystem::path& file, const std::vector<std::string>& assignments) {
  std::map<std::string, std::string> params;
  if (!file.empty()) {
    PTAH_TRY(const std::string text, read_text_file(file, kMaxParamsBytes));
    PTAH_TRY(params, read_parameters(text, file.filename().string()));
  }
  for (const std::string& assignment : assignments) {
    auto read = read_parameters(assignment, "--param");
    if (!read || read.value().empty()) {
      return make_error(ErrorCode::kInvalidArgument, "`" + assignment + "` is not NAME=VALUE.",
                        "--param", "Such as --param w1=1.5u, or --param 'w2=2*w1'.");
    }
    for (auto& [name, value] : read.value()) params[name] = std::move(value);
  }
  return params;
}

}  // namespace ptah
