// `ptah install` and `ptah uninstall` on a disk that fails at each of their calls: what is there is
// the old package or the new one, whole and ours, and the command can be given again.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>

#include "../daemon/faults/fault_sweep.hpp"
#include "ptah/core/run_tool.hpp"
#include "session.hpp"

namespace ptah::cli {
namespace {

namespace fs = std::filesystem;

class InstallFaults : public testing::Test {
 protected:
  void SetUp() override {
    auto scratch = ScratchDir::create(faults::scratch_parent(), "ptah-install-faults");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
    ::setenv("HOME", home().c_str(), 1);
    ::unsetenv("KLAYOUT_HOME");
  }
  const fs::path& home() const { return scratch_->path(); }
  fs::path package() const { return home() / ".klayout/salt/ptah"; }

  static int command(const std::string& line) {
    CLI::App app;
    Session session;
    int status = kOk;
    add_install_commands(app, session, status);
    std::ostringstream said;
    auto* out = std::cout.rdbuf(said.rdbuf());
    auto* err = std::cerr.rdbuf(said.rdbuf());
    app.parse(line);
    std::cout.rdbuf(out);
    std::cerr.rdbuf(err);
    return status;
  }
  static std::size_t files_in(const fs::path& folder) {
    if (!fs::exists(folder)) return 0;
    return static_cast<std::size_t>(std::distance(fs::recursive_directory_iterator(folder),
                                                  fs::recursive_directory_iterator()));
  }
  static std::string bytes_of(const fs::path& file) {
    std::stringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }
  std::optional<ScratchDir> scratch_;
};

TEST_F(InstallFaults, APackageOverAnOlderOne) {
  ASSERT_EQ(command("install klayout"), kOk);
  const std::size_t whole = files_in(package());
  faults::sweep([&](const faults::Plan& plan) {
    fs::remove_all(package().parent_path());
    fs::create_directories(package());
    std::ofstream(package() / ".installed-by-ptah") << "before";
    faults::arm(plan);
    const int status = command("install klayout");
    const bool met = faults::disarm();
    EXPECT_TRUE(met || status == kOk);
    const std::size_t now = files_in(package());
    EXPECT_TRUE(now == whole || (status != kOk && now <= 1)) << now << " files of " << whole;
    EXPECT_EQ(command("install klayout"), kOk);
    EXPECT_EQ(files_in(package()), whole);
    return met;
  });
}

TEST_F(InstallFaults, APackageThatIsTakenAway) {
  faults::sweep([&](const faults::Plan& plan) {
    fs::remove_all(package().parent_path());
    fs::create_directories(package() / "python");
    std::ofstream(package() / ".installed-by-ptah") << "before";
    std::ofstream(package() / "grain.xml") << "<version>1</version>";
    std::ofstream(package() / "python/a.py") << "";
    faults::arm(plan);
    const int status = command("uninstall klayout");
    const bool met = faults::disarm();
    EXPECT_TRUE(met || status == kOk);
    EXPECT_TRUE(!fs::exists(package()) || (status != kOk && files_in(package()) == 4));
    EXPECT_EQ(command("uninstall klayout"), kOk);
    EXPECT_FALSE(fs::exists(package()));
    return met;
  });
}

TEST_F(InstallFaults, AStartFileKeepsItsTextAndIsAsPrivateAsItWas) {
  const fs::path file = home() / ".magicrc";
  faults::sweep([&](const faults::Plan& plan) {
    std::ofstream(file, std::ios::trunc) << "# mine\n";
    ::chmod(file.c_str(), 0600);
    faults::arm(plan);
    const int status = command("install magic");
    const bool met = faults::disarm();
    EXPECT_TRUE(met || status == kOk);
    EXPECT_TRUE(bytes_of(file).starts_with("# mine\n"));
    struct stat info {};
    EXPECT_EQ(::stat(file.c_str(), &info), 0);
    if (status == kOk) {
      EXPECT_EQ(info.st_mode & 0777, 0600u);
      EXPECT_NE(bytes_of(file).find("ptah.tcl"), std::string::npos);
    }
    EXPECT_EQ(command("install magic"), kOk);
    return met;
  });
}

}  // namespace
}  // namespace ptah::cli
