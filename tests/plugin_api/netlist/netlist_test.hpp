/// Short forms for the netlist tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "ptah/netlist/spice.hpp"

namespace ptah::test {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

inline const Technology& technology() {
  return Technology::ptah130();
}

/// What was read, with its notes as sentences as well.
struct ReadCircuit {
  Circuit circuit;
  std::vector<std::string> notes;
  SpiceCircuit all;
};

/// Reads text that has to be fine.
inline ReadCircuit read_ok(std::string_view text, const SpiceOptions& options = {},
                           const std::filesystem::path& base = {}) {
  auto read = read_spice(text, "t.sp", technology(), options, base);
  if (!read) {
    ADD_FAILURE() << read.error().text();
    return {};
  }
  ReadCircuit result{read.value().circuit, {}, std::move(read.value())};
  for (const Note& note : result.all.notes) result.notes.push_back(note.text());
  return result;
}

/// Reads text that has to be refused.
inline Error read_error(std::string_view text, const SpiceOptions& options = {},
                        const std::filesystem::path& base = {}) {
  auto read = read_spice(text, "t.sp", technology(), options, base);
  if (read) {
    ADD_FAILURE() << "accepted: " << text.substr(0, 200);
    return {};
  }
  return read.error();
}

/// For M lines whose netlist does not say what their w is.
inline SpiceOptions per_finger() {
  SpiceOptions options;
  options.width = WidthMeaning::kFinger;
  return options;
}

/// One transistor in a subcircuit.
inline std::string one(const std::string& line) {
  return ".subckt t a b c d\n" + line + "\n.ends\n";
}

inline const Device& device(const Circuit& circuit, std::string_view name) {
  static const Device none;
  const DeviceId id = circuit.find_device(name);
  if (id < 0) {
    ADD_FAILURE() << "no device " << name;
    return none;
  }
  return circuit.devices[static_cast<std::size_t>(id)];
}

/// "d g s b" by net names.
inline std::string nets(const Circuit& circuit, std::string_view name) {
  std::string text;
  for (const NetId net : device(circuit, name).nets) {
    text += (text.empty() ? "" : " ") + circuit.nets[static_cast<std::size_t>(net)].name;
  }
  return text;
}

/// A folder that is gone after the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ptah_netlist_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace ptah::test
