/// ptah completion: a completion script for the shell, made from the commands themselves.
#include <iostream>

#include "session.hpp"

namespace ptah::cli {
namespace {

/// Words that may follow `command`: subcommands and long options.
std::string words(const CLI::App* command) {
  std::string text;
  for (const CLI::App* sub : command->get_subcommands({})) text += sub->get_name() + " ";
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) text += "--" + name + " ";
  }
  return text;
}

/// `case` lines for every command below `command`.
std::string cases(const CLI::App* command, const std::string& path) {
  std::string text = "    '" + path + "') words='" + words(command) + "' ;;\n";
  for (const CLI::App* sub : command->get_subcommands({})) {
    text += cases(sub, path.empty() ? sub->get_name() : path + " " + sub->get_name());
  }
  return text;
}

std::string bash_script(const CLI::App& app) {
  return "_ptah() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} path='' word words=''\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case $word in\n"
         "      -*) ;;\n"
         "      server|plugins|jobs) path=$word ;;\n"
         "      *) if [ -z \"$path\" ]; then path=$word\n"
         "         elif [ \"$path\" = server ] || [ \"$path\" = plugins ] || [ \"$path\" = jobs ]; "
         "then path=\"$path $word\"; fi ;;\n"
         "    esac\n"
         "  done\n"
         "  case $path in\n" +
         cases(&app, "") +
         "  esac\n"
         "  case $path in\n"
         "    run|plan|permutations) [[ $current == -* ]] || words=\"$words $(ptah --json circuits "
         "2>/dev/null | sed -n 's/.*\"name\":\"\\([^\"]*\\)\".*/\\1/p')\" ;;\n"
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
