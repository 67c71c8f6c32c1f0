#include "app/page.hpp"

#include <spdlog/spdlog.h>

#include "ptah/core/run_tool.hpp"

namespace ptah {

namespace fs = std::filesystem;

namespace {

const char* type_of_file(const fs::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".html") return "text/html; charset=utf-8";
  if (extension == ".css") return "text/css; charset=utf-8";
  if (extension == ".js") return "text/javascript; charset=utf-8";
  if (extension == ".svg") return "image/svg+xml";
  return nullptr;
}

}  // namespace

Page Page::read(const fs::path& folder) {
  Page page;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const char* type = type_of_file(entry->path());
    if (type == nullptr) continue;
    auto text = read_text_file(entry->path(), 1u << 20);
    if (!text) {
      spdlog::error("the page goes without a file: {}", text.error().text());
      continue;
    }
    HttpAnswer answer;
    answer.type = type;
    answer.body = std::make_shared<const std::string>(std::move(text.value()));
    const std::string name = entry->path().filename().string();
    page.files_["/" + (name == "index.html" ? std::string() : name)] = std::move(answer);
  }
  return page;
}

HttpAnswer Page::answer(const std::string& path) const {
  const auto found = files_.find(path);
  if (found != files_.end()) return found->second;
  return http_text(
      404, path == "/" ? "The page is not installed: share/ptah/web beside ptahd's folder has it."
                       : "There is nothing here. The page is at /, figures are at /metrics.");
}

}  // namespace ptah
