/// The form in which the public data set of UT-AnLay has placements: pictures of 64 x 64 pixels in
/// six channels of bytes (`images`) and classes (`meta`: 1 among the worst quarter by a measure).
///
/// Public code cuts such a group by its order, the first 80 % to train with. So the rows of the
/// training part come first here, then those of the validation part, then those of the test part.
#pragma once

#include <filesystem>

#include "flow/sample_dataset.hpp"

namespace ptah {

/// Names, rows and classes of the dataset's label, by the public rule: of the raw values, class 1
/// is what lies above the 75th percentile, or of a measure that should be large, not above the
/// 25th. `balanced` leaves out the two quarters between. Fails where a quarter is empty.
Result<PictureGroup> picture_group(const SampleDataset& dataset, bool balanced);

/// The rows of the dataset's file, and such a group with its pictures, which it returns.
Result<PictureGroup> write_public_form(SampleDataset& dataset, bool balanced,
                                       const std::filesystem::path& file, FlowJob& job);

/// That each group of a file is what `write_public_form` makes of the rows: names, classes and
/// every byte of the pictures. `dataset`: of the rows that were read from it.
Status check_public_form(SampleDataset& dataset, const std::vector<PictureGroup>& groups,
                         const std::filesystem::path& file, FlowJob& job);

}  // namespace ptah
