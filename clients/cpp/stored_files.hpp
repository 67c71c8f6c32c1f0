/// Files over the connection, in pieces: inputs to a daemon that does not see this machine's files,
/// and results from it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "client.hpp"

namespace ptah {

/// Sends a file, unless the daemon has it. Returns the name that stands for it in any field of a
/// request that takes a file: "sha256:" and its hash. It stays for a day, and as long as a job
/// refers to it.
Result<std::string> put_file(Client& client, const std::filesystem::path& file);

/// The bytes of the file with this name (or bare hash): at most so many.
Result<std::string> read_text(Client& client, const std::string& name, std::size_t most);

/// Of a folder of results.
struct FetchedFiles {
  std::int64_t files = 0, written = 0;
  std::int64_t kept = 0;  ///< In whose place other bytes are, which stay.
};
/// Writes the results of a job into a folder of this machine, as the daemon's `variant.export`
/// does on its own. `progress` is told how many are done.
Result<FetchedFiles> fetch_results(Client& client, const std::string& job,
                                   const std::filesystem::path& folder,
                                   const std::function<void(std::int64_t)>& progress = {});

/// Writes the file with this name (or bare hash) to `out`, whole and with the right bytes or not at
/// all; what is there is replaced.
Status read_file(Client& client, const std::string& name, const std::filesystem::path& out);

}  // namespace ptah
