/// Which files a host may run as plugins: those that nobody but root and the host's own user could
/// have written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "ptah/core/descriptor.hpp"
#include "ptah/core/error.hpp"

namespace ptah {

/// What a plugin weighs at most, with everything linked into it; it is copied into memory.
constexpr std::uint64_t kMostPluginBytes = 512u << 20;

/// `directory` and each of its parents: owned by root or this process's user, and writable by
/// nobody else. Allowed besides: a sticky directory (such as /tmp) as a parent, because others can
/// not rename what is not theirs in it; write permission for the owner's private group, the group
/// that bears his name and has no other member.
/// Fails with kDenied, the path that is at fault and the chmod that helps.
Status check_trusted_directory(const std::filesystem::path& directory);

/// Opens a plugin's file for reading once, after checking its directory, and checks the very file
/// it opened: regular, no symbolic link, owner and permissions as above. Whatever happens to the
/// name afterwards, the descriptor stays that file.
Result<Descriptor> open_trusted_file(const std::filesystem::path& file);

}  // namespace ptah
