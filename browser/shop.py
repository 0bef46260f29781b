"""The demo shop that is running, and a browser to look at it with. `cargo xtask browser` starts both and says where they are."""

import os

ADDRESS = os.environ["WAYBILL_ADDRESS"]
#: Signs its owner in, once.
SIGN_IN = os.environ["WAYBILL_SIGN_IN"]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}
#: Where and in which language whoever looks is, so that a page reads the same on every machine.
HERE = {"timezone_id": "Europe/Dublin", "locale": "en-IE"}


def launch(playwright):
    return playwright.chromium.launch(executable_path=os.environ["WAYBILL_CHROMIUM"], args=["--no-sandbox"])


def sign_in(browser):
    """The cookies of the shop's owner."""
    context = browser.new_context(base_url=ADDRESS, **HERE)
    page = context.new_page()
    page.goto(SIGN_IN)
    assert page.locator("#main h1").count() == 1, f"{page.url}: the demo's link does not sign in"
    state = context.storage_state()
    context.close()
    return state
