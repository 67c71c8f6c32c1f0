/// The files and folders that a request names. Which texts those are stands in the fields'
/// descriptions (TextForm), so that one walk over a struct finds them all.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "rpc/fields.hpp"

namespace ptah::rpc {

/// Describes a struct to `visit(path, text, form)`, which is called with each of its texts that may
/// name a file or a folder, and may change it.
template <class Visit>
class FileFields {
 public:
  FileFields(std::string path, Visit& visit) : path_(std::move(path)), visit_(visit) {}
  template <class T>
  void required(const char* name, T& value, const char*, Range range = {}) {
    walk(value, field_path(path_, name), range.form);
  }
  template <class T>
  void optional(const char* name, T& value, const char*, Range range = {}) {
    walk(value, field_path(path_, name), range.form);
  }

 private:
  template <class T>
  void walk(T& value, const std::string& path, TextForm form) {
    if constexpr (detail::IsOptional<T>::value) {
      if (value) walk(*value, path, form);
    } else if constexpr (detail::IsVector<T>::value) {
      for (std::size_t i = 0; i < value.size(); ++i)
        walk(value[i], path + "[" + std::to_string(i) + "]", form);
    } else if constexpr (detail::IsMap<T>::value) {
      for (auto& [name, item] : value) walk(item, path + "." + name, form);
    } else if constexpr (detail::IsGiven<T>::value) {
      walk(value.value, path, form);
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (form == TextForm::kFile || form == TextForm::kNameOrFile || form == TextForm::kFolder)
        visit_(path, value, form);
    } else if constexpr (requires { value.describe(*this); }) {
      FileFields inner(path, visit_);
      value.describe(inner);
    }
  }

  std::string path_;
  Visit& visit_;
};

template <class T, class Visit>
void for_each_file(T& value, Visit visit) {
  FileFields<Visit> fields("", visit);
  value.describe(fields);
}

/// Where the store's file with a hash is; nothing where there is none.
using FindStored = std::function<std::optional<std::string>(const std::string& hash)>;

/// Puts the paths of files of the store in place of their names. Fails with kNotFound for one that
/// the store does not have.
template <class T>
Status find_stored_files(T& value, const FindStored& find) {
  Status status = ok();
  for_each_file(value, [&](const std::string& path, std::string& text, TextForm) {
    const auto hash = stored_hash(text);
    if (!hash || !status) return;
    if (const auto file = find(*hash)) {
      text = *file;
    } else {
      status = make_error(ErrorCode::kNotFound,
                          "Field \"" + path + "\": the store has no file " + *hash + ".", path,
                          "Send it with store.put; one that no job refers to goes after a day.");
    }
  });
  return status;
}

/// Fails with kDenied where a field names a path: the client's machine need not be this one, where
/// the path means another file, or one that is nothing to the client.
template <class T>
Status refuse_paths(T& value) {
  Status status = ok();
  for_each_file(value, [&](const std::string& path, const std::string& text, TextForm form) {
    if (!text.starts_with('/') || !status) return;
    const bool folder = form == TextForm::kFolder;
    status = make_error(
        ErrorCode::kDenied,
        "Field \"" + path + "\" is a path, and no path of a client on TCP is opened here.", path,
        folder ? "Leave it out, and read the files with store.read."
               : "Send the file with store.put, and name it by \"sha256:\" and its hash.");
  });
  return status;
}

}  // namespace ptah::rpc
