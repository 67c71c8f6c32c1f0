/// Names of the system's users: who owns what comes in by the Unix socket.
#pragma once

#include <sys/types.h>

#include <string>

namespace ptah {

/// The name of a user, or "uid-1000" where the system knows none.
std::string user_name(uid_t user);
/// Of the user that this process runs as.
const std::string& own_user_name();

}  // namespace ptah
