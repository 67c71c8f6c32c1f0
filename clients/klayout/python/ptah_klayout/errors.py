"""Errors as the user reads them: one sentence, then what to do."""
import re

# What the server's hints name in the words of the command line and of the protocol, as it is called here.
HERE = {"`ptah jobs list`": "Ptah > Server > Jobs", "`ptah jobs`": "Ptah > Server > Jobs", "`ptah server status`": "Ptah > Server",
        "`ptah plugins`": "Ptah > Server > Plugins", "`ptah circuits`": "the list of circuits",
        "`fingers`": "the field of finger counts in the Ptah panel", "name it with `top`": "show it as new top", "`top`": "Show As New Top"}


def spoken(hint):
    """A hint in KLayout's words; a command that there is for the terminal only is said to be one."""
    for theirs, ours in HERE.items():
        hint = hint.replace(theirs, ours)
    said = []
    for part in re.split(r"(?<=[.;]) ", hint):
        said.append(f"In a terminal: {part}" if re.search(r"`ptah [^`]*`", part) else part)
    return " ".join(said)



def failure(code, message, hint="", where=""):
    return {"code": code, "message": message, "hint": hint, "where": where}


def sentence(error):
    """`where: message. hint`, without saying anything twice. A crash report goes on for lines; the first one is enough."""
    message = (str(error.get("message", "")).strip().splitlines() or [""])[0]
    where = str(error.get("where") or "").strip()
    hint = spoken(str(error.get("hint") or "").strip())
    if message and message[-1] not in ".!?":
        message += "."
    # A place in a file or a plugin helps; the name of a request's field (`layout.data`) says nothing to a designer.
    if where and where not in message and any(mark in where for mark in ":/ ") and error.get("code") != "cancelled":
        message = f"{where}: {message}"
    return f"{message} {hint}".strip()


def method_missing(error):
    """Whether the server does not know the method: it is older than this package."""
    return error is not None and error.get("number") == -32601


OLD_SERVER = failure("unsupported", "This Ptah server is older than the KLayout package and can not score layouts.",
                     "Update Ptah, then press Restart in Ptah > Server.")
