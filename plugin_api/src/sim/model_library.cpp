#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <system_error>

#include "ptah/core/letter_case.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/sim/models.hpp"
#include "sim_text.hpp"

namespace ptah {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxLibraryBytes = 512u << 20;
constexpr char kCacheVersion[] = "1";

/// What decides whether a file is still the one that a cache entry was made from.
struct FileStamp {
  std::string path;
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;

  static std::optional<FileStamp> of(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return std::nullopt;
    return FileStamp{
        path, static_cast<std::uint64_t>(info.st_size),
        static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec};
  }
  std::string line() const {
    return "* from " + std::to_string(bytes) + " " + std::to_string(modified_ns) + " " + path;
  }
};

/// A line with its continuations.
using Statement = std::string_view;

/// One top-level piece of the flattened section.
struct ModelBlock {
  enum class Kind { kLine, kModel, kSubcircuit } kind = Kind::kLine;
  std::string name;
  std::vector<Statement> statements;
};

bool is_comment(std::string_view line) {
  line = trimmed(line);
  return line.empty() || line.front() == '*';
}

/// Reads a library section with its includes into blocks.
class LibraryReader {
 public:
  explicit LibraryReader(std::string corner) : corner_(std::move(corner)) {}

  Status read(const std::filesystem::path& library) { return read_file(library, corner_, 0); }

  const std::vector<ModelBlock>& blocks() const noexcept { return blocks_; }
  std::string stamps() const {
    std::string text;
    for (const auto& [path, stamp] : stamps_) text += stamp.line() + "\n";
    return text;
  }

 private:
  /// With a section name only that section counts, without one the whole file.
  Status read_file(const std::filesystem::path& file, const std::string& section, int depth) {
    if (depth > kMaxDepth) {
      return make_error(ErrorCode::kLimit, "Model files include each other too deeply.",
                        file.string());
    }
    const std::string path = file.lexically_normal().string();
    if (const auto stamp = FileStamp::of(path)) stamps_.insert_or_assign(path, *stamp);
    auto cached = texts_.find(path);
    if (cached == texts_.end()) {
      PTAH_TRY(std::string text, read_text_file(file, kMaxLibraryBytes - bytes_));
      bytes_ += text.size();
      cached = texts_.emplace(path, std::move(text)).first;
    }
    std::string_view rest = cached->second;
    bool inside = section.empty();
    bool found = inside;
    std::size_t line_number = 0;
    while (!rest.empty()) {
      std::size_t lines = 0;
      const Statement statement = take_statement(rest, lines);
      const std::string where = path + ":" + std::to_string(line_number + 1);
      line_number += lines;
      if (is_comment(statement)) continue;
      std::vector<std::string> words;
      if (trimmed(statement).front() == '.') words = split_words(statement, 4);
      const std::string keyword = words.empty() ? "" : lower_case(words[0]);
      if (keyword == ".lib" && words.size() == 2) {
        if (!section.empty() && lower_case(words[1]) == section) inside = found = true;
        continue;
      }
      if (keyword == ".endl") {
        if (!section.empty()) inside = false;
        continue;
      }
      if (!inside) continue;
      if ((keyword == ".include" || keyword == ".inc") && words.size() >= 2) {
        PTAH_TRY(read_file(file.parent_path() / unquoted(words[1]), "", depth + 1));
      } else if (keyword == ".lib" && words.size() >= 3) {
        PTAH_TRY(
            read_file(file.parent_path() / unquoted(words[1]), lower_case(words[2]), depth + 1));
      } else {
        PTAH_TRY(add(statement, keyword, words, where));
      }
    }
    if (!found) {
      return make_error(ErrorCode::kNotFound,
                        "The model library has no section \"" + section + "\".", path,
                        "the `.lib` line of the testbench names the corner: tt, ff, ss, sf, fs");
    }
    return ok();
  }

  Status add(Statement statement, const std::string& keyword, const std::vector<std::string>& words,
             const std::string& where) {
    if (keyword == ".subckt" || keyword == ".model") {
      if (words.size() < 2) {
        return make_error(ErrorCode::kParse, keyword + " without a name.", where);
      }
    }
    if (nesting_ > 0 || keyword == ".subckt") {
      if (nesting_ == 0) {
        blocks_.push_back({ModelBlock::Kind::kSubcircuit, lower_case(words[1]), {}});
      }
      blocks_.back().statements.push_back(statement);
      if (keyword == ".subckt") ++nesting_;
      if (keyword == ".ends") --nesting_;
    } else if (keyword == ".model") {
      blocks_.push_back({ModelBlock::Kind::kModel, lower_case(words[1]), {statement}});
    } else {
      blocks_.push_back({ModelBlock::Kind::kLine, "", {statement}});
    }
    return ok();
  }

  std::string corner_;
  std::size_t bytes_ = 0;
  int nesting_ = 0;
  std::map<std::string, std::string> texts_;  // blocks_ points into these
  std::map<std::string, FileStamp> stamps_;
  std::vector<ModelBlock> blocks_;
};

/// "model.12" is a bin of "model".
std::string base_name(const std::string& model) {
  const std::size_t dot = model.rfind('.');
  if (dot == std::string::npos || dot + 1 == model.size()) return model;
  const bool digits = std::all_of(model.begin() + static_cast<std::ptrdiff_t>(dot) + 1, model.end(),
                                  [](unsigned char c) { return std::isdigit(c) != 0; });
  return digits ? model.substr(0, dot) : model;
}

struct Bin {
  double lmin, lmax, wmin, wmax;
};

/// The size range of a binned model, in metres; nullopt for a model without one.
std::optional<Bin> bin_of(Statement model) {
  const auto value = [&](const char* key) -> std::optional<double> {
    for (std::size_t at = 0; (at = model.find(key, at)) != Statement::npos; ++at) {
      std::string_view rest = model.substr(at + 4);
      const bool whole = at > 0 && (std::isspace(static_cast<unsigned char>(model[at - 1])) != 0 ||
                                    model[at - 1] == '+');
      while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
      if (!whole || rest.empty() || rest.front() != '=') continue;
      rest.remove_prefix(1);
      while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
      double number = 0;
      if (std::from_chars(rest.data(), rest.data() + rest.size(), number).ec == std::errc()) {
        return number;
      }
    }
    return std::nullopt;
  };
  const auto lmin = value("lmin"), lmax = value("lmax"), wmin = value("wmin"), wmax = value("wmax");
  if (!lmin || !lmax || !wmin || !wmax) return std::nullopt;
  return Bin{*lmin, *lmax, *wmin, *wmax};
}

/// A bin too many changes nothing, one too few would: edges count to both sides.
bool holds(const Bin& bin, const ModelUse& use) {
  const auto in = [](double um, double low, double high) {
    const double metres = um * 1e-6;
    return um <= 0 || (metres >= low * (1 - 1e-6) && metres <= high * (1 + 1e-6));
  };
  return in(use.length_um, bin.lmin, bin.lmax) && in(use.width_um, bin.wmin, bin.wmax);
}

/// The needed subcircuits and models: those in use and, transitively, what they use.
std::set<std::string> needed_names(const std::vector<ModelBlock>& blocks,
                                   const ModelRequest& request) {
  std::map<std::string, std::vector<const ModelBlock*>> defined;
  for (const ModelBlock& block : blocks) {
    if (block.kind != ModelBlock::Kind::kLine) defined[base_name(block.name)].push_back(&block);
  }
  std::set<std::string> needed;
  std::vector<std::string> work;
  const auto need = [&](const std::string& name) {
    if (defined.count(name) != 0 && needed.insert(name).second) work.push_back(name);
  };
  for (const ModelUse& use : request.uses) need(use.model);
  while (!work.empty()) {
    const std::string name = work.back();
    work.pop_back();
    for (const ModelBlock* block : defined[name]) {
      if (block->kind != ModelBlock::Kind::kSubcircuit) continue;
      for (const Statement statement : block->statements) {
        const std::string_view text = trimmed(statement);
        if (text.front() == '.') continue;
        for (const std::string& word : split_words(statement, 64)) need(lower_case(word));
      }
    }
  }
  return needed;
}

void append_statement(std::string& out, Statement statement) {
  while (!statement.empty()) {
    const std::size_t end = std::min(statement.find('\n'), statement.size());
    const std::string_view line = trimmed(statement.substr(0, end));
    statement.remove_prefix(std::min(end + 1, statement.size()));
    if (is_comment(line)) continue;
    out.append(line);
    out += '\n';
  }
}

Result<std::string> trim_blocks(const std::vector<ModelBlock>& blocks, const ModelRequest& request,
                                const std::string& library) {
  const std::set<std::string> needed = needed_names(blocks, request);
  std::vector<bool> covered(request.uses.size(), false);
  std::string out;
  for (const ModelBlock& block : blocks) {
    if (block.kind != ModelBlock::Kind::kLine && needed.count(base_name(block.name)) == 0) continue;
    // Bins are chosen by the sizes of the subcircuit's own instances; of one that only other
    // subcircuits use, all stay.
    std::vector<std::size_t> uses;
    for (std::size_t i = 0; i < request.uses.size(); ++i) {
      if (request.uses[i].model == base_name(block.name)) uses.push_back(i);
    }
    bool binned = false;
    for (const Statement statement : block.statements) {
      const bool model =
          trimmed(statement).size() > 6 && lower_case(trimmed(statement).substr(0, 6)) == ".model";
      const std::optional<Bin> bin = model ? bin_of(statement) : std::nullopt;
      if (bin && !uses.empty()) {
        binned = true;
        bool keep = false;
        for (const std::size_t i : uses) {
          if (!holds(*bin, request.uses[i])) continue;
          keep = covered[i] = true;
        }
        if (!keep) continue;
      }
      append_statement(out, statement);
    }
    if (!binned) {
      for (const std::size_t i : uses) covered[i] = true;
    }
  }
  for (std::size_t i = 0; i < request.uses.size(); ++i) {
    const ModelUse& use = request.uses[i];
    if (covered[i] || needed.count(use.model) == 0) continue;
    return make_error(ErrorCode::kUnsupported,
                      use.model + " has no model for w=" + number_text(use.width_um) +
                          " l=" + number_text(use.length_um) + " um.",
                      library, "change the device's size or its finger count");
  }
  return out;
}

/// All that decides the result, as comment lines.
std::string cache_key(const std::string& library, const ModelRequest& request) {
  std::string key = "* ptah model deck " + std::string(kCacheVersion) + " section " +
                    request.corner + " of " + library + "\n";
  for (const ModelUse& use : request.uses) {
    key += "* for " + use.model + " w=" + number_text(use.width_um) +
           " l=" + number_text(use.length_um) + "\n";
  }
  return key;
}

/// FNV-1a: names the file only; the whole key is compared as well.
std::string file_name_of(const std::string& key) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  std::array<char, 17> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), hash, 16).ptr;
  return std::string(text.data(), end) + ".spice";
}

/// The entry's text when every file it was made from is unchanged.
std::optional<std::string> cached_text(const std::filesystem::path& entry, const std::string& key) {
  auto text = read_text_file(entry);
  if (!text || text.value().rfind(key, 0) != 0) return std::nullopt;
  std::string_view rest = std::string_view(text.value()).substr(key.size());
  bool stamped = false;
  while (rest.rfind("* from ", 0) == 0) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t slash = line.find('/');
    if (slash == std::string::npos) return std::nullopt;
    const auto now = FileStamp::of(line.substr(slash));
    if (!now || now->line() != line) return std::nullopt;
    stamped = true;
  }
  if (!stamped) return std::nullopt;
  return std::move(text.value());
}

}  // namespace

std::filesystem::path model_cache_directory() {
  std::filesystem::path base;
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && cache[0] == '/') {
    base = cache;
  } else if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/') {
    base = std::filesystem::path(home) / ".cache";
  } else {
    return {};
  }
  const std::filesystem::path folder = base / "ptah" / "models";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return error ? std::filesystem::path() : folder;
}

Result<std::string> trimmed_model_library(const std::filesystem::path& library,
                                          const ModelRequest& request,
                                          const std::filesystem::path& cache) {
  std::error_code error;
  const std::filesystem::path absolute =
      std::filesystem::absolute(library, error).lexically_normal();
  ModelRequest sorted = request;
  sorted.corner = lower_case(sorted.corner);
  std::sort(sorted.uses.begin(), sorted.uses.end());
  sorted.uses.erase(std::unique(sorted.uses.begin(), sorted.uses.end()), sorted.uses.end());
  const std::string key = cache_key(absolute.string(), sorted);
  const std::filesystem::path entry = cache.empty() ? cache : cache / file_name_of(key);
  if (!entry.empty()) {
    if (auto text = cached_text(entry, key)) return std::move(*text);
  }
  LibraryReader reader(sorted.corner);
  PTAH_TRY(reader.read(absolute));
  PTAH_TRY(const std::string body, trim_blocks(reader.blocks(), sorted, absolute.string()));
  std::string text = key + reader.stamps() + body;
  // A cache that can not be written costs time, not the result.
  if (!entry.empty()) [[maybe_unused]]
    const auto kept = write_text_file(entry, text);
  return text;
}

}  // namespace ptah
