/// The page for browsers: a few files, read once, served from memory by their names alone.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "net/http.hpp"

namespace ptah {

class Page {
 public:
  /// What of `folder` a page is made of: files right in it whose kind is known, 1 MiB each at most.
  /// Without the folder there is no page.
  static Page read(const std::filesystem::path& folder);
  /// 404 for every path that is not the name of one.
  HttpAnswer answer(const std::string& path) const;

 private:
  std::map<std::string, HttpAnswer> files_;
};

}  // namespace ptah
