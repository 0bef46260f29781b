"""Every page, in light and dark: it loads, has one heading, and whoever cannot see or point can use it."""

from pathlib import Path

import pytest

from conftest import DESK, PHONE
from pages import PAGES, go

AXE = (Path(__file__).parent / "axe.min.js").read_text()


@pytest.mark.parametrize("scheme,viewport", [("light", DESK), ("dark", DESK), ("light", PHONE)])
def test_no_serious_accessibility_finding(desk, scheme, viewport):
    page = desk.open("/orders", viewport, scheme, bypass_csp=True)
    found = []
    for name, address, links in PAGES:
        if not go(page, address, links):
            continue
        assert page.locator("h1").count() == 1, f"{name} has one heading"
        page.evaluate(AXE)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        for one in result["violations"]:
            if one["impact"] in ("serious", "critical"):
                places = [" ".join(node["target"]) for node in one["nodes"][:3]]
                found.append(f"{name}: {one['id']} ({one['help']}) at {places}")
    assert not found, "\n".join(found)


def test_nothing_is_wider_than_a_phone(desk):
    page = desk.open("/orders", PHONE)
    wide = []
    for name, address, links in PAGES:
        if go(page, address, links):
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > PHONE["width"]:
                wide.append(f"{name}: {width} pixels")
    assert not wide, wide


def test_pages_read_without_a_script(desk):
    page = desk.open("/orders", java_script_enabled=False)
    for name, address, links in PAGES:
        if go(page, address, links):
            assert page.locator("h1").inner_text().strip() != "" or name == "orders", name
