/// How often the test part of a dataset was looked at: counted by its blocks, so that the same data
/// made anew, under whatever name, do not forget.
#pragma once

#include <cstdint>

namespace ptah {

class Store;
struct DatasetRow;

std::int64_t test_openings(Store& store, const DatasetRow& dataset);
/// One more, on disk when this returns. How many there are now.
std::int64_t count_test_opening(Store& store, const DatasetRow& dataset);

}  // namespace ptah
