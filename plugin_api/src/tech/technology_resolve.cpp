// Where technologies come from: the embedded file, a user's file, an installed PDK.
#include <cstdlib>
#include <stdexcept>

#include "embedded.hpp"
#include "ptah/core/run_tool.hpp"
#include "technology_reader.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFileBytes = 1u << 20;

Result<Technology> build(std::string_view yaml, std::string_view name,
                         TechnologyReader::Beside beside, const fs::path& folder) {
  Technology technology;
  const std::vector<Error> problems =
      TechnologyReader::read(yaml, name, beside, folder, technology);
  if (problems.empty()) return technology;
  Error first = problems.front();
  if (problems.size() > 1) {
    const std::string more = std::to_string(problems.size() - 1) + " more problem" +
                             (problems.size() > 2 ? "s" : "") +
                             " in this file, next: " + problems[1].text();
    first.hint += (first.hint.empty() ? "" : " ") + more;
  }
  return first;
}

/// Of `folder`, "ROOT/sky130A"; who named it: "PDK_ROOT=ROOT", or the folder itself.
/// Of the folder "sky130A" of an installation. `where`: who named it.
Result<Technology> installed_sky130(const fs::path& folder, const std::string& where) {
  std::error_code ignored;
  Pdk pdk;
  pdk.root = fs::absolute(folder, ignored).lexically_normal();
  pdk.magic_tech = pdk.root / "libs.tech" / "magic";
  pdk.model_library = pdk.root / "libs.tech" / "ngspice" / "sky130.lib.spice";
  std::string missing;
  if (!fs::is_directory(pdk.root, ignored)) {
    missing = "folder " + pdk.root.string();
  } else if (!fs::is_regular_file(pdk.magic_tech / "sky130A.tech", ignored) &&
             !fs::is_regular_file(pdk.magic_tech / "sky130A.new.tech", ignored)) {
    missing = "file " + (pdk.magic_tech / "sky130A.tech").string();
  } else if (!fs::is_regular_file(pdk.model_library, ignored)) {
    missing = "file " + pdk.model_library.string();
  }
  if (!missing.empty()) {
    return make_error(ErrorCode::kNotFound,
                      "The PDK that PDK_ROOT names is not complete: " + missing + " is missing.",
                      where,
                      "Install sky130A there (volare, ciel or open_pdks), or use --tech ptah130.");
  }
  Technology technology = Technology::ptah130();
  TechnologyReader::set_pdk(technology, "sky130A", std::move(pdk));
  return technology;
}

Result<Technology> installed_sky130() {
  const char* root = std::getenv("PDK_ROOT");
  if (root == nullptr || *root == '\0') {
    return make_error(ErrorCode::kNotFound,
                      "Technology \"sky130A\" needs an installed PDK, and PDK_ROOT is not set.", {},
                      "Set PDK_ROOT to the folder that holds sky130A (volare, ciel and open_pdks "
                      "install it), or use --tech ptah130.");
  }
  return installed_sky130(fs::path(root) / "sky130A", "PDK_ROOT=" + std::string(root));
}

}  // namespace

Result<Technology> Technology::resolve(std::string_view name_or_path) {
  if (name_or_path == "ptah130") return ptah130();
  if (name_or_path == "sky130A") return installed_sky130();
  const fs::path file{std::string(name_or_path)};
  if (file.is_absolute() && file.filename() == "sky130A")
    return installed_sky130(file, "PDK_ROOT=" + file.parent_path().string());
  const bool looks_like_a_file = file.extension() == ".yaml" || file.extension() == ".yml" ||
                                 name_or_path.find('/') != std::string_view::npos;
  if (looks_like_a_file) return load(file);
  return make_error(ErrorCode::kNotFound,
                    "There is no technology \"" + std::string(name_or_path.substr(0, 80)) + "\".",
                    {}, "It may be ptah130, sky130A, or the path of a YAML file.");
}

Result<Technology> Technology::load(const std::filesystem::path& file) {
  PTAH_TRY(const std::string text, read_text_file(file, kMaxFileBytes));
  return build(text, file.string(), TechnologyReader::Beside::kFolder, file.parent_path());
}

Result<Technology> Technology::parse(std::string_view yaml, std::string_view name) {
  return build(yaml, name, TechnologyReader::Beside::kNowhere, {});
}

std::vector<Error> Technology::lint(std::string_view yaml, std::string_view name) {
  Technology unused;
  return TechnologyReader::read(yaml, name, TechnologyReader::Beside::kNowhere, {}, unused);
}

const Technology& Technology::ptah130() {
  static const Technology technology = [] {
    const auto yaml = tech::embedded_file("ptah130.yaml");
    if (!yaml) throw std::logic_error("ptah130.yaml was not embedded");
    auto built = build(*yaml, "ptah130.yaml", TechnologyReader::Beside::kEmbedded, {});
    if (!built)
      throw std::logic_error("the embedded technology is broken: " + built.error().text());
    return std::move(built).value();
  }();
  return technology;
}

}  // namespace ptah
