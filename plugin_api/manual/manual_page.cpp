#include "manual/manual_page.hpp"

#include <algorithm>
#include <cctype>

namespace ptah {
namespace {

/// Text as it is: nothing in it is a request or an escape.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '`') {
      out += "\\(ga";
    } else if (c == '^') {
      out += "\\(ha";
    } else if (c == '~') {
      out += "\\(ti";
    } else if (c == '\n') {
      out += ' ';
    } else {
      out += c;
    }
  }
  if (!out.empty() && out.front() == '.') out.insert(0, "\\&");
  return out;
}

std::string bold(const std::string& text) {
  return "\\fB" + plain(text) + "\\fR";
}

std::string slanted(const std::string& text) {
  return "\\fI" + plain(text) + "\\fR";
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

/// What an option takes: "TEXT:{a,b}" is "a|b", and "INT:INT in [0 - 9]" is "0..9".
std::string value_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (const auto open = type.find('{'), close = type.find('}');
      open != type.npos && close != type.npos && close > open) {
    std::string choices = type.substr(open + 1, close - open - 1);
    std::replace(choices.begin(), choices.end(), ',', '|');
    return choices;
  }
  if (const auto open = type.find(" in ["), close = type.rfind(']');
      open != type.npos && close != type.npos && close > open) {
    std::string range = type.substr(open + 5, close - open - 5);
    if (const auto dash = range.find(" - "); dash != range.npos) range.replace(dash, 3, "..");
    return range;
  }
  const auto colon = type.find(':');
  const std::string last = colon == type.npos ? type : type.substr(colon + 1);
  return last == "TEXT" ? "text" : last == "NONNEGATIVE" ? "0.." : upper(last);
}

std::string excludes_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const CLI::Option* other : option.get_excludes()) names.push_back(other->get_name());
  std::sort(names.begin(), names.end());
  return joined(names, ", ");
}

std::string rows_of_options(const CLI::App& app, bool positionals) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() != positionals || option->get_group().empty()) continue;
    std::string head;
    if (positionals) {
      head = slanted(option->get_single_name());
      if (option->get_items_expected_max() > 1) head += " ...";
    } else {
      std::vector<std::string> names;
      for (const std::string& name : option->get_snames()) names.push_back(bold("-" + name));
      for (const std::string& name : option->get_lnames()) names.push_back(bold("--" + name));
      head = joined(names, ", ");
      if (option->get_items_expected_max() > 0) head += " " + slanted(value_of(*option));
      if (option->get_items_expected_max() > 1) head += " ...";
    }
    std::string words = option->get_description();
    if (!words.empty() && words.back() != '.') words += '.';
    if (const std::string& value = option->get_default_str(); !value.empty())
      words += " Default: " + value + ".";
    if (const std::string& name = option->get_envname(); !name.empty())
      words += " From the environment: $" + name + ".";
    if (const std::string names = excludes_of(*option); !names.empty())
      words += " Not together with " + names + ".";
    text += ".TP\n" + head + "\n" + plain(words) + "\n";
  }
  return text;
}

std::string usage(const std::string& words, const CLI::App& command) {
  std::string text = bold(words);
  const auto commands = command.get_subcommands([](const CLI::App*) { return true; });
  std::string arguments;
  bool options = false;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) {
      options = true;
      continue;
    }
    const std::string name =
        slanted(option->get_single_name()) + (option->get_items_expected_max() > 1 ? " ..." : "");
    arguments += option->get_required() ? " " + name : " [" + name + "]";
  }
  if (options) text += " [" + slanted("options") + "]";
  if (!commands.empty()) {
    text += command.get_require_subcommand_min() > 0 ? " " + slanted("command")
                                                     : " [" + slanted("command") + "]";
  }
  return text + arguments;
}

void add_commands(const CLI::App& app, const std::string& words, std::string& text) {
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    const std::string name = words + " " + command->get_name();
    std::string about = command->get_description();
    if (!about.empty() && about.back() != '.') about += '.';
    text += ".SS " + plain(name) + "\n" + usage(name, *command) + "\n.PP\n" + plain(about) + "\n" +
            rows_of_options(*command, true) + rows_of_options(*command, false);
    add_commands(*command, name, text);
  }
}

}  // namespace

std::string manual_page(const ManualPage& page, const CLI::App& app) {
  std::string text = ".TH " + upper(page.name) + " " + std::to_string(page.section) + " \"\" \"" +
                     page.name + " " + page.version + "\" Ptah\n";
  text += ".SH NAME\n" + plain(page.name) + " \\- " + plain(page.summary) + "\n";
  text += ".SH SYNOPSIS\n" + usage(page.name, app) + "\n";
  text += ".SH DESCRIPTION\n" + plain(page.description) + "\n";
  text += ".SH OPTIONS\n" + rows_of_options(app, true) + rows_of_options(app, false);
  std::string commands;
  add_commands(app, page.name, commands);
  if (!commands.empty()) text += ".SH COMMANDS\n" + commands;
  for (const ManualPage::Table& table : page.tables) {
    text += ".SH " + plain(upper(table.heading)) + "\n";
    for (const auto& [name, words] : table.rows)
      text += ".TP\n" + bold(name) + "\n" + plain(words) + "\n";
  }
  if (!page.see_also.empty()) {
    std::vector<std::string> pages;
    for (const std::string& other : page.see_also) {
      const auto open = other.find('(');
      pages.push_back(bold(other.substr(0, open)) + plain(other.substr(open)));
    }
    text += ".SH \"SEE ALSO\"\n" + joined(pages, ",\n") + "\n";
  }
  return text;
}

}  // namespace ptah
