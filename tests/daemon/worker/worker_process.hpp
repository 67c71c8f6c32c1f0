/// A worker process and the daemon's end of its socket, for tests.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ptah/core/json.hpp"

namespace ptah {

class WorkerProcess {
 public:
  /// Starts `program` with the socket as descriptor 3 and standard error caught.
  WorkerProcess(const std::filesystem::path& program, std::vector<std::string> arguments);
  ~WorkerProcess();

  void send(const Json& message) { send_text(message.dump() + "\n"); }
  void send_text(const std::string& text);
  /// The next event; null once the worker closed its end. Fails the test after ten seconds.
  Json receive();
  /// Events up to and with the first of `kind`; ends early (without it) when the worker is gone.
  std::vector<Json> receive_until(const std::string& kind);
  void close_socket();
  void signal(int number) const;

  struct End {
    int exit_status = -1;  ///< -1 when a signal ended it.
    int signal = 0;
    std::string err;
  };
  /// Waits for its end; kills it after ten seconds, which fails the test.
  End wait();

 private:
  int socket_ = -1;
  int err_ = -1;
  int pid_ = -1;
  std::string buffer_;
};

}  // namespace ptah
