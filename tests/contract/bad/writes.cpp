#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "bad_placer.hpp"

namespace {

/// Does its worst to the files `overwritten`, `emptied`, `renamed` and `removed` of the folder
/// PTAH_TEST_VICTIMS, puts `new` and `folder` beside them, and `inside` into TMPDIR.
void write_everywhere() {
  const char* victims = std::getenv("PTAH_TEST_VICTIMS");
  const char* own = std::getenv("TMPDIR");
  if (victims == nullptr || own == nullptr) return;
  const std::string theirs = std::string(victims) + "/", ours = std::string(own) + "/";
  const auto put = [](const std::string& file) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (descriptor < 0) return;
    [[maybe_unused]] const auto written = ::write(descriptor, "mine\n", 5);
    ::close(descriptor);
  };
  [[maybe_unused]] int ignored = 0;
  put(theirs + "overwritten");
  put(theirs + "new");
  put(ours + "inside");
  ignored = ::truncate((theirs + "emptied").c_str(), 0);
  ignored = ::rename((theirs + "renamed").c_str(), (ours + "renamed").c_str());
  ignored = ::unlink((theirs + "removed").c_str());
  ignored = ::mkdir((theirs + "folder").c_str(), 0700);
}

struct Writes : ptah::bad::Nothing {
  static void called() { write_everywhere(); }
};

[[gnu::constructor]] void at_load() {
  write_everywhere();
}

}  // namespace

PTAH_PLUGIN(ptah::Placer, ptah::bad::BadPlacer<Writes>, "bad_writes", "1.0.0",
            "Writes where it should not, when it is loaded and when it is asked to place.")
