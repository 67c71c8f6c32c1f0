/// The tables of the job database, and how an older one becomes a present one. Throws Failure.
#pragma once

#include <filesystem>

#include "store/sqlite.hpp"

namespace ptah {

/// Looks at the file before SQLite does: refuses one that is damaged in its head, and writes one of
/// a Ptah that kept no checksums in its pages anew, with them. The old file is replaced in one
/// step, once the new one is on disk; beside it there must be room for it.
void prepare_database_file(const std::filesystem::path& file);

/// The version of the tables; 0: there are none.
std::int64_t schema_version(Database& database);

/// Makes the tables of a new database, or brings those of an older Ptah up to date: one step a
/// version, each in a transaction of its own, so that a crash leaves the version before it or the
/// one after. True when the database was an older one. Fails with kUnsupported when it is of a
/// newer Ptah.
bool prepare_schema(Database& database, const std::filesystem::path& state_dir);

}  // namespace ptah
