# cmake -DFILES="a.yaml;b.yaml" -DOUTPUT=embedded.cpp -P embed.cmake
# Writes a C++ table of file name -> text. Raw strings are cut, because compilers bound their length.
string(REPLACE "|" ";" FILES "${FILES}")
set(table "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text HEX)
  string(LENGTH "${text}" length)
  set(body "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 16384 part)  # even: two digits a byte
    string(REGEX REPLACE "(..)" "\\\\x\\1" part "${part}")
    string(APPEND body "    \"${part}\"\n")
    math(EXPR at "${at} + 16384")
  endwhile()
  math(EXPR size "${length} / 2")
  string(APPEND table "  {\"${name}\", std::string_view(\n${body}    \"\", ${size})},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"embedded.hpp\"

namespace ptah::tech {
namespace {
struct File {
  std::string_view name, text;
};
constexpr File kFiles[] = {
${table}};
}  // namespace
std::optional<std::string_view> embedded_file(std::string_view file_name) noexcept {
  for (const File& file : kFiles) {
    if (file.name == file_name) return file.text;
  }
  return std::nullopt;
}
}  // namespace ptah::tech
")
