"""A real Chromium at a running demo shop. `cargo xtask browser` starts both and says where they are.

Every test ends with a look at what the browser said: no error in its console, which includes what the
Content-Security-Policy kept from happening, and no request to another host.
"""

import os
import re

import pytest
from playwright.sync_api import sync_playwright

ADDRESS = os.environ["WAYBILL_ADDRESS"]
SIGN_IN = os.environ.get("WAYBILL_SIGN_IN", "")
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["WAYBILL_CHROMIUM"], args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(browser):
    """The cookies of somebody who has signed in with the demo's link; none where nobody needs to."""
    context = browser.new_context()
    if SIGN_IN:
        page = context.new_page()
        page.goto(SIGN_IN if SIGN_IN.startswith("http") else ADDRESS + SIGN_IN)
    state = context.storage_state()
    context.close()
    return state


class Desk:
    """Opens windows, each a browser of its own, and listens to what they say."""

    def __init__(self, browser, state):
        self.browser, self.state, self.contexts, self.said = browser, state, [], []

    def open(self, path="/", viewport=DESK, scheme="light", anonymous=False, **more):
        context = self.browser.new_context(
            base_url=ADDRESS,
            viewport=viewport,
            color_scheme=scheme,
            storage_state=None if anonymous else self.state,
            timezone_id="Europe/Dublin",
            locale="en-IE",
            **more,
        )
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.hear(page, message.type, message.text))
        page.on("pageerror", lambda error: self.hear(page, "error", str(error)))
        page.on("request", lambda request: self.watch(request.url))
        page.goto(path)
        return page

    def hear(self, page, kind, text):
        # A refusal that a test asks for is answered with 409 or 422, which Chromium counts as an error of loading.
        expected = re.search(r"status of (401|404|409|422)|ERR_INTERNET_DISCONNECTED", text)
        if kind == "error" and not expected:
            self.said.append(f"{page.url}: {text}")

    def watch(self, url):
        if not url.startswith((ADDRESS, "data:", "blob:", "about:")):
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
