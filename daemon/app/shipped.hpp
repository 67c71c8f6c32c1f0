/// Models and datasets that come with Ptah (configs/models, configs/datasets): each becomes a
/// version in library "work" of a store that has not had it yet. [main thread]
///
/// What a folder or a file holds is told by a hash, and the store remembers the hashes: what is
/// there is not taken in again, what somebody has deleted stays away, and what a newer Ptah brings
/// otherwise is a version more. A model's hash is that of its model.json, which names the hashes of
/// its other files: a start reads no weights. Files are a stranger's: what cannot be taken in is
/// told (`problems`), tried again at the next start, and stops nothing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/job_manager.hpp"
#include "rpc/model_types.hpp"

namespace ptah {

struct ShippedModel {
  std::string hash;
  rpc::ModelPutParams params;
};
struct ShippedDataset {
  std::string hash, name;
  std::filesystem::path file;
};
struct ShippedThings {
  std::vector<ShippedModel> models;      ///< By name.
  std::vector<ShippedDataset> datasets;  ///< By name.
  std::vector<std::string> problems;     ///< A sentence for what is of no use.
};

/// What lies in `folder`/models and `folder`/datasets; where these are not there, nothing.
ShippedThings read_shipped(const std::filesystem::path& folder);

class Shipped {
 public:
  /// `folder`: empty: nothing is shipped.
  Shipped(boost::asio::io_context& io, StoreThread& store, FileThread& files, JobManager& jobs,
          std::filesystem::path folder);
  ~Shipped() { *alive_ = false; }

  /// Once. `made` is told of each model that becomes a version.
  void start(std::function<void(const VersionRow&)> made);

  /// Who asks by name right after a start finds what is about to come: whether a request of this
  /// name has to wait for it, and how. Nobody waits longer than kLongest.
  bool holds(std::string_view method) const;
  void wait(std::string_view method, std::function<void()> go);

  const std::vector<std::string>& problems() const noexcept { return problems_; }

 private:
  static constexpr std::chrono::seconds kLongest{10};
  enum class Need { kNothing, kModels, kAll };
  static Need need_of(std::string_view method);
  bool there(Need need) const;

  void take_in(ShippedThings things);
  void next_model();
  void import(const ShippedDataset& dataset);
  void imported(const ShippedDataset& dataset, const Result<JobRow>& ended);
  void dataset_done();
  void problem(const std::string& what, const Error& error);
  void open_gates();

  boost::asio::steady_timer longest_;
  StoreThread& store_;
  FileThread& files_;
  JobManager& jobs_;
  std::filesystem::path folder_;
  std::function<void(const VersionRow&)> made_;
  std::deque<ShippedModel> models_;  ///< To be taken in.
  std::size_t datasets_ = 0;         ///< That are being taken in.
  bool models_there_ = false, all_there_ = false;
  std::vector<std::pair<Need, std::function<void()>>> waiting_;
  std::vector<std::string> problems_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace ptah
