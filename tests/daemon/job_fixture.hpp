/// What the tests of jobs ask of a daemon whose workers do what the test says.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "daemon_fixture.hpp"

namespace ptah::test {

using Jobs = DaemonTest;

inline std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// All variants of a job as "chain/variant", in the order of commitment.
inline std::vector<std::string> variants_of(Client& client, const std::string& job,
                                            int page = 1000) {
  std::vector<std::string> names;
  std::int64_t after = 0;
  do {
    const Json list =
        client.result("variant.list", {{"job", job}, {"after", after}, {"limit", page}});
    for (const Json& variant : list["variants"])
      names.push_back(variant["chain"].dump() + "/" + variant["variant"].dump());
    after = list["next"];
  } while (after != 0);
  return names;
}

inline Json wait_for(Client& client, const std::string& job) {
  return client.result("job.wait", {{"job", job}});
}

}  // namespace ptah::test
