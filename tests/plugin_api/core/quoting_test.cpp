// Any bytes come back as themselves from the program whose language they were written in, or are
// refused. One start of a program answers for all of them.
#include "ptah/core/quoting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "ptah/core/random.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah::quoting {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

/// Every byte alone, what languages treat specially, and random mixtures of both.
std::vector<std::string> hostile_texts() {
  std::vector<std::string> texts{"",
                                 "x[exec touch /tmp/pwned]",
                                 "a' + %x{touch /tmp/pwned} + '",
                                 "#{`touch /tmp/pwned`}",
                                 "$env(HOME) ${x} \\",
                                 "} ; exec touch /tmp/pwned ; {",
                                 "\"; exec touch /tmp/pwned; \"",
                                 "line\nline\r\n* line\\\n",
                                 "trailing \\",
                                 "\\x41\\101\\u0041",
                                 "# comment",
                                 "a\tb  c",
                                 "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
                                 "\xff\xfe\x80",
                                 std::string("a\0b", 3),
                                 "/home/x y/[a] {b} \"c\" $d"};
  for (int byte = 0; byte < 256; ++byte) texts.emplace_back(1, static_cast<char>(byte));
  constexpr std::string_view kSpecial = "\"'`\\$#@%&()[]{}<>;:,=*+-./|~^!? \t\n\rabcdox0179_";
  Rng random(7);
  for (int i = 0; i < 400; ++i) {
    std::string text;
    for (std::uint64_t length = random.below(40); text.size() < length;) {
      text += random.below(8) == 0 ? static_cast<char>(random.below(256))
                                   : kSpecial[random.below(kSpecial.size())];
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

class Quoting : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-quoting");
    ASSERT_TRUE(made);
    folder_.emplace(std::move(made).value());
  }

  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_text_file(folder_->path() / name, text, Durability::kCached));
  }

  /// The words after "PTAH" of each line that the program says.
  std::vector<std::string> answers(const char* tool, std::vector<std::string> arguments) {
    ToolRun run;
    run.program = find_tool(tool, tool).value();
    run.arguments = std::move(arguments);
    run.directory = folder_->path();
    run.environment = {{"QT_QPA_PLATFORM", "offscreen"}};
    SimpleJobContext job;
    const auto output = run_tool(run, job);
    EXPECT_TRUE(output) << output.error().text();
    std::vector<std::string> words;
    if (!output) return words;
    std::istringstream lines(output.value().out);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("PTAH ")) words.push_back(line.substr(5));
    }
    EXPECT_FALSE(words.empty()) << output.value().out << output.value().err;
    return words;
  }

  /// Each text as a command's word, and as a word within the braces of a body.
  std::string tcl_script() const {
    std::string script;
    for (const std::string& text : texts_) {
      const std::string word = tcl(text);
      script += "binary scan " + word + " H* hex\nputs \"PTAH $hex\"\n";
      script += "if {1} {binary scan " + word + " H* hex; puts \"PTAH $hex\"}\n";
    }
    return script;
  }

  void expect_each(const std::vector<std::string>& answers, std::size_t copies) {
    ASSERT_EQ(answers.size(), texts_.size() * copies);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      EXPECT_EQ(answers[i], hex(texts_[i / copies])) << i;
    }
  }

  std::optional<ScratchDir> folder_;
  const std::vector<std::string> texts_ = hostile_texts();
};

TEST_F(Quoting, AnyBytesComeBackFromTcl) {
  if (const auto tool = find_tool("tclsh", "tcl"); !tool) GTEST_SKIP() << tool.error().text();
  write("run.tcl", tcl_script());
  expect_each(answers("tclsh", {"run.tcl"}), 2);
}

TEST_F(Quoting, AnyBytesComeBackFromMagic) {
  if (const auto tool = find_tool("magic", "magic"); !tool) GTEST_SKIP() << tool.error().text();
  write("run.tcl", tcl_script() + "quit -noprompt\n");
  expect_each(answers("magic", {"-dnull", "-noconsole", "-rcfile", "/dev/null", "run.tcl"}), 2);
}

TEST_F(Quoting, AnyBytesComeBackFromKlayoutsRuby) {
  if (const auto tool = find_tool("klayout", "klayout"); !tool) GTEST_SKIP() << tool.error().text();
  std::string script = "lines = []\n";
  for (const std::string& text : texts_) {
    script += "lines << 'PTAH ' + " + ruby(text) + ".b.unpack1('H*')\n";
  }
  write("run.rb", script + "puts lines.join(\"\\n\")\n");
  expect_each(answers("klayout", {"-b", "-r", "run.rb"}), 1);
}

// The reason of a design rule, in a tech file that Magic loads, as its rule check gives it back.
TEST_F(Quoting, MagicGivesBackTheSentencesThatAreTaken) {
  if (const auto tool = find_tool("magic", "magic"); !tool) GTEST_SKIP() << tool.error().text();
  std::set<std::string> taken;
  for (const std::string& text : texts_) {
    const bool fine = is_printable(text, 400) && text.find('%') == std::string::npos;
    EXPECT_EQ(magic_sentence(text).has_value(), fine) << hex(text);
    if (fine && taken.size() < 120) taken.insert(text);
  }
  ASSERT_GE(taken.size(), 100u);
  // A tile type with a width rule for each, and a shape that is too narrow.
  std::string types, styles, rules, shapes;
  std::set<std::string> expected;
  int number = 0;
  for (const std::string& text : taken) {
    const std::string type = "t" + std::to_string(number), x = std::to_string(400 * number);
    types += " active " + type + "\n";
    styles += " " + type + " " + std::to_string(1 + number % 50) + "\n";
    rules +=
        " width " + type + " 10 " + magic_sentence(text, " < %d (" + type + ")").value() + "\n";
    shapes += "box " + x + " 0 " + std::to_string(400 * number + 5) + " 500\npaint " + type + "\n";
    expected.insert(hex(text + " < 1um (" + type + ")"));
    ++number;
  }
  write("t.tech",
        "tech\n format 35\n t\nend\nversion\n version 1.0\n description \"t\"\nend\nplanes\n"
        " active,a\nend\ntypes\n" +
            types + "end\ncontact\nend\nstyles\n styletype mos\n" + styles +
            "end\ncompose\nend\nconnect\nend\ncifoutput\nstyle s\n scalefactor 10\n layer A t0\n"
            " calma 1 0\nend\ncifinput\nstyle s\n scalefactor 10\n layer t0 A\n calma A 1 0\nend\n"
            "drc\n style drc\n scalefactor 1\n" +
            rules + "end\nextract\nend\nwiring\nend\nrouter\nend\nplowing\nend\nplot\nend\n");
  write("run.tcl", "load x\n" + shapes +
                       "select top cell\nbox grow c 100\ndrc on\ndrc check\ndrc catchup\n"
                       "foreach {why boxes} [drc listall why] {\n"
                       "binary scan [encoding convertto utf-8 $why] H* hex\nputs \"PTAH $hex\"\n}\n"
                       "quit -noprompt\n");
  const auto said =
      answers("magic", {"-dnull", "-noconsole", "-rcfile", "/dev/null", "-T", "t.tech", "run.tcl"});
  EXPECT_EQ(std::set<std::string>(said.begin(), said.end()), expected);
}

// Names of nodes, each between two resistors, as ngspice's own list of vectors has them.
TEST_F(Quoting, NgspiceGivesBackTheWordsThatAreTaken) {
  if (const auto tool = find_tool("ngspice", "ngspice"); !tool) GTEST_SKIP() << tool.error().text();
  const auto lower = [](std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  };
  constexpr std::string_view kLetters = "_.#/[]<>+-:aBc09";
  std::set<std::string> taken;
  const auto consider = [&](const std::string& text) {
    // Ground is a node that has no vector.
    if (is_spice_word(text) && text != "0" && lower(text) != "gnd") taken.insert(lower(text));
  };
  for (const std::string& text : texts_) consider(text);
  Rng random(11);
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (std::uint64_t length = 1 + random.below(12); text.size() < length;) {
      text += kLetters[random.below(kLetters.size())];
    }
    consider(text);
  }
  ASSERT_GE(taken.size(), 200u);
  std::string deck = "* names\nV1 drive 0 1\n";
  int number = 0;
  for (const std::string& name : taken) {
    deck += "R" + std::to_string(number) + " " + name + " 0 1k\n";
    deck += "Rd" + std::to_string(number) + " drive " + name + " 1k\n";
    ++number;
  }
  deck += ".control\nop\nset filetype=ascii\nwrite out.raw\necho PTAH END\nquit\n.endc\n.end\n";
  write("deck.spice", deck);
  write(".spiceinit", "source deck.spice\n");
  answers("ngspice", {"-b"});
  const auto raw = read_text_file(folder_->path() / "out.raw");
  ASSERT_TRUE(raw) << raw.error().text();
  std::set<std::string> found;
  std::istringstream words(raw.value().substr(0, raw.value().find("\nValues:")));
  for (std::string word; words >> word;) {
    if (word.starts_with("v(") && word.back() == ')') {
      found.insert(word.substr(2, word.size() - 3));
    } else {
      found.insert(word);
    }
  }
  for (const std::string& name : taken) EXPECT_TRUE(found.count(name)) << name;
}

TEST(QuotingWords, AreTakenByEveryLanguage) {
  for (const char* word : {"sky130_fd_pr__nfet_01v8", "m1.2", "li1.res", "6t", "_x", "a-b+c"}) {
    EXPECT_TRUE(is_word(word)) << word;
    EXPECT_TRUE(is_spice_word(word)) << word;
    EXPECT_EQ(tcl(word), std::string("\"") + word + "\"");
    EXPECT_EQ(ruby(word), std::string("\"") + word + "\"");
    EXPECT_EQ(magic_sentence(word).value(), std::string("\"") + word + "\"");
  }
  for (const std::string& text : hostile_texts()) {
    EXPECT_TRUE(!is_word(text) || is_spice_word(text)) << hex(text);
  }
  for (const std::string& no :
       {std::string(), std::string("-x"), std::string(".x"), std::string("+"), std::string("a b"),
        std::string("a\n"), std::string("a\0", 2), std::string("a{"), std::string("a*2"),
        std::string("\xc3\xa9"), std::string(129, 'a')}) {
    EXPECT_FALSE(is_word(no)) << hex(no);
  }
}

TEST(QuotingMessages, HoldNoControlCharactersAndNoQuotesOfTheirText) {
  for (const std::string& text : hostile_texts()) {
    const std::string shown = for_message(text);
    ASSERT_GE(shown.size(), 2u);
    EXPECT_EQ(std::count(shown.begin(), shown.end(), '"'), 2) << hex(text);
    EXPECT_TRUE(std::all_of(shown.begin(), shown.end(), [](char c) {
      return c >= 0x20 && c < 0x7f;
    })) << hex(text);
    EXPECT_LE(shown.size(), 70u);
  }
}

TEST(QuotingMessages, LoseTheirTextAndKeepWhatIsWrong) {
  const auto without = [](const char* message) {
    return without_text(make_error(ErrorCode::kParse, message, "a.inc:3", message));
  };
  EXPECT_EQ(without("M0: w= is missing.").message, "w=... is missing.");
  EXPECT_EQ(without("The card \".secret\" is unknown.").message, "The card \"...\" is unknown.");
  EXPECT_EQ(without("\"a\" and \"b\" differ.").message, "\"...\" and \"...\" differ.");
  EXPECT_EQ(without("M0: nf=2.5 is no whole number in 1..64.").message,
            "nf=... is no whole number in ....");
  EXPECT_EQ(without("The text \"never ends").message, "The text \"...\"");
  EXPECT_EQ(without("w is -1.5e3u wide.").message, "w is ... wide.");
  EXPECT_EQ(without("A sky130_fd_pr__nfet_01v8 has 4 terminals.").message,
            "A sky130_fd_pr__nfet_01v8 has ... terminals.");
  EXPECT_EQ(without("M0: \"x\"").where, "a.inc:3");
  EXPECT_EQ(without("M0: \"x\"").hint, "\"...\"");
  EXPECT_THAT(without("a=b\"c d\"e").message, Not(HasSubstr("c d")));
}

}  // namespace
}  // namespace ptah::quoting
