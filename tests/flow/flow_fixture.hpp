/// Runs tasks in this process on the plugins that the build made.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

#include "flow/chain.hpp"
#include "flow/tasks.hpp"
#include "plugins/plugin_host.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah {

class CollectingSink final : public TaskSink {
 public:
  void emit(const Json& event) override {
    events.push_back(event);
    if (event["event"] == "variant") {
      variants.push_back(event);
      if (static_cast<int>(variants.size()) == cancel_after_variants) cancelled_ = true;
    }
  }
  bool cancelled() const noexcept override { return cancelled_; }
  void cancel() { cancelled_ = true; }

  std::vector<Json> events;
  std::vector<Json> variants;
  int cancel_after_variants = -1;

 private:
  bool cancelled_ = false;
};

/// The bytes of a file that an event names; "" when it names none of that role.
inline std::string file_bytes(const Json& event, const std::string& role) {
  for (const Json& file : event["files"]) {
    if (file["role"] != role) continue;
    auto text = read_text_file(file["path"].get<std::string>());
    if (text.has_error()) return text.error().text();
    return file.contains("offset") ? text.value().substr(file["offset"], file["size"])
                                   : text.value();
  }
  return {};
}

/// Two events of the same variant say the same, and their files hold the same, in all but times.
inline void expect_same_variant(const Json& a, const Json& b) {
  EXPECT_EQ(a["record"].dump(), b["record"].dump());
  const auto names = [](const Json& event) {
    Json of = Json::array();
    for (const Json& file : event["files"]) of.push_back({file["role"], file["dataset"]});
    return of;
  };
  ASSERT_EQ(names(a), names(b));
  for (const Json& file : a["files"]) {
    const std::string role = file["role"];
    EXPECT_EQ(role == "times",
              file["dataset"].get<std::string>().find("/times/") != std::string::npos);
    if (role != "times") {
      EXPECT_EQ(file_bytes(a, role), file_bytes(b, role)) << role;
    }
  }
}

class FlowTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("PTAH_CONFIGS", PTAH_SOURCE_DIR "/configs", 1);
    auto scratch = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-flow-test");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(PTAH_BUILD_DIR "/plugins")) {
      if (entry.path().extension() == ".so") files.push_back(entry.path());
    }
    for (const PluginRefusal& refusal : host_.load_all(files)) {
      ADD_FAILURE() << refusal.file << ": " << refusal.reason.text();
    }
  }

  std::filesystem::path folder(const std::string& name) const {
    const auto path = scratch_->path() / name;
    std::filesystem::create_directories(path);
    return path;
  }
  Result<Json> plan(const Json& spec) {
    CollectingSink sink;
    return run_task("plan", spec, folder("plan"), host_, sink);
  }

  PluginHost host_;
  std::optional<ScratchDir> scratch_;
};

/// For runs of the flow `native`, where the build has its verifiers.
class NativeFlowTest : public FlowTest {
 protected:
  void SetUp() override {
    FlowTest::SetUp();
    if (HasFatalFailure()) return;
    for (const char* name : {"native_drc", "native_lvs"}) {
      if (host_.find(PluginKind::kVerifier, name) == nullptr) {
        GTEST_SKIP() << "the build lacks the plugin " << name;
      }
    }
  }
};

}  // namespace ptah
