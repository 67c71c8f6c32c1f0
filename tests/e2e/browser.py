"""A headless Chromium, driven through chromedriver's HTTP (W3C WebDriver) with the standard library alone."""
import base64
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Left": "\ue012", "Up": "\ue013", "Right": "\ue014", "Down": "\ue015", "Home": "\ue011", "End": "\ue010",
        "Shift": "\ue008"}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    def __init__(self, width=1366, height=768):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="ptah-browser"))
        self._driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._url = None
        for line in self._driver.stdout:
            if "started successfully on port" in line:
                self._url = "http://127.0.0.1:" + line.split("port")[-1].strip(" .\n")
                break
        if not self._url:
            raise RuntimeError("chromedriver did not start")
        # As root Chromium has no sandbox; it sees pages of ours alone. The certificate is the test's own.
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-device-scale-factor=1",
                     "--no-first-run", "--disable-background-networking", "--no-proxy-server", f"--user-data-dir={self._folder}"]
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "acceptInsecureCerts": True, "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments}}}})
        self._session = "/session/" + made["sessionId"]
        self.resize(width, height)

    def close(self):
        try:
            self._call("DELETE", self._session)
        except OSError:
            pass
        self._driver.terminate()
        self._driver.wait(10)
        self._driver.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _call(self, method, path, body=None):
        request = urllib.request.Request(self._url + path, method=method, data=None if method == "GET" else json.dumps(body or {}).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"].splitlines()[0]) from None

    def _do(self, path, body=None, method="POST"):
        return self._call(method, self._session + path, body)

    def resize(self, width, height):
        """Of the page, not of the window around it."""
        self.developer("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def dark(self, dark):
        self.developer("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def developer(self, command, **parameters):
        return self._do("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def go(self, url):
        self._do("/url", {"url": url})

    def run(self, script, *arguments):
        """The value that a function with this body returns."""
        return self._do("/execute/sync", {"script": script, "args": list(arguments)})

    def text(self):
        return self.run("return document.body.innerText")

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def wait(self, script, seconds=20):
        """Until a function with this body returns something true, which is returned."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = self.run(script)
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"waited in vain for {script}\n{self.text()[:3000]}\n{self.log()}")

    def wait_text(self, text, seconds=20):
        return self.wait(f"return document.body.innerText.includes({json.dumps(text)})", seconds)

    def click(self, selector):
        found = self._do("/element", {"using": "css selector", "value": selector})
        self._do(f"/element/{found[ELEMENT]}/click")

    def type(self, text):
        """Keys to whatever has the focus; a name of KEYS is that key."""
        keys = [KEYS[text]] if text in KEYS else list(text)
        self._do("/actions", {"actions": [{"type": "key", "id": "keys", "actions": [
            {"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]}]})

    def focused(self):
        """What has the focus, as a screen reader would say it: its role or tag, and its name."""
        return self.run("const e = document.activeElement; return e.tagName.toLowerCase() + ' ' + "
                        "(e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent).trim().slice(0, 60)")

    def accessible(self):
        """The accessibility tree of the page: [(role, name)]."""
        return [(node["role"]["value"], node.get("name", {}).get("value", ""))
                for node in self.developer("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]

    def log(self):
        """What the page said on its console since the last time: errors, and what its policy stopped."""
        return [entry["message"] for entry in self._do("/se/log", {"type": "browser"})]

    def screenshot(self, file, whole=False):
        options = {"captureBeyondViewport": True} if whole else {}
        if whole:
            size = self.run("return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
            options["clip"] = {"x": 0, "y": 0, "width": size[0], "height": min(size[1], 4000), "scale": 1}
        pathlib.Path(file).write_bytes(base64.b64decode(self.developer("Page.captureScreenshot", format="png", **options)["data"]))
