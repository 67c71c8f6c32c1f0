/// How often the test part of a dataset was looked at: counted by what the dataset is, so that a
/// copy of it, and a name given anew, do not forget.
#pragma once

#include <cstdint>
#include <string>

namespace ptah {

class Store;

/// By the dataset's hash.
std::int64_t test_openings(Store& store, const std::string& hash);
/// One more, on disk when this returns. How many there are now.
std::int64_t count_test_opening(Store& store, const std::string& hash);

}  // namespace ptah
