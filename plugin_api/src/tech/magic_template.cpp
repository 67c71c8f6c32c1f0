#include "magic_template.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "ptah/core/quoting.hpp"

namespace ptah::tech {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

const Rule& find_rule(const Technology& technology, std::string_view id) {
  for (const Rule& rule : technology.rules()) {
    if (rule.id == id) return rule;
  }
  throw std::out_of_range("technology " + technology.name() + " has no rule \"" + std::string(id) +
                          "\"");
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool has_rule(const Technology& technology, std::string_view id) {
  return std::any_of(technology.rules().begin(), technology.rules().end(),
                     [&](const Rule& rule) { return rule.id == id; });
}

std::int64_t term(std::string_view text, const Technology& technology) {
  text = trimmed(text);
  std::int64_t factor = 1;
  if (const auto star = text.find('*'); star != std::string_view::npos) {
    factor = number(trimmed(text.substr(0, star))).value();
    text = trimmed(text.substr(star + 1));
  }
  // A rule may be called "60".
  const auto constant = has_rule(technology, text) ? std::nullopt : number(text);
  return factor * (constant ? *constant : technology.rule(text));
}

/// Terms are set apart by " + " and " - ".
std::int64_t sum(std::string_view text, const Technology& technology) {
  std::int64_t total = 0;
  int sign = 1;
  while (true) {
    const std::size_t at = std::min(text.find(" + "), text.find(" - "));
    total += sign * term(text.substr(0, at), technology);
    if (at == std::string_view::npos) return total;
    sign = text[at + 1] == '+' ? 1 : -1;
    text.remove_prefix(at + 3);
  }
}

}  // namespace

std::string sentence(std::string_view text, std::string_view tail) {
  auto quoted = quoting::magic_sentence(text, tail);
  if (!quoted) throw std::logic_error("a sentence that the reader of technologies refuses");
  return std::move(quoted).value();
}

std::string fill(std::string_view text, const Technology& technology) {
  std::string out;
  out.reserve(text.size() * 2);
  while (true) {
    const std::size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) throw std::logic_error("unclosed { in a template");
    std::string_view inside = text.substr(open + 1, close - open - 1);
    if (inside.starts_with("why")) {
      const bool bare = inside.starts_with("why!");
      const Rule& rule = find_rule(technology, trimmed(inside.substr(bare ? 4 : 3)));
      const bool area = rule.kind == RuleKind::kArea || rule.kind == RuleKind::kHoleArea;
      out += sentence(rule.text, std::string(bare   ? ""
                                             : area ? " < %a"
                                                    : " < %d") +
                                     " (" + rule.id + ")");
    } else {
      out += std::to_string(sum(inside, technology));
    }
    text.remove_prefix(close + 1);
  }
}

std::string gds_name(const Layer& layer) {
  std::string name;
  for (const char c : layer.name) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

MagicStack magic_stack(const Technology& technology) {
  MagicStack stack;
  for (const RoutingLayer& routing : technology.routing_layers()) {
    const std::string number = std::to_string(stack.metals.size() + 1);
    stack.metals.push_back({routing.layer, "m" + number, "metal" + number, "allm" + number,
                            "rm" + number, gds_name(technology.layer(routing.layer))});
  }
  for (std::size_t i = 0; i + 1 < stack.metals.size(); ++i) {
    const Via* via = technology.via_between(stack.metals[i].layer, stack.metals[i + 1].layer);
    if (via == nullptr) continue;
    stack.vias.push_back(
        {via, "v" + std::to_string(i + 1), &stack.metals[i], &stack.metals[i + 1]});
  }
  return stack;
}

}  // namespace ptah::tech
