"""A real Chromium at a running demo shop. `cargo xtask browser` starts both and says where they are.

Every test ends with a look at what the browser said: no error in its console, which includes what the
Content-Security-Policy kept from happening, and no request to another host.
"""

import json
import os
import re
import socket
import subprocess
import threading

import pytest
from playwright.sync_api import expect, sync_playwright

from shop import ADDRESS, DESK, HERE, PHONE, launch, sign_in

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(browser):
    """The cookies of the demo shop's owner."""
    return sign_in(browser)


class Desk:
    """Opens windows, each a browser of its own, and listens to what they say."""

    def __init__(self, browser, state, address=ADDRESS):
        self.browser, self.state, self.address, self.contexts, self.said = browser, state, address, [], []

    def open(self, path="/", viewport=DESK, scheme="light", anonymous=False, **more):
        context = self.browser.new_context(
            base_url=self.address,
            viewport=viewport,
            color_scheme=scheme,
            storage_state=None if anonymous else self.state,
            **HERE,
            **more,
        )
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        context.on("page", self.listen)
        page = context.new_page()
        page.goto(path)
        return page

    def listen(self, page):
        page.on("console", lambda message: self.hear(page, message.type, message.text))
        page.on("pageerror", lambda error: self.hear(page, "error", str(error)))
        page.on("request", lambda request: self.watch(request.url))

    def hear(self, page, kind, text):
        # A refusal or a cut that a test asks for is an error of loading to Chromium.
        expected = re.search(r"status of (401|404|409|422)|net::ERR_(INTERNET_DISCONNECTED|FAILED|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_\w+)", text)
        if kind == "error" and not expected:
            self.said.append(f"{page.url}: {text}")

    def watch(self, url):
        if not url.startswith((self.address, "data:", "blob:", "about:")):
            self.said.append(f"asked {url}")

    def close(self):
        for context in self.contexts:
            context.close()
        assert not self.said, "\n".join(self.said)


@pytest.fixture
def desk(browser, signed_in):
    desk = Desk(browser, signed_in)
    yield desk
    desk.close()


class Line:
    """The line between browsers and the demo shop, at an address of its own. Cutting it cuts a service worker off, too."""

    def __init__(self):
        host, port = ADDRESS.removeprefix("http://").split(":")
        self.shop, self.ends, self.is_cut = (host, int(port)), [], False
        self.server = socket.create_server((host, 0))
        self.address = f"http://{host}:{self.server.getsockname()[1]}"
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            if self.is_cut:
                near.close()
                continue
            far = socket.create_connection(self.shop)
            self.ends += [near, far]
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def carry(self, here, there):
        try:
            while data := here.recv(65_536):
                there.sendall(data)
        except OSError:
            pass
        for end in (here, there):
            self.end(end)

    def end(self, one):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def cut(self, page):
        self.is_cut = True
        for end in self.ends:
            self.end(end)
        # The browser is told, as a phone without a network is.
        page.context.set_offline(True)

    def mend(self, page):
        self.is_cut = False
        page.context.set_offline(False)


@pytest.fixture
def line():
    line = Line()
    yield line
    line.server.close()


@pytest.fixture
def desk_behind_line(browser, signed_in, line):
    desk = Desk(browser, signed_in, line.address)
    yield desk
    desk.close()


@pytest.fixture
def empty_shop(browser, tmp_path):
    """A desk at a shop that nobody has set up: a server of its own on an empty folder."""
    program = [os.environ["WAYBILL_PROGRAM"], "--json", "serve", "--listen", "127.0.0.1:0"]
    database = ["--database", f"sqlite:{tmp_path / 'shop.db'}"]
    # What tells the tests about the demo shop is no setting of a server.
    world = {name: value for name, value in os.environ.items() if not name.startswith("WAYBILL_")}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            program + database, cwd=tmp_path, env=world, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        line = server.stdout.readline()
        assert line, (tmp_path / "log").read_text()
        desk = Desk(browser, None, json.loads(line)["listening"])
        yield desk
        desk.close()
    finally:
        server.terminate()
        server.wait()


def ask(page, path, body=None, method=None):
    """Asks the API as whoever is signed in on the page. What it answers, read."""
    answer = page.evaluate(
        """async ([path, body, method]) => {
            const headers = body === null ? {} : {"content-type": "application/json"};
            const answer = await fetch(`/api/v1${path}`, {method, headers, body: body === null ? undefined : JSON.stringify(body)});
            return {status: answer.status, text: await answer.text()};
        }""",
        [path, body, method or ("GET" if body is None else "POST")],
    )
    assert answer["status"] < 300, f"{path}: {answer}"
    return json.loads(answer["text"]) if answer["text"] else None


TEAPOTS = [{"sku": "TEAPOT-BIRCH", "quantity": 2, "unit_price_minor": 4099}]


def place(page, reference, lines=TEAPOTS, method="terms", **more):
    """Places an order as a shop would, through the API. Orders by phone are released by hand: nothing moves by itself."""
    body = {
        "channel": "phone",
        "external_ref": reference,
        "currency": "EUR",
        "customer": {"name": "Ada Browser", "email": "ada@example.org"},
        "ship_to": {"name": "Ada Browser", "line1": "1 Main Street", "city": "Dublin", "country": "IE"},
        "lines": lines,
        "payment": {"method": method},
    }
    return ask(page, "/orders", body | more)


@pytest.fixture(scope="session")
def teapots_to_scan(browser, signed_in):
    """Two items with codes to scan that no other order wants, 500 of each in Dublin: SKU and GTIN."""
    desk = Desk(browser, signed_in)
    page = desk.open("/about")
    goods = {"SCAN-POT": "04006381333931", "SCAN-LID": "05901234123457"}
    for sku, gtin in goods.items():
        ask(page, f"/items/{sku}", {"name": f"{sku} of the floor", "gtin": gtin, "weight_g": 800}, "PUT")
    lines = [{"sku": sku, "quantity": 500} for sku in goods]
    ask(page, "/stock/receipts", {"location": "DUB", "lines": lines})
    desk.close()
    return goods


PASSWORD = "a few words of mine"


@pytest.fixture(scope="session")
def colleague(browser, signed_in):
    """The email of somebody who may do everything, and signs in with `PASSWORD`."""
    desk = Desk(browser, signed_in)
    owner = desk.open("/settings/users")
    owner.get_by_label("Name").fill("Bea Colleague")
    owner.get_by_label("Email").fill("bea@example.org")
    owner.get_by_label("Role").select_option("owner")
    owner.get_by_role("button", name="Make an invitation").click()
    link = owner.locator("#link").inner_text()
    page = desk.open(link, anonymous=True)
    expect(page.locator("main")).to_contain_text("Bea Colleague")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".rail")).to_contain_text("Bea Colleague")
    desk.close()
    return "bea@example.org"


def sign_in_as(page, email):
    """Gives the password, and waits until it was taken."""
    give_password(page, email)
    expect(page.locator(".rail")).to_be_visible()


def give_password(page, email, password=PASSWORD):
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
