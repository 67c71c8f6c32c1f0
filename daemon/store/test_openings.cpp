#include "store/test_openings.hpp"

#include <charconv>

#include "store/failure.hpp"
#include "store/store.hpp"

namespace ptah {
namespace {

std::string setting_name(const std::string& hash) {
  return "test opened " + hash;
}

}  // namespace

std::int64_t test_openings(Store& store, const std::string& hash) {
  const std::string text = store.setting(setting_name(hash));
  if (text.empty()) return 0;
  std::int64_t count = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || stop != text.data() + text.size() || count < 0)
    fail(ErrorCode::kIo, "The count of a test part's openings is no number.", setting_name(hash));
  return count;
}

std::int64_t count_test_opening(Store& store, const std::string& hash) {
  const std::int64_t count = test_openings(store, hash) + 1;
  store.set_setting(setting_name(hash), std::to_string(count));
  return count;
}

}  // namespace ptah
