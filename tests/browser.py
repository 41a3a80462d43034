# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven over its DevTools pipe: enough to look at a page and to use it."""

import base64
import json
import os
import select
import subprocess
import time

DEVTOOLS = "https://chromedevtools.github.io/devtools-protocol/"  # what the names below are from
PATIENCE = 60  # seconds that one answer may take


class Browser:
    """Started on an empty page; end() leaves no process behind."""

    def __init__(self, program, profile):
        from_us, to_browser = os.pipe()
        from_browser, to_us = os.pipe()
        # The browser reads commands from 3 and writes answers to 4.
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3<&{from_us} 4>&{to_us}', "sh", program, "--headless",
             "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--hide-scrollbars", "--force-device-scale-factor=1", "--remote-debugging-pipe",
             f"--user-data-dir={profile}"],
            pass_fds=(from_us, to_us), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(from_us)
        os.close(to_us)
        self.to, self.source = to_browser, from_browser
        self.pending, self.number, self.session = b"", 0, None
        self.requests, self.complaints = [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime", "Accessibility"):
            self.call(domain + ".enable")

    def end(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(PATIENCE)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()

    def _message(self):
        until = time.monotonic() + PATIENCE
        while b"\0" not in self.pending:
            if not select.select([self.source], [], [], max(until - time.monotonic(), 0))[0]:
                raise OSError("the browser does not answer")
            more = os.read(self.source, 1 << 20)
            if not more:
                raise OSError("the browser ended")
            self.pending += more
        text, self.pending = self.pending.split(b"\0", 1)
        message = json.loads(text)
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        if message.get("method") == "Log.entryAdded":
            self.complaints.append(message["params"]["entry"]["text"])
        return message

    def call(self, method, **params):
        self.number += 1
        command = {"id": self.number, "method": method, "params": params}
        if self.session:
            command["sessionId"] = self.session
        rest = json.dumps(command).encode() + b"\0"
        while rest:
            rest = rest[os.write(self.to, rest):]
        while True:
            message = self._message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise OSError(f"{method}: {message['error']['message']}")
                return message["result"]

    def open(self, path):
        self.requests, self.complaints = [], []
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while self._message().get("method") != "Page.loadEventFired":
            pass

    def ask(self, expression):
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise OSError(f"{expression}: {answer['exceptionDetails']['text']}")
        return answer["result"].get("value")

    def resize(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)

    def media(self, kind="screen", scheme="light"):
        self.call("Emulation.setEmulatedMedia", media=kind,
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self):
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def print(self):
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=code, text="\r" if key == "Enter" else "")

    def click(self, selector):
        """On the middle of the first such element, where a user would."""
        x, y = self.ask(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def roles(self):
        """How many there are of each role that assistive technology is told of."""
        count = {}
        for node in self.call("Accessibility.getFullAXTree")["nodes"]:
            if not node.get("ignored"):
                role = node.get("role", {}).get("value")
                count[role] = count.get(role, 0) + 1
        return count
