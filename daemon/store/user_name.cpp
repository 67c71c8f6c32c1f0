#include "store/user_name.hpp"

#include <pwd.h>
#include <unistd.h>

#include <vector>

namespace ptah {

std::string user_name(uid_t user) {
  std::vector<char> text(16 << 10);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, text.data(), text.size(), &found) == 0 && found != nullptr)
    return entry.pw_name;
  return "uid-" + std::to_string(user);
}

const std::string& own_user_name() {
  static const std::string kName = user_name(::getuid());
  return kName;
}

}  // namespace ptah
