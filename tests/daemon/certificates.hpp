/// Certificates of a test's own, signed by themselves.
#pragma once

#include <filesystem>

namespace ptah::test {

/// Writes FOLDER/NAME.pem and FOLDER/NAME.key (0600), of localhost and 127.0.0.1, good for so many
/// days from yesterday on (0: it ended an hour ago).
void make_certificate(const std::filesystem::path& folder, const char* name, int days = 30);

}  // namespace ptah::test
