"""The daemon's page in a real browser, and what scripts ask it over HTTP."""
import pathlib
import socket
import ssl
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from browser import Browser
from harness import BUILD, PtahCase

NAMES = {"link", "button", "textbox", "searchbox", "combobox", "img", "image", "application", "table", "progressbar", "region", "navigation"}


class WebTest(PtahCase):
    """`PTAH_WEB_PICTURES`: a folder in which what was seen is kept."""

    def setUp(self):
        super().setUp()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3",
                        "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        (self.folder / "ptahd.yaml").write_text(f"tls_port: 0\ntls_address: 127.0.0.1\ntls_certificate: {self.folder}/cert.pem\n"
                                                f"tls_key: {self.folder}/key.pem\ntcp_port: 0\nworkers: 1\n")
        subprocess.run([BUILD / "bin/ptahd", "--config", self.folder / "ptahd.yaml", "--socket", self.env["PTAH_SOCKET"], "--state",
                        self.folder / "team-state", "--daemonize"], env=self.env, check=True, timeout=60)
        self.status = self.run_json("server", "status").lines[0]
        self.page = f"https://localhost:{self.status['tls_port']}/"
        self.pictures = pathlib.Path(self.env.get("PTAH_WEB_PICTURES", self.folder))

    def token(self, name, role):
        return self.run_json("token", "create", name, "--role", role, "--expires", "1h").lines[0]["token"]

    def browse(self, token=None):
        browser = Browser()
        self.addCleanup(browser.close)
        browser.go(self.page)
        browser.wait_text("Log in")
        if token:
            browser.type(token)
            browser.type("Enter")
            browser.wait_text("connected")
        return browser

    def calm(self, browser):
        """Nothing broke, and the page's policy had nothing to stop."""
        self.assertEqual(browser.log(), [])

    def named(self, browser):
        """Whatever can be worked with, or is a picture, has a name for screen readers."""
        tree = browser.accessible()
        self.assertEqual([node for node in tree if node[0] in NAMES and not node[1].strip()], [])
        for landmark in ("banner", "main", "heading"):
            self.assertIn(landmark, [role for role, _ in tree])

    def fits(self, browser):
        width, window = browser.run("return [document.documentElement.scrollWidth, window.innerWidth]")
        self.assertLessEqual(width, window, "the page is wider than the window")

    def drawn(self, browser):
        """Pictures have colours of layers."""
        browser.wait("return document.querySelectorAll('.picture.drawn').length > 0")
        return browser.run("const c = document.querySelector('.picture canvas'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                           "const seen = new Set(); for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);"
                           "return seen.size")

    def test_a_viewer_watches(self):
        browser = self.browse()
        browser.type("wrong")
        browser.type("Enter")
        browser.wait("return document.querySelector('.login .problem') !== null")
        browser.type(self.token("vic", "viewer"))
        browser.type("Enter")
        browser.wait_text("No jobs yet")
        self.assertEqual(browser.run("return [location.search, localStorage.length, document.cookie]"), ["", 0, ""])
        self.named(browser)

        # A job comes and goes on while somebody looks on, without a hand.
        run = self.start("--json", "run", "five_transistors_ota", "--flow", "native", "--judges", "none", "--assignments", "16", "--variants", "32",
                         "--seed", "1", "--job", "live")
        browser.wait("return document.querySelector('tbody .badge.running') !== null")
        browser.wait("const bar = document.querySelector('tbody progress'); return bar && bar.value > 0")
        browser.run("location.hash = '#/job/live'")
        first = browser.wait("return Number(/(\\d+) layouts/.exec(document.body.innerText)?.[1])")
        browser.wait(f"return Number(/(\\d+) layouts/.exec(document.body.innerText)?.[1]) > {first}")
        run.communicate(timeout=120)
        browser.wait("return document.querySelector('.facts .badge.done') !== null")
        browser.wait("return document.querySelectorAll('.point').length === 528")
        self.assertEqual(browser.count(".point.best"), 1)
        self.assertEqual(browser.count(".gallery li"), 24)
        self.assertGreater(self.drawn(browser), 20)
        self.named(browser)
        self.fits(browser)
        browser.resize(1366, 1000)
        time.sleep(0.5)     # Drawings come in softly.
        browser.screenshot(self.pictures / "job.png")
        browser.resize(1366, 768)
        # Whatever a name or a message holds, nothing becomes markup.
        self.assertEqual(browser.run("try { document.body.innerHTML = '<b>x</b>'; return 'let'; } catch (error) { return error.name; }"), "TypeError")
        self.assertEqual(len(browser.log()), 1, "the policy says so")

        # The keyboard goes through the plot, and opens a layout.
        browser.run("document.querySelector('.plot').focus()")
        browser.type("Home")
        browser.type("Right")
        said = browser.run("return document.querySelector('figure .said[aria-live]').textContent")
        self.assertIn("area", said)
        browser.type("Enter")
        browser.wait_text("Layout " + said.split(":")[0])
        self.assertEqual(browser.focused(), "h1 Layout " + said.split(":")[0])
        browser.wait_text(".gds")
        self.assertGreater(self.drawn(browser), 20)
        self.named(browser)
        time.sleep(0.3)
        browser.screenshot(self.pictures / "variant.png")

        # A viewer is shown no tokens.
        browser.run("location.hash = '#/daemon'")
        browser.wait_text("Answers since the start")
        self.assertNotIn("Tokens", browser.text())
        self.assertNotIn("vic", browser.text())
        self.calm(browser)

        # The daemon goes and comes back: the page says so, and goes on by itself.
        port = self.status["tls_port"]
        self.run_json("server", "stop", "--now")
        browser.wait_text("connection lost")
        config = self.folder / "ptahd.yaml"
        config.write_text(config.read_text().replace("tls_port: 0", f"tls_port: {port}"))
        subprocess.run([BUILD / "bin/ptahd", "--config", config, "--socket", self.env["PTAH_SOCKET"], "--state",
                        self.folder / "team-state", "--daemonize"], env=self.env, check=True, timeout=60)
        browser.wait("return document.querySelector('#state').textContent === 'connected'")
        # A token that ends, ends it.
        self.run_json("token", "revoke", "vic")
        browser.wait_text("was revoked", 30)
        self.assertEqual(browser.run("return sessionStorage.length"), 0)

    def test_an_administrator_sees_it_all(self):
        self.run_json("run", "five_transistors_ota", "--flow", "native", "--judges", "none", "--assignments", "2", "--variants", "20", "--seed", "1",
                      "--pictures", "--job", "pics")
        self.run_json("train", "wires", "pics", "--label", "hpwl", "--job", "training")
        browser = self.browse(self.token("ada", "admin"))
        browser.wait_text("training")
        # The keyboard goes on where the token's field was: at the list, and around to the parts.
        self.assertEqual(browser.focused(), "h1 Jobs")
        seen = []
        for _ in range(16):
            browser.type("Tab")
            seen.append(browser.focused())
        self.assertEqual(seen[:2], ["input Name or circuit", "select State"])
        for wanted in ("a training", "a pics", "button Skip to the content", "a Models", "button Log out"):
            self.assertIn(wanted, seen)
        for part, text in (("models", "wires@1"), ("plugins", "sequence_pair"), ("daemon", "ada"), ("job/training", "Curves")):
            browser.run("location.hash = arguments[0]", f"#/{part}")
            browser.wait_text(text)
            self.named(browser)
            self.fits(browser)
            browser.screenshot(self.pictures / (part.replace("/", "-") + ".png"))
        browser.wait("return document.querySelector('.curves .line, .curves .point') !== null")
        browser.run("location.hash = '#/job/pics/0/1'")
        browser.wait("return document.querySelector('img.paper')?.naturalWidth > 100")
        browser.run("location.hash = '#/job/nowhere'")
        browser.wait_text("There is no job")
        # Dark, and narrow.
        for dark, width in ((True, 1366), (True, 420), (False, 420)):
            browser.dark(dark)
            browser.resize(width, 768)
            for part in ("jobs", "job/pics", "daemon", "models"):
                browser.run("location.hash = arguments[0]", f"#/{part}")
                browser.wait("return document.querySelector('h1') && !document.body.innerText.includes('Reading')")
                self.fits(browser)
                browser.screenshot(self.pictures / f"{part.replace('/', '-')}-{'dark' if dark else 'light'}-{width}.png")
            ground = browser.run("return getComputedStyle(document.body).backgroundColor")
            self.assertEqual(sum(int(c) for c in ground[4:-1].split(",")) < 200, dark, ground)
        self.calm(browser)
        browser.click("#leave")
        browser.wait_text("Log in")
        self.assertEqual(browser.run("return sessionStorage.length"), 0)

    def test_scripts_ask_over_tls(self):
        trust = ssl.create_default_context(cafile=self.folder / "cert.pem")

        def get(path, **headers):
            try:
                with urllib.request.urlopen(urllib.request.Request(self.page[:-1] + path, headers=headers), context=trust) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()

        self.assertEqual(get("/healthz")[0], 200)
        self.wait_until(lambda: get("/readyz")[0] == 200)
        token = self.token("prometheus", "viewer")
        self.assertEqual(get("/metrics")[0], 401)
        status, text = get("/metrics", Authorization=f"Bearer {token}")
        self.assertEqual(status, 200)
        self.assertIn("\nptah_workers_configured 1\n", text)
        # Who guesses waits, as over the protocol.
        answers = [get("/metrics", Authorization=f"Bearer wrong{i}")[0] for i in range(8)]
        self.assertEqual(answers[:5], [401] * 5)
        self.assertIn(429, answers)

    def test_a_message_costs_little_more_than_a_line(self):
        """p95 of server.ping over the Unix socket and over a WebSocket with TLS, from Python and from the browser: printed."""
        token = self.token("vic", "viewer")
        browser = self.browse(token)
        script = """
            const {Connection} = await import('/rpc.js');
            const connection = new Connection(sessionStorage.getItem('ptah-token'));
            await connection.open();
            const took = [];
            for (let i = 0; i < 1000; ++i) {
              const begin = performance.now();
              await connection.call('server.ping');
              took.push(performance.now() - begin);
            }
            connection.close();
            took.sort((a, b) => a - b);
            return took[950];"""
        web = browser.run(f"return (async () => {{ {script} }})()")
        ping = '{"jsonrpc":"2.0","id":1,"method":"server.ping"}'

        def p95(ask):
            took = []
            for _ in range(1000):
                begin = time.perf_counter()
                ask()
                took.append(1000 * (time.perf_counter() - begin))
            return sorted(took)[950]

        with self.raw_connection() as connection, connection.makefile("rw") as lines:
            def by_line():
                lines.write(ping + "\n")
                lines.flush()
                lines.readline()
            unix = p95(by_line)

        port = self.status["tls_port"]
        trust = ssl.create_default_context(cafile=self.folder / "cert.pem")
        with trust.wrap_socket(socket.create_connection(("localhost", port)), server_hostname="localhost") as connection:
            connection.sendall(f"GET /ws HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: https://localhost:{port}\r\nUpgrade: websocket\r\n"
                               "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
            self.assertIn(b" 101 ", connection.recv(4096))

            def by_frame():
                # A whole text, masked with zeros; the answer has less than 126 bytes.
                connection.sendall(bytes([0x81, 0x80 | len(ping), 0, 0, 0, 0]) + ping.encode())
                answer = connection.recv(4096)
                while len(answer) < 2 + answer[1]:
                    answer += connection.recv(4096)
            frame = p95(by_frame)
        print(f"p95 of server.ping: {unix:.2f} ms over the Unix socket; over a WebSocket with TLS {frame:.2f} ms, in the browser {web:.2f} ms")
        self.assertLess(frame, unix + 20)
        self.assertLess(web, unix + 50)


if __name__ == "__main__":
    unittest.main()
