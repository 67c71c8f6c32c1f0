"""What a request needs of the user's files, read here with the user's rights (docs/inputs.md). The C++ clients' half is
clients/cpp/inputs.cpp: both pass tests/clients/input_cases.json. Stands alone: KLayout's package has it, too."""
from __future__ import annotations

import base64
import json
import os
import pathlib
import re
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple, Union

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


def _path_start(line: str) -> int:
    """Where an include line names its file; -1 for other lines."""
    found = re.match(r"(?i)\.(?:include|inc|lib)[ \t]+", line)
    return found.end() if found else -1


def _comment_start(line: str) -> int:
    """Where a trailing comment starts: ";" anywhere, "$" and "//" after a space; none inside quotes. A "$" that begins
    the path of an include line is a variable."""
    quote, path = "", _path_start(line)
    for at, c in enumerate(line):
        if quote:
            if c == quote:
                quote = ""
            continue
        if c in "'\"":
            quote = c
        after_space = at == 0 or line[at - 1] in _SPACE
        variable = at == path and line[at + 1:at + 2] not in ("", *_SPACE)
        if c == ";" or (after_space and (c == "$" and not variable or line.startswith("//", at))):
            return at
    return len(line)


def _logical_lines(text: str, name: str) -> List[_Line]:
    """Comments gone, continuations joined."""
    lines: List[_Line] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = line.strip(_SPACE)
        if line.lower().startswith(("**.subckt", "**.ends")):  # xschem's top
            line = line[2:]
        elif line.startswith("*"):
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


# The files of a netlist: clients/cpp/sources.cpp does the same, and both pass tests/clients/source_cases.json.

_MAX_FILES = 256
_MAX_DEPTH = 16
_MAX_BYTES = 900 << 10  # of all files together as JSON: a request is one line of 1 MiB
_PROCESS_FOLDERS = ("libs.tech", "libs.ref")
_PROCESS_ROOT = "PDK_ROOT"


class Include(NamedTuple):
    """A line that asks for another file: `.include`, or `.lib` with its section in lower case."""

    wanted: str
    section: str
    line: int


def _file_words(line: str) -> List[str]:
    """The words of a line; a path may hold anything but the quote that closes it."""
    return [quoted or single or plain
            for quoted, single, plain in re.findall(r'"([^"]*)"|\'([^\']*)\'|([^ \t\r\f\v]+)', line)]


def list_includes(text: str, name: str, section: str = "") -> List[Include]:
    """What a netlist's text includes: all of it, or what lies between `.lib SECTION` and `.endl`."""
    includes: List[Include] = []
    inside = not section
    for line in _logical_lines(text, name):
        words = _file_words(line.text) if line.text.startswith(".") else [""]
        card = words[0].lower()
        if section and (card == ".endl" or (card == ".lib" and len(words) == 2)):
            inside = card == ".lib" and words[1].lower() == section.lower()
            continue
        if not inside:
            continue
        if card == ".end":
            break
        if card in (".include", ".inc"):
            if len(words) != 2 or not words[1]:
                raise _fail("An .include line names one file.", f"{name}:{line.number}")
            includes.append(Include(words[1], "", line.number))
        elif card == ".lib" and len(words) > 2:
            includes.append(Include(words[1], words[2].lower(), line.number))
    return includes


def _normal(path: str) -> str:
    whole = os.path.abspath(path)
    return "/" + whole.lstrip("/")


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


class _Expanded:
    """A path with its variables replaced; `unset` is the first that has no value."""

    def __init__(self, written: str):
        self.unset, self.used = "", set()
        self.path = re.sub(r"\$(?:(\w+)|\{(\w+)\})", self._value, written, flags=re.ASCII)

    def _value(self, variable: "re.Match[str]") -> str:
        name = variable.group(1) or variable.group(2)
        value = os.environ.get(name, "")
        self.used.add(name)
        if not value and not self.unset:
            self.unset = name
        return value


class _Gatherer:
    def __init__(self) -> None:
        self._texts: Dict[str, str] = {}
        self._links: Dict[str, str] = {}  # by path as written
        self._left_out: Set[str] = set()
        self._seen: Set[Tuple[str, str]] = set()
        self._open: List[Tuple[str, str]] = []  # the file that is read now, and those that led there
        self._bytes = 0

    def add(self, named: PathLike) -> str:
        """Reads a file that the request names."""
        file = _normal(os.fspath(named))
        if not os.path.isfile(file):
            raise _fail("There is no such file.", os.fspath(named), code="not_found")
        self._read(file, os.fspath(named))
        return file

    def follow(self, file: str, section: str = "") -> None:
        """Reads what a netlist, or a section of it, includes."""
        if (file, section) in self._seen:
            return
        self._seen.add((file, section))
        includes = list_includes(self._texts[file], file, section)
        self._open.append((file, section))
        for include in includes:
            self._follow_line(file, include)
        self._open.pop()

    def _follow_line(self, file: str, include: Include) -> None:
        where, shown = f"{file}:{include.line}", include.wanted[:200]
        library = bool(include.section)
        expanded = _Expanded(include.wanted)
        wanted = _normal(os.path.join(os.path.dirname(file), expanded.path))
        missing = bool(expanded.unset) or not os.path.isfile(wanted)
        if _is_of_process(expanded, wanted) or (library and missing):
            self._left_out.add(include.wanted)
            return
        if expanded.unset:
            raise _fail(f'The variable {expanded.unset} of the path "{shown}" is not set.', where,
                        "set it in the environment, or write the path out", "not_found")
        if missing:
            raise _fail(f'There is no file "{shown}", which is included here.', where,
                        f"it was looked for as {wanted}", "not_found")
        if (wanted, include.section) in self._open:
            raise _fail(f'The file "{shown}" includes itself.', where)
        if len(self._open) > _MAX_DEPTH:
            raise _fail("Includes are nested too deeply.", where, code="limit")
        self._read(wanted, where)
        if include.wanted.startswith("/") or expanded.used:
            self._links[include.wanted] = wanted
        self.follow(wanted, include.section)

    def add_benches(self, measures: str) -> None:
        """The testbenches beside measures.yaml that its measures name. What is wrong with them is said by who reads
        the measures."""
        text = re.sub(r"(^|\s)#.*", "", self._texts[measures])
        for bench in re.findall(r"\btestbench\s*:\s*[\"']?([\w.+-]+)", text):
            beside = os.path.join(os.path.dirname(measures), bench)
            if os.path.isfile(beside):
                self._read(beside, measures)

    def _read(self, file: str, where: str) -> None:
        """`where` asked for it."""
        if file in self._texts:
            return
        data = self._bytes_of(file, where)
        if b"\0" in data:
            raise _fail("This is no text file.", file)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:  # taken for Latin-1, in which every byte is a character
            text = data.decode("latin-1")
        self._keep(file, text)

    def _bytes_of(self, file: str, where: str) -> bytes:
        try:
            file.encode("utf-8")
        except UnicodeEncodeError:
            raise _fail("A file's name here is no UTF-8.", where.encode("utf-8", "replace").decode()) from None
        if len(self._texts) == _MAX_FILES:
            raise _fail(f"A request has at most {_MAX_FILES} files.", where, code="limit")
        try:
            with open(file, "rb") as stream:
                data = stream.read(_MAX_BYTES + 1)
        except OSError as error:
            raise _fail(f"The file can not be read: {error.strerror}.", file, code="io") from None
        if len(data) > _MAX_BYTES:
            raise _too_large(file)
        return data

    def _keep(self, file: str, text: str) -> None:
        self._bytes += len(json.dumps(text))
        if self._bytes > _MAX_BYTES:
            raise _too_large(file)
        self._texts[file] = text

    def add_binary(self, named: str) -> str:
        """Reads a file that is no text; it travels in base64."""
        file = _normal(named)
        if not os.path.isfile(file):
            raise _fail("There is no such file.", named, code="not_found")
        if file not in self._texts:
            self._keep(file, base64.b64encode(self._bytes_of(file, named)).decode("ascii"))
        return file

    def name_of(self, file: str) -> str:
        return os.path.relpath(file, os.path.commonpath([os.path.dirname(each) for each in self._texts]))

    def sources(self) -> Dict[str, Any]:
        """`files`, `links` and `left_out` of the request."""
        sources: Dict[str, Any] = {"files": {self.name_of(file): text for file, text in self._texts.items()}}
        if self._links:
            sources["links"] = {written: self.name_of(file) for written, file in self._links.items()}
        if self._left_out:
            sources["left_out"] = sorted(self._left_out)
        return sources


def _is_of_process(expanded: _Expanded, wanted: str) -> bool:
    """Whether a file belongs to the process, whose models the technology brings."""
    root = os.environ.get(_PROCESS_ROOT, "")
    return (_PROCESS_ROOT in expanded.used or any(part in _PROCESS_FOLDERS for part in wanted.split("/"))
            or bool(root) and _is_below(wanted, _normal(root)))


def _too_large(file: str) -> InputError:
    return _fail(f"With this file those of the request have more than {_MAX_BYTES >> 10} KiB.", file,
                 "leave out what the layout does not need: the technology brings the models", "limit")


def _file_and_cell(text: str) -> Tuple[str, str]:
    """"FILE" or "FILE:CELL"; a colon may belong to the file's name."""
    file, colon, cell = text.rpartition(":")
    return (text, "") if not colon or os.path.isfile(text) else (file, cell)


def gather_sources(spec: Mapping[str, Any]) -> Dict[str, Any]:
    """`spec` with the files themselves in place of the paths `netlist`, `pairs`, `testbench` and `measures`, and of the
    cells in `cells` ({"my_block": "FILE.gds" or "FILE.gds:CELL"}): its field `sources`, with what the netlist includes and the testbenches of the measures. Without a netlist, or with one that the
    daemon has already ("sha256:HASH"): as it is."""
    whole = dict(spec)
    gathers = bool(whole.get("netlist")) and not str(whole["netlist"]).startswith("sha256:") and "sources" not in whole
    if not gathers and whole.get("cells"):
        raise _fail("Cells are bound to subcircuits of a netlist of your own.", "cells",
                    "name the netlist's file beside them", "invalid_argument")
    if not gathers:
        return whole
    gatherer = _Gatherer()
    given = {field: gatherer.add(whole.pop(field)) for field in ("netlist", "pairs", "testbench", "measures")
             if whole.get(field)}
    gatherer.follow(given["netlist"])
    if "measures" in given:
        gatherer.add_benches(given["measures"])
    cells = {name: (gatherer.add_binary(file), cell)
             for name, (file, cell) in ((name, _file_and_cell(os.fspath(text)))
                                        for name, text in sorted((whole.pop("cells", None) or {}).items()))}
    bound = {"cells": {name: {"file": gatherer.name_of(file), **({"cell": cell} if cell else {})}
                       for name, (file, cell) in cells.items()}} if cells else {}
    whole["sources"] = {**gatherer.sources(), **bound, **{field: gatherer.name_of(file) for field, file in given.items()}}
    return whole
