#include "known_servers.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "ptah/core/run_tool.hpp"

namespace ptah::cli {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  const fs::path base = config != nullptr && *config != '\0'
                            ? fs::path(config)
                            : fs::path(home ? home : ".") / ".config";
  return base / "ptah/servers";
}

fs::path file_of(const KnownServer& server) {
  std::string name = server.host + "_" + std::to_string(server.port);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
  }
  return folder() / (name + ".json");
}

std::string address_of(const KnownServer& server) {
  const bool ipv6 = server.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port);
}

}  // namespace

Result<KnownServer> read_address(const std::string& text, const std::string& option) {
  KnownServer server;
  const std::size_t colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  server.host = text.substr(0, colon);
  if (server.host.size() > 2 && server.host.front() == '[' && server.host.back() == ']')
    server.host = server.host.substr(1, server.host.size() - 2);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos;
  const int number = digits ? std::atoi(port.c_str()) : 0;
  if (server.host.empty() || number <= 0 || number > 65535)
    return make_error(ErrorCode::kInvalidArgument, "`" + text + "` is not HOST:PORT.", option);
  server.port = static_cast<std::uint16_t>(number);
  return server;
}

Result<std::string> read_fingerprint(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (c != ':') digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return make_error(ErrorCode::kInvalidArgument, "This is no SHA-256 in hexadecimal.",
                      "--fingerprint", "`ptah server status` says it where the daemon runs.");
  }
  return digits;
}

Result<KnownServer> known_server(const std::string& text) {
  PTAH_TRY(KnownServer server, read_address(text, "--server"));
  const fs::path file = file_of(server);
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) {
    return make_error(ErrorCode::kNotFound, "Nobody has logged in at " + text + " from here.",
                      "--server", "ptah login " + text + " --token-file FILE");
  }
  if ((info.st_mode & 077) != 0 || info.st_uid != ::geteuid()) {
    return make_error(ErrorCode::kDenied, "The file with the token must be yours alone.",
                      file.string(), "chmod 600 " + file.string());
  }
  PTAH_TRY(const std::string kept, read_text_file(file, 64 << 10));
  const Json json = Json::parse(kept, nullptr, false);
  if (!json.is_object() || !json.value("token", Json()).is_string() ||
      !json.value("fingerprint", Json()).is_string()) {
    return make_error(ErrorCode::kParse, "This is not what `ptah login` wrote.", file.string(),
                      "Log in again.");
  }
  server.token = json["token"].get<std::string>();
  server.fingerprint = json["fingerprint"].get<std::string>();
  return server;
}

Result<fs::path> keep_server(const KnownServer& server) {
  const fs::path file = file_of(server);
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (!error) fs::permissions(file.parent_path(), fs::perms::owner_all, error);
  if (error) return make_error(ErrorCode::kIo, error.message() + ".", file.parent_path().string());
  const std::string text = Json{{"server", address_of(server)},
                                {"token", server.token},
                                {"fingerprint", server.fingerprint}}
                               .dump(2) +
                           "\n";
  const fs::path fresh = file.string() + ".new";
  fs::remove(fresh, error);
  const int descriptor =
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  bool written = descriptor >= 0 &&
                 ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (descriptor >= 0 && ::close(descriptor) != 0) written = false;
  if (!written || ::rename(fresh.c_str(), file.c_str()) != 0)
    return make_error(ErrorCode::kIo, "It cannot be written.", file.string());
  return file;
}

Result<Client> connect_to(const KnownServer& server) {
  return Client::connect_tls(server.host, server.port, server.token, {server.fingerprint});
}

}  // namespace ptah::cli
