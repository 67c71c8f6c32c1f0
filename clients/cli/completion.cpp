/// ptah completion: a completion script for the shell, made from the commands themselves.
#include <algorithm>
#include <iostream>
#include <string_view>

#include "session.hpp"

namespace ptah::cli {
namespace {

/// Asks the daemon for what may stand at a place; the first column of the answer's `name` or `job`.
struct Asked {
  std::string_view argument;  ///< As positionals and options are called.
  const char* command;
  const char* field;
};
constexpr Asked kAsked[] = {{"circuit", "circuits", "name"},
                            {"job", "jobs", "job"},
                            {"jobs", "jobs", "job"},
                            {"model", "model list", "name"},
                            {"dataset", "dataset list", "name"}};

/// "{a,b,c}" within "TEXT:{a,b,c}=a", as words.
std::string choices_of(const CLI::Option* option) {
  const std::string type = option->get_type_name();
  const std::size_t open = type.find('{'), close = type.find('}');
  if (open == type.npos || close == type.npos || close < open) return "";
  std::string words = type.substr(open + 1, close - open - 1);
  std::replace(words.begin(), words.end(), ',', ' ');
  return words;
}

/// Shell that adds what the daemon names to `words`.
std::string asking(std::string_view argument) {
  for (const Asked& each : kAsked) {
    if (each.argument != argument) continue;
    return "words=\"$words $(ptah --json " + std::string(each.command) +
           " 2>/dev/null | sed -n 's/.*\"" + each.field + "\":\"\\([^\"]*\\)\".*/\\1/p')\"";
  }
  return "";
}

/// Words that may follow `command`: subcommands and long options.
std::string words(const CLI::App* command) {
  std::string text;
  for (const CLI::App* sub : command->get_subcommands({})) text += sub->get_name() + " ";
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) text += "--" + name + " ";
  }
  return text;
}

/// What a shell script says in its `case` of every command below `command`.
struct Cases {
  std::string commands;     ///< The words of each.
  std::string values;       ///< Of options with a list of choices, by command and option.
  std::string positionals;  ///< What only the daemon knows.
};

void add_cases(const CLI::App* command, const std::string& path, Cases& cases) {
  cases.commands += "    '" + path + "') words='" + words(command) + "' ;;\n";
  for (const CLI::Option* option : command->get_options()) {
    const std::string choices = choices_of(option);
    for (const std::string& name : option->get_lnames()) {
      const std::string ask = name == "job" ? "" : asking(name);  // There it is a new one's id.
      if (!choices.empty() || !ask.empty()) {
        cases.values += "    '" + path + " --" + name + "') words='" + choices + "'; " +
                        (ask.empty() ? ":" : ask) + " ;;\n";
      }
    }
    const std::string ask = option->get_positional() ? asking(option->get_single_name()) : "";
    if (!ask.empty())
      cases.positionals += "    '" + path + "') [[ $current == -* ]] || " + ask + " ;;\n";
  }
  for (const CLI::App* sub : command->get_subcommands({}))
    add_cases(sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), cases);
}

/// Paths of all commands below `command`, for a `case`.
std::string paths(const CLI::App* command, const std::string& path) {
  std::string text;
  for (const CLI::App* sub : command->get_subcommands({})) {
    const std::string name = path.empty() ? sub->get_name() : path + " " + sub->get_name();
    text += (text.empty() ? "'" : "|'") + name + "'";
    if (const std::string below = paths(sub, name); !below.empty()) text += "|" + below;
  }
  return text;
}

std::string bash_script(const CLI::App& app) {
  Cases cases;
  add_cases(&app, "", cases);
  return "_ptah() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} path='' "
         "word words=''\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"${path:+$path }$word\" in\n"
         "      " +
         paths(&app, "") +
         ") path=\"${path:+$path }$word\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$path $before\" in\n" +
         cases.values +
         "    *)\n"
         "  case $path in\n" +
         cases.commands +
         "  esac\n"
         "  case $path in\n" +
         cases.positionals +
         "  esac ;;\n"
         "  esac\n"
         "  COMPREPLY=( $(compgen -W \"$words\" -- \"$current\") )\n"
         "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=( $(compgen -f -- \"$current\") )\n"
         "}\n"
         "complete -o filenames -F _ptah ptah\n";
}

}  // namespace

void add_completion_command(CLI::App& app, Session&, int& status) {
  auto* command =
      app.add_subcommand("completion", "Print a completion script: source <(ptah completion bash)");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, or zsh through its bashcompinit")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  on_command(command, status, [&app, shell] {
    if (*shell == "zsh") std::cout << "autoload -U +X bashcompinit && bashcompinit\n";
    std::cout << bash_script(app);
    return static_cast<int>(kOk);
  });
}

}  // namespace ptah::cli
