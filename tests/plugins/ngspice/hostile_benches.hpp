/// Testbenches whose lines ngspice's command language would read as more than they say.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ptah/core/run_tool.hpp"
#include "ptah/sim/testbench.hpp"

namespace ptah::test {

/// A file that nobody may touch.
class Victim {
 public:
  explicit Victim(const std::filesystem::path& folder) : file_(folder / "victim.c1") {
    std::ofstream(file_) << kText;
  }
  std::string path() const { return file_.string(); }
  bool untouched() const {
    const auto text = read_text_file(file_);
    return text && text.value() == kText;
  }

 private:
  static constexpr char kText[] = "the only copy\n";
  std::filesystem::path file_;
};

struct HostileBench {
  std::string what;
  Testbench bench;
};

/// Variants of `good`, whose source is Vin and whose net is out, that write to `file`.
inline std::vector<HostileBench> hostile_benches(const Testbench& good, const std::string& file) {
  std::vector<HostileBench> benches;
  for (const std::string analysis :
       {".ac dec 50 1k 10g > ", ".ac dec 50 1k 10g >> ", ".ac dec 50 1k 10g>", ".op > ", ".op >> ",
        ".dc Vin 0 1 0.5 > ", ".noise v(out) Vin dec 5 1 10 > ", ".tran 1n 10n > "}) {
    benches.push_back({analysis, good});
    benches.back().bench.analyses = {analysis + file};
  }
  for (const std::string& output : {"v(out>" + file + ")", "v(out)>" + file,
                                    "v(out,in>>" + file + ")", "i(Vin>" + file + ")"}) {
    benches.push_back({output, good});
    benches.back().bench.outputs = {output};
  }
  benches.push_back({".noise v(out>", good});
  benches.back().bench.analyses = {".noise v(out>" + file + ") Vin dec 5 1 10"};
  // Capacitors of a kept circuit are set by a command with the instance's name in it.
  benches.push_back({"xdut>", good});
  benches.back().bench.cards[0].replace(0, 4, "xdut>" + file.substr(0, file.rfind('.')));
  for (const std::string card : {".print ac v(out) > ", ".save all > ", "*# echo x > "}) {
    benches.push_back({card, good});
    benches.back().bench.cards.push_back(card + file);
  }
  return benches;
}

}  // namespace ptah::test
