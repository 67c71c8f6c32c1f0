#include "magic_check.hpp"

#include <cstdlib>
#include <sstream>

#include "ptah/tech/generate.hpp"

namespace ptah::test {
namespace {

/// "1.05e+06u" with sizes in um scaled to u: 1.05.
double magic_um(const std::string& text) {
  std::size_t used = 0;
  const double value = std::stod(text, &used);
  return used < text.size() && text[used] == 'u' ? value * 1e-6 : value;
}

void parse_spice(const std::string& text, MagicCell& cell) {
  std::istringstream lines(text);
  std::vector<std::string> joined;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] == '+' && !joined.empty()) {
      joined.back() += " " + line.substr(1);
    } else {
      joined.push_back(line);
    }
  }
  for (const std::string& line : joined) {
    std::istringstream words(line);
    std::vector<std::string> plain;
    MagicDevice device;
    for (std::string word; words >> word;) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) {
        plain.push_back(word);
      } else if (word.substr(0, equals) == "w") {
        device.w_um = magic_um(word.substr(equals + 1));
      } else if (word.substr(0, equals) == "l") {
        device.l_um = magic_um(word.substr(equals + 1));
      } else if (word.substr(0, equals) == "area") {
        device.area_um2 = std::stod(word.substr(equals + 1)) * 1e-12;
      } else if (word.substr(0, equals) == "pj") {
        device.perimeter_um = std::stod(word.substr(equals + 1)) * 1e-6;
      }
    }
    if (plain.empty()) continue;
    if (plain[0] == ".subckt") {
      cell.ports.assign(plain.begin() + 2, plain.end());
    } else if (std::string_view("XRD").find(plain[0][0]) != std::string_view::npos) {
      device.model = plain.back().substr(std::string("sky130_fd_pr__").size());
      device.nets.assign(plain.begin() + 1, plain.end() - 1);
      cell.devices.push_back(device);
    }
  }
}

}  // namespace

void MagicTest::SetUp() {
  const auto magic = find_tool("magic", "magic");
  if (!magic) GTEST_SKIP() << magic.error().text();
  if (std::string(GetParam()) == "installed") {
    const char* root = std::getenv("PDK_ROOT");
    const std::filesystem::path file =
        std::filesystem::path(root ? root : "") / "sky130A/libs.tech/magic/sky130A.tech";
    std::error_code code;
    if (!root || !std::filesystem::exists(file, code))
      GTEST_SKIP() << "PDK_ROOT does not name a folder with sky130A/libs.tech/magic/sky130A.tech";
    tech_file_ = std::filesystem::absolute(file).string();
    return;
  }
  auto scratch = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-tech");
  ASSERT_TRUE(scratch) << scratch.error().text();
  scratch_.emplace(std::move(scratch).value());
  const auto file = scratch_->path() / "ptah130.tech";
  ASSERT_TRUE(write_text_file(file, magic_tech(Technology::ptah130()).value()));
  tech_file_ = file.string();
}

Result<std::map<std::string, MagicCell>> magic_check(const gds::Library& library,
                                                     const std::vector<std::string>& cells,
                                                     const std::string& tech_file, bool flat) {
  SimpleJobContext job;
  PTAH_TRY(auto magic, find_tool("magic", "magic"));
  PTAH_TRY(auto scratch, ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-magic"));
  PTAH_TRY(gds::write_file(library, scratch.path() / "tiles.gds"));
  std::string script = "tech load " + tech_file +
                       " -noprompt\nscalegrid 1 2\ndrc off\ngds read tiles.gds\n"
                       "set SUB VSUBS\n"
                       "foreach c {";
  for (const std::string& cell : cells) script += cell + " ";
  script +=
      "} {\n load $c\n select top cell\n drc style drc(full)\n drc on\n drc check\n drc catchup\n"
      " puts \"RESULT $c [lindex [drc list count total] 0] [drc listall why]\"\n drc off\n" +
      std::string(flat ? " flatten ${c}_flat\n load ${c}_flat\n select top cell\n port makeall\n"
                       : "") +
      " extract do local\n extract all\n ext2spice scale off\n ext2spice lvs\n"
      " ext2spice -o $c.spice\n}\nputs ALLDONE\nquit -noprompt\n";
  PTAH_TRY(write_text_file(scratch.path() / "run.tcl", script));
  ToolRun run;
  run.program = magic;
  run.arguments = {"-dnull", "-noconsole", "-rcfile", "/dev/null", "-T", tech_file, "run.tcl"};
  run.directory = scratch.path();
  run.wall_limit_s = run.cpu_limit_s = 800;
  run.output_limit_bytes = 64u << 20;
  PTAH_TRY(auto output, run_tool(run, job));
  if (output.out.find("ALLDONE") == std::string::npos)
    return make_error(ErrorCode::kToolFailed,
                      "Magic did not finish: " + output.out.substr(0, 2000) + output.err);
  std::map<std::string, MagicCell> result;
  std::istringstream lines(output.out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string mark, name;
    int errors = -1;
    if (!(words >> mark >> name >> errors) || mark != "RESULT") continue;
    result[name].errors = errors;
    std::getline(words, result[name].why);
  }
  for (const std::string& cell : cells) {
    PTAH_TRY(auto text, read_text_file(scratch.path() / (cell + ".spice")));
    parse_spice(text, result[cell]);
  }
  return result;
}

}  // namespace ptah::test
