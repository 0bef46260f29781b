"""A picture of every page: light and dark, at a desk and on a phone. `cargo xtask screenshots` runs this."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from pages import PAGES, go
from shop import ADDRESS, DESK, HERE, PHONE, launch, sign_in

SIZES = {"desk": DESK, "phone": PHONE}


def main(folder, only):
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        state = sign_in(browser)
        for scheme in ("light", "dark"):
            for size, viewport in SIZES.items():
                look = {"base_url": ADDRESS, "viewport": viewport, "color_scheme": scheme, **HERE}
                inside = browser.new_context(storage_state=state, **look).new_page()
                outside = browser.new_context(**look).new_page()
                # The first page tells the server the zone.
                inside.goto("/about")
                inside.goto("/orders")
                for page in PAGES:
                    if only and page.name not in only:
                        continue
                    tab = outside if page.is_public else inside
                    if go(tab, page):
                        # Live pages say so a moment after they are loaded.
                        if tab.locator("body[data-live]").count():
                            tab.locator("#live:not([hidden])").wait_for(state="attached")
                        tab.screenshot(path=folder / f"{page.name}-{size}-{scheme}.png", full_page=size == "phone")
                    else:
                        print(f"{page.name}: the demo shop has nothing of the kind", file=sys.stderr)
                inside.context.close()
                outside.context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
