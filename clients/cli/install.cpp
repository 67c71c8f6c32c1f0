/// ptah install, ptah uninstall: the editors' packages. Nothing but our own folder and our own
/// lines is touched, and both can be done again and again.
#include "install.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <sstream>
#include <vector>

#include "ptah/core/quoting.hpp"
#include "ptah/core/run_tool.hpp"
#include "session.hpp"

namespace ptah::cli {
namespace {

namespace fs = std::filesystem;

/// Says that a package folder is ours to replace and to remove.
constexpr char kMark[] = ".installed-by-ptah";
constexpr char kProgram[] = "program";

constexpr std::string_view kBegin = "# >>> ptah >>>\n";
/// The file had no line end at its end; taking the block out takes ours away, too.
constexpr std::string_view kBeginAfterLineEnd = "\n# >>> ptah (with the line end before) >>>\n";
constexpr std::string_view kEnd = "# <<< ptah <<<\n";

Result<fs::path> home() {
  const char* folder = std::getenv("HOME");
  if (folder == nullptr || *folder != '/') {
    return make_error(ErrorCode::kNotFound, "HOME names no folder.", "HOME",
                      "Set it to your home folder.");
  }
  return fs::path(folder);
}

Result<fs::path> klayout_folder() {
  if (const char* folder = std::getenv("KLAYOUT_HOME"); folder != nullptr && *folder != '\0') {
    return fs::absolute(folder) / "salt/ptah";
  }
  PTAH_TRY(const fs::path folder, home());
  return folder / ".klayout/salt/ptah";
}

Error io_error(const std::error_code& failure, const fs::path& where) {
  return make_error(ErrorCode::kDenied, "It can not be written: " + failure.message() + ".",
                    where.string(), "Look at its permissions.");
}

/// It is done but for what was there before.
Error left_over(const std::error_code& failure, const fs::path& where) {
  return make_error(ErrorCode::kIo,
                    "What was installed before can not be removed: " + failure.message() + ".",
                    where.string(), "Remove that folder by hand; all else is done.");
}

Result<std::string> read_if_there(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::string();
  return read_text_file(file, 4u << 20);
}

/// Copies files and folders, without Python's caches.
std::error_code copy_tree(const fs::path& from, const fs::path& to) {
  std::error_code failure;
  fs::create_directories(to, failure);
  if (failure) return failure;
  for (fs::directory_iterator at(from, failure), end; !failure && at != end;
       at.increment(failure)) {
    const fs::path name = at->path().filename();
    if (name == "__pycache__") continue;
    std::error_code failed;
    if (at->is_directory(failed)) {
      failed = copy_tree(at->path(), to / name);
    } else if (!failed) {
      fs::copy_file(at->path(), to / name, failed);
    }
    if (failed) return failed;
  }
  return failure;
}

std::string version_of(const fs::path& grain) {
  auto text = read_text_file(grain, 1u << 20);
  if (text.has_error()) return "";
  const auto begin = text.value().find("<version>"), end = text.value().find("</version>");
  if (begin == std::string::npos || end == std::string::npos || end < begin) return "";
  return text.value().substr(begin + 9, end - begin - 9);
}

bool is_ours(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kMark, ignored);
}

Error not_ours(const fs::path& folder) {
  return make_error(ErrorCode::kConflict, "This folder was not put there by `ptah install`.",
                    folder.string(), "Move it away yourself, and try again.");
}

struct Outcome {
  bool changed = false;
  fs::path place;
};

Result<Outcome> install_klayout() {
  const fs::path source = shared_folder("klayout");
  if (!fs::exists(source / "grain.xml")) {
    return make_error(ErrorCode::kNotFound, "This installation has no KLayout package.",
                      source.string(), "Install Ptah completely.");
  }
  PTAH_TRY(const fs::path target, klayout_folder());
  std::error_code failure;
  if (fs::symlink_status(target, failure).type() != fs::file_type::not_found && !is_ours(target)) {
    return not_ours(target);
  }
  // Whole or not at all: beside it first, then in its place.
  const std::string tail = std::to_string(::getpid());
  const fs::path fresh = target.parent_path() / (".ptah-new-" + tail);
  const fs::path old = target.parent_path() / (".ptah-old-" + tail);
  std::error_code ignored;
  fs::remove_all(fresh, ignored);
  failure = copy_tree(source, fresh);
  if (!failure) {
    // A program that is started from a desktop has no shell's PATH, and asks the second file.
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
    for (const auto& [name, text] :
         {std::pair(std::string(kMark), source), std::pair(std::string(kProgram), program)}) {
      if (auto written = write_text_file(fresh / name, text.string() + "\n"); written.has_error()) {
        fs::remove_all(fresh, ignored);
        return std::move(written).error();
      }
    }
    fs::remove_all(old, ignored);
    fs::rename(target, old, failure);
    if (failure == std::errc::no_such_file_or_directory) failure.clear();
  }
  if (!failure) {
    fs::rename(fresh, target, failure);
    if (failure) fs::rename(old, target, ignored);
  }
  if (failure) {
    fs::remove_all(fresh, ignored);
    return io_error(failure, target);
  }
  fs::remove_all(old, failure);
  if (failure) return left_over(failure, old);
  return Outcome{true, target};
}

Status replace_file(const fs::path& file, const std::string& text) {
  struct stat before {};
  const bool existed = ::stat(file.c_str(), &before) == 0;
  PTAH_TRY(write_text_file(file, text));
  if (existed && ::chmod(file.c_str(), before.st_mode & 07777) != 0)
    return io_error({errno, std::generic_category()}, file);
  return ok();
}

/// KLayout's own file of settings, without ours: elements `ptah-...`, a line each.
Status forget_klayout_settings(const fs::path& settings) {
  PTAH_TRY(const std::string text, read_if_there(settings));
  std::string kept;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find_first_not_of(' ');
    const bool ours = first != line.npos && line.compare(first, 6, "<ptah-") == 0 &&
                      (line.ends_with("/>") || line.find("</ptah-") != line.npos);
    if (!ours) kept += line + "\n";
  }
  return kept == text ? ok() : replace_file(settings, kept);
}

Result<Outcome> uninstall_klayout() {
  PTAH_TRY(const fs::path target, klayout_folder());
  // <KLayout's folder>/salt/ptah
  PTAH_TRY(forget_klayout_settings(target.parent_path().parent_path() / "klayoutrc"));
  std::error_code failure;
  if (fs::symlink_status(target, failure).type() == fs::file_type::not_found) {
    return Outcome{false, target};
  }
  if (!is_ours(target)) return not_ours(target);
  // A folder of which a part is left would not be ours any more.
  const fs::path old = target.parent_path() / (".ptah-old-" + std::to_string(::getpid()));
  fs::remove_all(old, failure);
  fs::rename(target, old, failure);
  if (failure) return io_error(failure, target);
  fs::remove_all(old, failure);
  if (failure) return left_over(failure, old);
  return Outcome{true, target};
}

/// Our block in `text`: begin and end, or nothing. Fails when somebody cut it in half.
Result<std::optional<std::pair<std::size_t, std::size_t>>> find_block(const std::string& text,
                                                                      const fs::path& file) {
  using Block = std::optional<std::pair<std::size_t, std::size_t>>;
  std::size_t begin = text.find(kBeginAfterLineEnd);
  if (begin == std::string::npos) begin = text.find(kBegin);
  if (begin == std::string::npos) return Block{};
  const std::size_t end = text.find(kEnd, begin);
  if (end == std::string::npos) {
    return make_error(ErrorCode::kConflict, "Ptah's lines in it have no end mark.", file.string(),
                      "Take them out by hand: they begin with `# >>> ptah`.");
  }
  return Block{{begin, end + kEnd.size()}};
}

/// ~/.magicrc, or what a link there points to.
Result<fs::path> magic_file() {
  PTAH_TRY(const fs::path folder, home());
  std::error_code failure;
  const fs::path file = folder / ".magicrc";
  const fs::path real = fs::canonical(file, failure);
  return failure ? file : real;
}

Result<std::string> magic_line() {
  const fs::path script = shared_folder("magic") / "ptah.tcl";
  const std::string path = quoting::tcl(script.string());
  if (!fs::exists(script)) {
    return make_error(ErrorCode::kNotFound, "This installation has no Magic package.",
                      script.string(), "Install Ptah completely.");
  }
  return "if {[file readable " + path + "]} {source " + path + "}\n";
}

Result<Outcome> install_magic() {
  PTAH_TRY(const std::string line, magic_line());
  PTAH_TRY(const fs::path file, magic_file());
  PTAH_TRY(const std::string text, read_if_there(file));
  PTAH_TRY(const auto block, find_block(text, file));
  std::string changed;
  if (block) {
    const std::string old = text.substr(block->first, block->second - block->first);
    const std::string_view begin = old.starts_with('\n') ? kBeginAfterLineEnd : kBegin;
    changed = text.substr(0, block->first) + std::string(begin) + line + std::string(kEnd) +
              text.substr(block->second);
  } else {
    const bool open = !text.empty() && text.back() != '\n';
    changed = text + std::string(open ? kBeginAfterLineEnd : kBegin) + line + std::string(kEnd);
  }
  if (changed == text) return Outcome{false, file};
  PTAH_TRY(replace_file(file, changed));
  return Outcome{true, file};
}

Result<Outcome> uninstall_magic() {
  PTAH_TRY(const fs::path file, magic_file());
  PTAH_TRY(const std::string text, read_if_there(file));
  PTAH_TRY(const auto block, find_block(text, file));
  if (!block) return Outcome{false, file};
  const std::string rest = text.substr(0, block->first) + text.substr(block->second);
  if (rest.empty()) {
    std::error_code failure;
    fs::remove(file, failure);
    if (failure) return io_error(failure, file);
  } else {
    PTAH_TRY(replace_file(file, rest));
  }
  return Outcome{true, file};
}

int run(const Session& session, const std::string& editor, bool remove) {
  auto outcome = editor == "klayout" ? (remove ? uninstall_klayout() : install_klayout())
                                     : (remove ? uninstall_magic() : install_magic());
  if (outcome.has_error()) return fail(session, outcome.error());
  if (session.json) {
    print_line({{"editor", editor},
                {"installed", !remove},
                {"changed", outcome.value().changed},
                {"place", outcome.value().place.string()}});
    return kOk;
  }
  const std::string place = outcome.value().place.string();
  if (remove) {
    std::cout << (outcome.value().changed ? "removed from " : "was not installed in ") << place
              << "\n";
  } else {
    std::cout << (outcome.value().changed ? "installed in " : "is installed in ") << place
              << "\nStart " << (editor == "klayout" ? "KLayout" : "Magic")
              << " again; `ptah uninstall " << editor << "` takes it away.\n";
  }
  return kOk;
}

}  // namespace

fs::path shared_folder(const std::string& name) {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  return program.parent_path().parent_path() / "share/ptah" / name;
}

Result<EditorPackage> klayout_package() {
  EditorPackage package;
  PTAH_TRY(package.place, klayout_folder());
  package.installed = fs::exists(package.place / "grain.xml");
  if (!package.installed) return package;
  package.found = version_of(package.place / "grain.xml");
  package.current = package.found == version_of(shared_folder("klayout") / "grain.xml");
  return package;
}

Result<EditorPackage> magic_package() {
  EditorPackage package;
  PTAH_TRY(package.place, magic_file());
  PTAH_TRY(const std::string text, read_if_there(package.place));
  PTAH_TRY(const auto block, find_block(text, package.place));
  package.installed = block.has_value();
  if (!block) return package;
  auto line = magic_line();
  package.current = line.has_value() &&
                    text.substr(block->first, block->second - block->first).find(line.value()) !=
                        std::string::npos;
  package.found = package.current ? "of this installation" : "of another installation";
  return package;
}

void add_install_commands(CLI::App& app, Session& session, int& status) {
  for (const bool remove : {false, true}) {
    auto* command = app.add_subcommand(
        remove ? "uninstall" : "install",
        remove ? "Take Ptah out of KLayout or Magic" : "Put Ptah into KLayout or Magic");
    auto editor = std::make_shared<std::string>();
    command->add_option("editor", *editor, "klayout or magic")
        ->required()
        ->check(CLI::IsMember({"klayout", "magic"}));
    on_command(command, status,
               [&session, editor, remove] { return run(session, *editor, remove); });
  }
}

}  // namespace ptah::cli
