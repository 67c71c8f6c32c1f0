"""Who listens on a Unix socket: this user, root, or whoever owns a folder that nobody else but root can have put there.
Anybody else may pose as ptahd."""
import os
import pathlib
import socket as sockets
import stat
import struct

from .errors import failure

HINT = "Remove it, or choose another socket in Ptah > Server > Settings."


def trusted_users(path):
    """Who may listen there."""
    trusted = {os.geteuid(), 0}
    try:
        folder = pathlib.Path(path).parent.resolve()
        owner = folder.stat().st_uid
        above = [directory.stat() for directory in folder.parents]
    except OSError:
        return trusted
    if all(info.st_uid in (0, owner) and not info.st_mode & (stat.S_IWGRP | stat.S_IWOTH) for info in above):
        trusted.add(owner)
    return trusted


def folder_problem(path):
    """Whether another user may put a socket there; None for a folder that is missing."""
    folder = os.path.dirname(path)
    try:
        info = os.stat(folder)
    except OSError:
        return None
    if info.st_uid not in trusted_users(path):
        return failure("denied", f"The folder {folder} of the server's socket belongs to another user (uid {info.st_uid}), "
                       "who may pose as the Ptah server.", HINT)
    if info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return failure("denied", f"Other users may write into the folder {folder} of the server's socket, and pose as the "
                       "Ptah server.", f"chmod go-w {folder}")
    return None


def peer_problem(descriptor, path):
    """Who listens, as the kernel knows it."""
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM, fileno=os.dup(descriptor)) as connection:
        _, uid, _ = struct.unpack("3i", connection.getsockopt(sockets.SOL_SOCKET, sockets.SO_PEERCRED, 12))
    if uid in trusted_users(path):
        return None
    return failure("denied", f"What listens on {path} belongs to another user (uid {uid}), who may pose as the Ptah "
                   "server.", HINT)
