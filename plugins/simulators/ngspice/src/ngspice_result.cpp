#include "ngspice_result.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "ptah/core/letter_case.hpp"

namespace ptah {
namespace {

bool did_not_converge(const std::string& words) {
  const std::string text = lower_case(words);
  for (const char* sign : {"converge", "singular matrix", "iteration limit", "timestep too small",
                           "gmin stepping failed", "source stepping failed"}) {
    if (text.find(sign) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::string ngspice_complaints(std::initializer_list<std::string_view> texts) {
  std::vector<std::string> lines;
  for (std::string_view rest : texts) {
    while (!rest.empty() && lines.size() < 4) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string line(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())))
        line.pop_back();
      const std::string words = lower_case(line);
      const auto says = [&](const char* text_of) {
        return words.find(text_of) != std::string::npos;
      };
      const bool relevant = says("error") || says("aborted") || says("singular matrix") ||
                            says("no convergence") || says("converge") || says("too small") ||
                            says("unknown") || says("could not find") || says("can't find") ||
                            says("undefined") || says("no such") || says("not available") ||
                            says("failed");
      if (!relevant || says("ikk too small") || says("model issue on line")) continue;
      line = line.substr(0, 200);
      if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
    }
  }
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : " | ") + line;
  return text;
}

Error ngspice_failure(const std::string& message, const std::string& words,
                      const std::string& circuit) {
  const std::string where = "circuit " + circuit;
  const std::string said = words.empty() ? "it gave no reason" : words;
  if (did_not_converge(said)) {
    return make_error(ErrorCode::kToolFailed,
                      "The simulation does not converge; ngspice says: " + said + ".", where,
                      "check the testbench's sources and the circuit's bias");
  }
  return make_error(ErrorCode::kToolFailed, message + " ngspice says: " + said + ".", where);
}

bool covers(const Waveform& waveform, const DeckAnalysis& analysis) {
  if (analysis.kind == "op") return waveform.x.size() == 1;
  if (waveform.x.empty()) return false;
  const double begin = waveform.x.front();
  const double end = waveform.x.back();
  const double span = std::max({std::abs(analysis.first), std::abs(analysis.last), 1e-300});
  if (analysis.step_ratio > 1) {
    const double points =
        std::floor(std::log(analysis.last / analysis.first) / std::log(analysis.step_ratio) +
                   1e-6) +
        1;
    return std::abs(begin - analysis.first) <= 1e-6 * span &&
           end * analysis.step_ratio > analysis.last * (1 - 1e-6) &&
           static_cast<double>(waveform.x.size()) >= points;
  }
  if (analysis.kind == "tran") {
    return begin <= analysis.first + 0.5 * (analysis.last - analysis.first) &&
           end >= analysis.last * (1 - 1e-6);
  }
  return std::abs(begin - analysis.first) <= 1e-6 * span &&
         std::abs(end - analysis.last) <= analysis.step * (1 + 1e-6);
}

Waveform keep_outputs(Waveform waveform, const std::vector<std::string>& outputs) {
  for (std::string& name : waveform.names) {
    // "noise1.onoise_spectrum": the plot's name is of no use to anybody.
    if (name.rfind("noise", 0) == 0 && name.find('.') != std::string::npos) {
      name = name.substr(name.find('.') + 1);
    }
  }
  if (waveform.analysis != "op") return waveform;
  Waveform kept = waveform;
  kept.names.clear();
  kept.y.clear();
  for (const std::string& output : outputs) {
    if (const auto* values = waveform.find(output)) {
      kept.names.push_back(lower_case(output));
      kept.y.push_back(*values);
    }
  }
  return kept;
}

}  // namespace ptah
