/// Text of somebody else, where it may not become more than text: in a script of another program,
/// and in a message. Each language has one function here, and nothing else writes such text into
/// it. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "ptah/core/error.hpp"

namespace ptah::quoting {

/// A name that every language below takes as one plain word: letters, digits and _ . - +, starting
/// with a letter, a digit or _, 1 to 128 bytes. Names of a technology are words.
bool is_word(std::string_view text) noexcept;
/// What is_word asks for, for hints.
extern const std::string_view kWordForm;

/// A text for people: UTF-8 without control characters, at most `max_bytes`.
bool is_printable(std::string_view text, std::size_t max_bytes) noexcept;

/// A Tcl word whose value is `text`, any bytes. It holds no braces, brackets, quotes or line ends,
/// so it may stand within the braces of a body as well. Bytes from 0x80 on stand for themselves:
/// Tcl decodes a script as it encodes file names.
std::string tcl(std::string_view text);

/// A Ruby string literal whose value is `text`, any bytes.
std::string ruby(std::string_view text);

/// SPICE has no quotes: a name of a node, element, model or subcircuit is taken as it is (ngspice
/// gives it back, in lower case), or refused. Taken are 1 to 256 letters, digits and
/// _ . # / [ ] < > + - : without "//".
bool is_spice_word(std::string_view text) noexcept;

/// A quoted sentence of a Magic technology file, such as the reason of a design rule, followed by
/// `tail`, which is ours and may hold Magic's %d and %a. Fails (message only) where Magic would not
/// give `text` back: what is not printable, "%", more than 400 bytes.
Result<std::string> magic_sentence(std::string_view text, std::string_view tail = {});

/// `text` between quotes for a message: bounded, no control characters, no quotes inside.
std::string for_message(std::string_view text);

/// What is wrong without the text that it is wrong with: quoted text, values and numbers become
/// "...", and a leading "NAME: " goes. `where` stays. For errors in a file that nobody but another
/// file named (`.include`): its lines may be anybody's.
Error without_text(Error error);

}  // namespace ptah::quoting
