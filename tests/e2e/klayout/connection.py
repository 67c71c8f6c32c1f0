"""Connections that can not be: what the Server window says. PTAH_TEST_HOST names an address where it is to look."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import run, screenshot


def main(app, see):
    window = app.server()
    if os.environ.get("PTAH_TEST_HOST"):
        window.set_field("ptah-host", os.environ["PTAH_TEST_HOST"])
        window.set_field("ptah-token-file", os.environ.get("PTAH_TEST_TOKEN", ""))
        window.apply_settings()
    wanted = os.environ["PTAH_TEST_STATE"]
    yield lambda: app.connection.state == wanted
    yield 0.3
    see["state"], see["notice"] = app.connection.state, window.notice.text
    see["role"] = app.connection.server.get("role")
    # Nothing is stuck: the other windows open, and say it too.
    variants = app.variants()
    variants.start()
    yield 0.3
    see["variants"] = variants.notice.text or variants.message.text
    variants.hide()
    screenshot(os.environ["PTAH_TEST_NAME"])
    if os.environ.get("PTAH_TEST_START"):
        window.start_server()
        yield lambda: app.connection.ready
        yield lambda: window.plugins.rowCount > 5 and window.status.rowCount > 5
        see["started"], see["status"] = app.connection.state, window.status.rowCount
        see["plugins"] = window.plugins.rowCount
        window._tabs.setCurrentIndex(0)
        screenshot("server")
        pid = app.connection.server["pid"]
        window.restart_server()
        yield lambda: app.connection.ready and app.connection.server["pid"] != pid
        see["restarted"] = True


run(main)
