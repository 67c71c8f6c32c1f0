#include "store/test_openings.hpp"

#include <charconv>

#include "ptah/core/sha256.hpp"
#include "store/failure.hpp"
#include "store/store.hpp"

namespace ptah {
namespace {

std::string setting_name(const DatasetRow& dataset) {
  std::string blocks;
  for (const FileRow& block : dataset.blocks) blocks += block.hash + "\n";
  return "test opened " + sha256_hex(blocks);
}

}  // namespace

std::int64_t test_openings(Store& store, const DatasetRow& dataset) {
  const std::string text = store.setting(setting_name(dataset));
  if (text.empty()) return 0;
  std::int64_t count = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || stop != text.data() + text.size() || count < 0)
    fail(ErrorCode::kIo, "The count of a test part's openings is no number.",
         setting_name(dataset));
  return count;
}

std::int64_t count_test_opening(Store& store, const DatasetRow& dataset) {
  const std::int64_t count = test_openings(store, dataset) + 1;
  store.set_setting(setting_name(dataset), std::to_string(count));
  return count;
}

}  // namespace ptah
