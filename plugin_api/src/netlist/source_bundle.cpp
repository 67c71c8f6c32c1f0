#include "ptah/netlist/source_bundle.hpp"

#include <algorithm>
#include <filesystem>

#include "netlist/library_section.hpp"
#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxNameBytes = 1024;

}  // namespace

bool is_bundle_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  if (std::any_of(name.begin(), name.end(),
                  [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    return false;
  }
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

Result<const SourceBundle::Files::value_type*> find_include(const SourceBundle& bundle,
                                                            std::string_view from,
                                                            const std::string& wanted) {
  const auto link = bundle.links.find(wanted);
  const std::filesystem::path beside = std::filesystem::path(from).parent_path() / wanted;
  const std::string name =
      link != bundle.links.end() ? link->second : beside.lexically_normal().generic_string();
  if (const auto file = bundle.files.find(name); file != bundle.files.end()) return &*file;
  if (bundle.left_out.contains(wanted)) return nullptr;
  const std::string shown = text::quoted(wanted);
  if (link == bundle.links.end() && !is_bundle_name(name)) {
    return make_error(ErrorCode::kDenied,
                      "The netlist includes " + shown +
                          ", which leads out of the files that were sent with the request.",
                      {}, "nothing else is opened; the clients of Ptah gather what is included");
  }
  return make_error(
      ErrorCode::kNotFound,
      "The netlist includes " + shown + ", which is not among the files of the request.", {},
      "send it with the request; nothing else is opened");
}

Result<std::vector<IncludeLine>> list_includes(std::string_view text, std::string_view name,
                                               std::string_view section) {
  PTAH_TRY(const auto lines, text::logical_lines(text, name, {}));
  std::vector<IncludeLine> includes;
  spice::LibrarySection wanted(section);
  for (const text::LogicalLine& line : lines) {
    if (!wanted.takes(line.text)) continue;
    if (same_but_for_case(line.text.substr(0, line.text.find_first_of(" \t")), ".end")) break;
    const auto call = spice::read_include(line.text);
    if (!call) {
      return make_error(ErrorCode::kParse, call.error().message,
                        std::string(name) + ":" + std::to_string(line.line));
    }
    if (call.value()) includes.push_back({call.value()->wanted, call.value()->section, line.line});
  }
  return includes;
}

}  // namespace ptah
