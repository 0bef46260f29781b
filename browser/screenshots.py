"""A picture of every main page: light and dark, at a desk and on a phone. `cargo xtask screenshots` runs this."""

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from pages import PAGES, go

ADDRESS = os.environ["WAYBILL_ADDRESS"]
SIGN_IN = os.environ.get("WAYBILL_SIGN_IN", "")
SIZES = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 360, "height": 740}}


def main(folder, only):
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["WAYBILL_CHROMIUM"], args=["--no-sandbox"]
        )
        state = None
        if SIGN_IN:
            context = browser.new_context()
            page = context.new_page()
            page.goto(SIGN_IN if SIGN_IN.startswith("http") else ADDRESS + SIGN_IN)
            state = context.storage_state()
            context.close()
        for scheme in ("light", "dark"):
            for size, viewport in SIZES.items():
                context = browser.new_context(
                    base_url=ADDRESS,
                    viewport=viewport,
                    color_scheme=scheme,
                    storage_state=state,
                    timezone_id="Europe/Dublin",
                )
                page = context.new_page()
                # The first page tells the server the zone.
                page.goto("/orders")
                for name, address, links in PAGES:
                    if only and name not in only:
                        continue
                    if go(page, address, links):
                        page.wait_for_load_state("load")
                        page.screenshot(path=folder / f"{name}-{size}-{scheme}.png", full_page=size == "phone")
                    else:
                        print(f"{name}: the demo shop has nothing of the kind", file=sys.stderr)
                context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
