"""Errors as the user reads them: one sentence, then what to do."""


def failure(code, message, hint="", where=""):
    return {"code": code, "message": message, "hint": hint, "where": where}


def sentence(error):
    """`where: message. hint`, without saying anything twice. A crash report goes on for lines; the first one is enough."""
    message = (str(error.get("message", "")).strip().splitlines() or [""])[0]
    where = str(error.get("where") or "").strip()
    hint = str(error.get("hint") or "").strip()
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
