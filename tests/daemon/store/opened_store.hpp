/// A fresh store in a folder of its own, and transactions as the store's thread makes them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "ptah/core/run_tool.hpp"
#include "store/failure.hpp"
#include "store/store.hpp"

namespace ptah::test {

class OpenedStore : public testing::Test {
 protected:
  void SetUp() override {
    auto scratch = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-store");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
    open();
  }
  void open() { store_.emplace(scratch_->path() / "state"); }
  Store& store() { return *store_; }

  template <class Work>
  auto commit(Work work) {
    store().database().exec("BEGIN");
    auto result = work();
    store().files().sync();
    store().database().exec("COMMIT");
    store().files().take_new();
    store().remove_unreferenced(store().take_replaced());
    return result;
  }

  std::optional<ScratchDir> scratch_;
  std::optional<Store> store_;
};

}  // namespace ptah::test
