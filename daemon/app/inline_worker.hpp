/// Workers that are threads of the daemon: for a debugger and for embedding (--inline). A plugin's
/// crash is the daemon's, and one that hangs cannot be ended.
#pragma once

#include <boost/asio/io_context.hpp>

#include "workers/worker.hpp"

namespace ptah {

class InlineWorkers final : public WorkerFactory {
 public:
  explicit InlineWorkers(boost::asio::io_context& io) : io_(io) {}
  Result<std::shared_ptr<Worker>> start(const PluginSet& plugins,
                                        Worker::Callbacks callbacks) override;

 private:
  boost::asio::io_context& io_;
};

}  // namespace ptah
