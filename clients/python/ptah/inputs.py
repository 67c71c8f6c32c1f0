"""What a request needs of the user's files, read here with the user's rights. The C++ clients' half is
clients/cpp/inputs.cpp: both pass tests/clients/input_cases.json. Stands alone: KLayout's package has it, too."""
from __future__ import annotations

import os
import pathlib
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, Union

PathLike = Union[str, "os.PathLike[str]"]

_SPACE = " \t\r\f\v"
_MAX_PARAMS_BYTES = 1 << 20
_PARAM_CARDS = (".param", ".params", ".parameters")


class InputError(Exception):
    """A file of the user's that can not be used; the fields of the daemon's errors."""

    def __init__(self, code: str, message: str, where: str = "", hint: str = ""):
        self.code, self.message, self.where, self.hint = code, message, where, hint
        super().__init__(": ".join(part for part in (where, message) if part) + (f" ({hint})" if hint else ""))


def _fail(message: str, where: str, hint: str = "", code: str = "parse") -> InputError:
    return InputError(code, message, where, hint)


class _Line(NamedTuple):
    text: str
    number: int  # of its first physical line, from 1


def _comment_start(line: str) -> int:
    """Where a trailing comment starts: ";" anywhere, "$" and "//" after a space; none inside quotes."""
    quote = ""
    for at, c in enumerate(line):
        if quote:
            if c == quote:
                quote = ""
            continue
        if c in "'\"":
            quote = c
        after_space = at == 0 or line[at - 1] in _SPACE
        if c == ";" or (after_space and (c == "$" or line.startswith("//", at))):
            return at
    return len(line)


def _logical_lines(text: str, name: str) -> List[_Line]:
    """Comments gone, continuations joined."""
    lines: List[_Line] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = line.strip(_SPACE)
        if line.startswith("*"):
            continue
        line = line[:_comment_start(line)].strip(_SPACE)
        if not line:
            continue
        if not line.startswith("+"):
            lines.append(_Line(line, number))
        elif lines:
            lines[-1] = _Line(lines[-1].text + " " + line[1:], lines[-1].number)
        else:
            raise _fail('The first line starts with "+": it continues nothing.', f"{name}:{number}")
    return lines


_ASSIGNS = None  # the "=" of name=value among the words of a line
_CLOSERS = {"'": "'", '"': '"', "{": "}", "(": ")"}


def _tokens(line: str, where: str) -> List[Optional[str]]:
    """Words and _ASSIGNS; quotes, braces and the brackets of calls keep spaces together."""
    out: List[Optional[str]] = []
    word: Optional[str] = None
    closers: List[str] = []
    for at, c in enumerate(line):
        if closers:
            word = (word or "") + c
            if c == closers[-1]:
                closers.pop()
            elif closers[-1] not in "'\"" and c in "{(":
                closers.append(_CLOSERS[c])
            continue
        if c == "=" and line[at + 1:at + 2] != "=" and (word is None or word[-1] not in "=<>!"):
            out += [_ASSIGNS] if word is None else [word, _ASSIGNS]
            word = None
            continue
        opens_call = c == "(" and (word is not None or out[-1:] == [_ASSIGNS])
        if c in "'\"{" or opens_call:
            closers.append(_CLOSERS[c])
        elif c in _SPACE + ",()":
            if word is not None:
                out.append(word)
            word = None
            continue
        word = (word or "") + c
    if closers:
        raise _fail(f"A {closers[-1]} is missing at the end of the line.", where)
    return out if word is None else out + [word]


def _assignments(line: str, where: str) -> Iterable[Tuple[str, str]]:
    """`a=1 b = a * 2`: a value ends where the next name does begin."""
    tokens = _tokens(line, where)
    if not tokens:
        raise _fail("This .param line defines nothing.", where)
    at = 0
    while at < len(tokens):
        name = tokens[at]
        if name is None or tokens[at + 1:at + 2] != [_ASSIGNS]:
            raise _fail("A line of parameters reads \"name=value\".", where)
        at += 2
        value: List[str] = []
        while at < len(tokens) and tokens[at + 1:at + 2] != [_ASSIGNS]:
            if tokens[at] is None:
                raise _fail('A "=" stands where no name precedes it.', where)
            value.append(tokens[at] or "")
            at += 1
        if not value:
            raise _fail(f'The parameter "{name}" has no value.', where)
        if "(" in name:
            raise _fail(f'The function "{name}" defined by .param is not supported.', where,
                        "write the expression out", "unsupported")
        yield name.lower(), " ".join(value)


def read_parameters(text: str, name: str) -> Dict[str, str]:
    """A parameter file as optimisers write it: `.param` lines, or lines NAME=VALUE. By lower-case name; of a name that
    is given twice the later one counts. `name` stands for the text in errors."""
    parameters: Dict[str, str] = {}
    for line in _logical_lines(text, name):
        where = f"{name}:{line.number}"
        card, _, rest = line.text.replace("\t", " ").partition(" ")
        if card.lower() == ".end":
            break
        if line.text.startswith("#"):  # a comment of a script
            continue
        dotted = card.lower() in _PARAM_CARDS
        if line.text.startswith(".") and not dotted:
            raise _fail("A parameter file holds .param lines and NAME=VALUE only.", where)
        parameters.update(_assignments(rest if dotted else line.text, where))
    return parameters


def gather_params(given: Optional[Mapping[str, Any]], file: Optional[PathLike]) -> Dict[str, str]:
    """The field `params` of a request: those of a file, and those given, which win. Values are texts in SPICE's units
    ("1.5u", "2*w1") or numbers."""
    parameters: Dict[str, str] = {}
    if file is not None:
        path = pathlib.Path(file)
        with path.open("rb") as stream:
            text = stream.read(_MAX_PARAMS_BYTES + 1)
        if len(text) > _MAX_PARAMS_BYTES:
            raise _fail("A file of parameters has at most 1 MiB.", str(path), code="limit")
        parameters.update(read_parameters(text.decode("utf-8", "replace"), path.name))
    parameters.update({name.lower(): str(value) for name, value in (given or {}).items()})
    return parameters
