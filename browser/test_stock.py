"""What is in stock, seen."""

import re

from playwright.sync_api import expect

from conftest import DESK, PHONE, ask
from test_pages import AXE, serious


def test_a_year_of_a_balance_can_be_pointed_at_and_looked_at_closely(desk):
    page = desk.open("/stock")
    page.locator("[data-rows] a").first.click()
    page.get_by_role("link", name="1 year").click()
    figure = page.locator("figure[data-dense]")
    expect(figure.locator(".uplot canvas")).to_be_visible()
    plot = figure.locator(".u-over")
    box = plot.bounding_box()
    # At the right end is today, as the table under it and the figure above have it.
    day = figure.locator(".u-legend .u-value").first
    page.mouse.move(box["x"] + box["width"] - 0.2, box["y"] + 20)
    expect(day).to_have_text("today")
    page.wait_for_function("""() => {
      const said = (query) => [...document.querySelectorAll(`figure[data-dense] ${query}`)].map((one) => one.textContent).join();
      return said(".u-legend .u-value") === said(".twin tbody tr:last-child td");
    }""")
    # The middle of the year is another day, until the last tenth is all there is.
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    expect(day).to_have_text(re.compile(r"[A-Z][a-z]+ \d+"))
    middle = day.text_content()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 30, steps=5)
    page.mouse.up()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    expect(day).not_to_have_text(middle)
    page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + 20)
    expect(day).to_have_text(middle)
    # By night it is drawn in the colors of the night, and on paper the server's own picture stands.
    before = page.evaluate("getComputedStyle(document.querySelector('figure[data-dense] .key line')).stroke")
    page.keyboard.press("t")
    expect(figure.locator(".uplot canvas")).to_have_count(1)
    assert before != page.evaluate("getComputedStyle(document.querySelector('figure[data-dense] .key line')).stroke")
    page.emulate_media(media="print")
    expect(figure.locator(".uplot")).to_be_hidden()
    assert figure.locator("> .plot").bounding_box()["height"] > 100


def scan(page, code):
    """As a scanner types: a code at once, and Enter."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def units(page, sku):
    """How many units the line of an item has."""
    return page.locator("[data-lines]").get_by_label(f"Units of {sku}", exact=True)


def available(page, sku):
    levels = ask(page, f"/stock/levels?sku={sku}&location=DUB")["data"]
    return levels[0]["available"]


def test_a_delivery_is_scanned_shown_and_booked(desk, teapots_to_scan):
    page = desk.open("/stock")
    before = {sku: available(page, sku) for sku in teapots_to_scan}
    page.keyboard.press("r")
    code = page.get_by_label("SKU or barcode", exact=True)
    expect(code).to_be_focused()
    page.get_by_label("Into").select_option("DUB")
    # Wherever the focus is, a scan is a scan: of two items, of one of them twice in a row and once by its SKU.
    page.locator("main h2").click()
    for scanned in [teapots_to_scan["SCAN-POT"], teapots_to_scan["SCAN-LID"], teapots_to_scan["SCAN-POT"], "scan-pot"]:
        scan(page, scanned)
    rows = page.locator("[data-lines] tr")
    expect(page.locator("[data-said]")).to_have_text("3 × SCAN-POT of the floor")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("SCAN-POT of the floor")
    expect(units(page, "SCAN-POT")).to_have_value("3")
    expect(units(page, "SCAN-LID")).to_have_value("1")
    # A clerk types a SKU, Tab, the units and Enter; what is no item says so at once, and is taken out again.
    page.keyboard.type("SCAN-LID")
    page.keyboard.press("Tab")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(units(page, "SCAN-LID")).to_have_value("5")
    expect(code).to_be_focused()
    scan(page, "4006381333932")
    expect(rows.nth(2).locator("[name=sku]")).to_have_accessible_description("There is no item with this SKU or barcode.")
    rows.nth(2).get_by_role("button", name="Remove").click()
    # A list that is pasted goes with what is there.
    page.evaluate("navigator.clipboard.writeText('SKU\\tUnits\\nSCAN-POT\\t7\\nBROKEN\\t1\\nSCAN-LID\\tmany')")
    code.focus()
    page.keyboard.press("Control+V")
    expect(page.locator(".problems")).to_contain_text("2 things to mend")
    expect(units(page, "SCAN-POT")).to_have_value("10")
    looked_over(page)
    for row in [3, 2]:
        rows.nth(row).get_by_role("button", name="Remove").click()
    expect(page.locator("[data-sum]")).to_have_text("2 items, 15 units")
    page.keyboard.press("Control+Enter")
    books = page.get_by_role("button", name="Receive 2 items into DUB")
    expect(books).to_be_visible()
    assert available(page, "SCAN-POT") == before["SCAN-POT"], "nothing is booked before it was seen"
    expect(rows.nth(0)).to_contain_text(f"{before['SCAN-POT'] + 10:,}")
    looked_over(page)
    # What changes after it was shown is shown again.
    units(page, "SCAN-LID").fill("6")
    expect(page.get_by_role("button", name="Show what changes")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(rows.nth(1)).to_contain_text(f"{before['SCAN-LID'] + 6:,}")
    books.dblclick()
    expect(page).to_have_url(re.compile(r"/receipts/stk_\w+$"))
    expect(page.locator("#toasts")).to_contain_text("Received 2 items into DUB")
    assert {sku: available(page, sku) for sku in before} == {
        "SCAN-POT": before["SCAN-POT"] + 10,
        "SCAN-LID": before["SCAN-LID"] + 6,
    }


def looked_over(page):
    """A form in the midst of its work is for everybody, too, and no wider than a phone."""
    page.evaluate(AXE)
    found = list(serious(page, {"resultTypes": ["violations"]}))
    page.set_viewport_size(PHONE)
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(DESK)
    assert not found and width <= PHONE["width"], f"{width} pixels wide, {found}"
