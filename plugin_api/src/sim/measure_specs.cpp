/// measures.yaml in.
#include <algorithm>
#include <array>
#include <cctype>

#include "ptah/core/yaml.hpp"
#include "ptah/sim/analysis.hpp"
#include "ptah/sim/measures.hpp"
#include "tech/yaml_fields.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxSpecBytes = 64 << 10;
constexpr std::size_t kMaxMeasures = 64, kMaxSpecs = 64;
constexpr std::size_t kMaxWord = 64;

/// In the order of MeasureKind.
const std::vector<std::string_view> kKinds = {
    "gain",        "bandwidth",  "unity_gain_frequency", "phase_margin",
    "gain_margin", "offset",     "supply_current",       "rejection",
    "noise",       "spot_noise", "offset_magnitude",     "dc_rejection"};

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= kMaxWord &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
         });
}

bool is_file(const std::string& text) {
  return !text.empty() && text.size() <= kMaxWord && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
         });
}

MeasureSpec read_measure(const YAML::Node& node, std::size_t index, tech::Problems& problems) {
  MeasureSpec spec;
  tech::Fields fields(
      node, "measure " + std::to_string(index + 1),
      {"name", "kind", "testbench", "output", "reference", "at_hz", "from_hz", "to_hz"}, problems);
  if (!fields.is_map()) return spec;
  spec.name = fields.text("name");
  if (fields.has("name") && !is_name(spec.name)) {
    fields.problem("name", "This is no name of a measure.",
                   "lower-case letters, digits and _, such as phase_margin");
  }
  spec.kind = static_cast<MeasureKind>(fields.choice("kind", kKinds));
  spec.testbench = fields.text("testbench", false);
  if (!spec.testbench.empty() && !is_file(spec.testbench)) {
    fields.problem("testbench", "This is no name of a file beside the measures.");
  }
  const bool current = spec.kind == MeasureKind::kSupplyCurrent;
  const bool two = spec.kind == MeasureKind::kOffset ||
                   spec.kind == MeasureKind::kOffsetMagnitude ||
                   spec.kind == MeasureKind::kRejection || spec.kind == MeasureKind::kDcRejection;
  spec.output = fields.text("output", current || two);
  spec.reference = fields.text("reference", two);
  for (const auto& [key, text] :
       {std::pair{"output", &spec.output}, {"reference", &spec.reference}}) {
    if (text->empty()) continue;
    const auto output = read_output(*text);
    if (!output) {
      fields.problem(key, output.error().message, output.error().hint);
      text->clear();
    } else {
      *text = output_text(output.value());
    }
  }
  for (const auto& [key, value] :
       {std::pair{"at_hz", &spec.at_hz}, {"from_hz", &spec.from_hz}, {"to_hz", &spec.to_hz}}) {
    if (fields.has(key)) *value = fields.number(key, 0, 1e15);
  }
  if (spec.from_hz && spec.to_hz && *spec.from_hz >= *spec.to_hz) {
    fields.problem("to_hz", "The band ends before it begins.");
  }
  return spec;
}

void read_specs(const tech::Fields& fields, MeasuresFile& file, tech::Problems& problems) {
  if (!fields.is_map() || !fields.has("specs")) return;
  const YAML::Node list = fields.node("specs");
  if (!list.IsSequence() || list.size() > kMaxSpecs) {
    fields.problem("specs", "This is no list of at most 64 specs, such as \"gain >= 40 dB\".");
    return;
  }
  for (const YAML::Node& node : list) {
    auto spec = node.IsScalar() ? parse_spec(node.Scalar(), file.measures)
                                : make_error(ErrorCode::kInvalidArgument, "This is no spec.");
    if (spec) {
      file.specs.push_back(std::move(spec.value()));
    } else {
      problems.add(node, spec.error().message, spec.error().hint);
    }
  }
}

}  // namespace

Result<MeasuresFile> read_measures(std::string_view text, std::string_view name) {
  const std::string where(name);
  tech::Problems problems(where);
  MeasuresFile file;
  std::vector<MeasureSpec>& specs = file.measures;
  try {
    PTAH_TRY(const YAML::Node root, load_yaml(text, name, kMaxSpecBytes));
    const tech::Fields fields(root, "measures file", {"measures", "specs"}, problems);
    const YAML::Node list = fields.is_map() ? fields.node("measures") : YAML::Node();
    if (fields.is_map() && (!list || !list.IsSequence())) {
      fields.problem("measures", "The file holds a list `measures`.");
    } else if (fields.is_map() && list.size() > kMaxMeasures) {
      fields.problem("measures", "More than 64 measures.");
    } else if (fields.is_map()) {
      for (const YAML::Node& node : list) {
        specs.push_back(read_measure(node, specs.size(), problems));
        const std::string& fresh = specs.back().name;
        const auto same = std::count_if(specs.begin(), specs.end(), [&](const MeasureSpec& spec) {
          return spec.name == fresh;
        });
        if (same > 1 && is_name(fresh)) {
          problems.add(node, "There are two measures named " + fresh + ".");
        }
      }
    }
    if (problems.empty()) read_specs(fields, file, problems);
  } catch (const YAML::Exception& exception) {
    return make_error(ErrorCode::kParse, "A value has the wrong form.",
                      where + ":" + std::to_string(exception.mark.line + 1));
  }
  if (!problems.empty()) return problems.list().front();
  return file;
}

}  // namespace ptah
