#include "netlist/ideal_source.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "netlist/sizes.hpp"
#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"

namespace ptah::spice {
namespace {

constexpr std::array<std::string_view, 6> kWaveforms{"sin", "pulse", "pwl", "exp", "sffm", "am"};

/// Reads the words after the nets, one after the other.
class SourceValue {
 public:
  SourceValue(const Element& element, const std::string& path, Scope& scope, const Deck& deck)
      : element_(element), path_(path), scope_(scope), deck_(deck) {}

  Result<std::string> read() {
    const std::size_t first = source_nets(element_.letter());
    for (std::size_t i = first; i < element_.words.size(); ++i) {
      PTAH_TRY(add(element_.words[i]));
    }
    close_waveform();
    for (const auto& [key, parameter] : element_.parameters) {
      if (key != "dc" && key != "ac") return fail("has a parameter " + text::quoted(key));
      out_ += " " + key;
      PTAH_TRY(number(parameter.text));
    }
    if (out_.empty()) return fail("has no value");
    return out_.substr(1);
  }

 private:
  Error fail(const std::string& why) const {
    return make_error(ErrorCode::kUnsupported, path_ + ": this source " + why + ".",
                      deck_.where(element_.place),
                      "within a cell, sources have numbers, dc, ac and waveforms; others belong "
                      "into the testbench");
  }

  Status number(const std::string& word) {
    PTAH_TRY(const Quantity value, scope_.evaluate_text(element_, word));
    out_ += " " + rounded(value.value, 12);
    return ok();
  }

  /// Numbers behind it are no longer its own: "ac 1 sin(0.9 1) dc 0.67".
  void close_waveform() {
    if (std::exchange(in_waveform_, false)) out_ += ")";
  }

  /// "sin(0 1 1k)" is one word, "sin ( 0 1 1k )" several.
  Status add(const std::string& word) {
    const std::string lower = lower_case(word);
    const std::string name = lower.substr(0, lower.find('('));
    if (std::find(kWaveforms.begin(), kWaveforms.end(), name) == kWaveforms.end()) {
      if (lower != "dc" && lower != "ac") return number(word);
      close_waveform();
      out_ += " " + lower;
      return ok();
    }
    if (has_waveform_) return fail("has two waveforms");
    has_waveform_ = in_waveform_ = true;
    out_ += " " + name + "(";
    if (name.size() == lower.size()) return ok();
    std::string inner = word.substr(name.size() + 1);
    inner.erase(std::min(inner.rfind(')'), inner.size()));
    std::replace(inner.begin(), inner.end(), ',', ' ');
    auto words = text::tokens(inner);
    if (!words) return fail("has a waveform that cannot be read");
    for (const text::Token& token : words.value()) {
      PTAH_TRY(number(token.text));
    }
    return ok();
  }

  const Element& element_;
  const std::string& path_;
  Scope& scope_;
  const Deck& deck_;
  std::string out_;
  bool has_waveform_ = false, in_waveform_ = false;
};

}  // namespace

bool is_ideal_source(const Element& element) noexcept {
  return std::string_view("vieg").find(element.letter()) != std::string_view::npos;
}

std::size_t source_nets(char letter) noexcept {
  return letter == 'e' || letter == 'g' ? 4 : 2;
}

Result<std::string> source_value(const Element& element, const std::string& path, Scope& scope,
                                 const Deck& deck) {
  if (element.words.size() < source_nets(element.letter())) {
    return make_error(ErrorCode::kParse, path + ": nodes are missing.", deck.where(element.place));
  }
  return SourceValue(element, path, scope, deck).read();
}

}  // namespace ptah::spice
