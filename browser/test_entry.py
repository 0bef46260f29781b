"""A clerk's order by keyboard alone, and what happens when something is wrong with it."""

import re

from playwright.sync_api import expect


def type_slowly(page, text):
    page.keyboard.type(text, delay=15)


def add_item(page, text):
    """As fast as a clerk who does not wait for the offers: what was typed to the end is what is taken."""
    there = page.locator("[data-lines] tr").count()
    type_slowly(page, text)
    page.keyboard.press("Enter")
    expect(page.locator("[data-lines] tr")).to_have_count(there + 1)


def test_an_order_by_keyboard_alone(desk):
    page = desk.open("/orders")
    page.keyboard.press("n")
    expect(page.locator("[data-combo=customers] input")).to_be_focused()
    type_slowly(page, "an")
    expect(page.locator("#customers-found li[aria-selected=true]")).to_be_visible()
    page.keyboard.press("Enter")
    items = page.locator("[data-combo=items] input")
    expect(items).to_be_focused()
    add_item(page, "2*birch teapot")
    expect(page.locator('[name="lines[0].unit_price"]')).to_be_focused()
    type_slowly(page, "40.99")
    page.keyboard.press("Enter")
    expect(items).to_be_focused()
    expect(page.locator("[data-total]")).to_have_text("81.98")

    # A price is missing: it is said beside the line, and nothing typed is lost.
    add_item(page, "ash cushion")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#problems")).to_be_focused()
    expect(page.locator("tr.wrong")).to_have_count(1)
    assert page.locator('[name="lines[0].unit_price"]').input_value() == "40.99"
    page.locator('[name="lines[1].unit_price"]').focus()
    type_slowly(page, "45.89")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/orders/W-\d+$"))
    expect(page.locator("#toasts")).to_contain_text("Placed W-")
    expect(page.locator("table.lines tbody tr")).to_have_count(2)


def test_a_draft_outlives_a_reload_and_ends_with_the_order(desk):
    page = desk.open("/orders/new")
    page.locator("[data-combo=items] input").focus()
    add_item(page, "steel teapot")
    page.locator('[name="customer.name"]').fill("Somebody New")
    page.reload()
    expect(page.locator('[name="customer.name"]')).to_have_value("Somebody New")
    expect(page.locator('[name="lines[0].sku"]')).to_have_value("TEAPOT-STEEL")
    page.locator('[name="lines[0].unit_price"]').fill("68.19")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/orders/W-\d+$"))
    page.goto("/orders/new")
    expect(page.locator('[name="customer.name"]')).to_have_value("")


def test_a_pasted_list_becomes_lines(desk):
    page = desk.open("/orders/new", permissions=["clipboard-read", "clipboard-write"])
    rows = "\n".join(["TEAPOT-BIRCH\t3\t40.99", "CUSHION-ASH\t1\t45.89"] * 250)
    page.evaluate("text => navigator.clipboard.writeText(text)", rows)
    page.locator("[data-combo=items] input").focus()
    page.keyboard.press("Control+V")
    expect(page.locator("[data-lines] tr")).to_have_count(500)
    page.locator('[name="customer.name"]').fill("Long List")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/orders/W-\d+$"))
    expect(page.locator("main")).to_contain_text("500 lines")


def test_a_pasted_list_with_a_wrong_line_is_kept_and_says_which(desk):
    page = desk.open("/orders/new", permissions=["clipboard-read", "clipboard-write"])
    rows = ["TEAPOT-BIRCH\t3\t40.99"] * 40 + ["NO-SUCH-THING\t1\t1.00"] + ["CUSHION-ASH\tmany\t45.89"]
    page.evaluate("text => navigator.clipboard.writeText(text)", "\n".join(rows))
    page.locator("[data-combo=items] input").focus()
    page.keyboard.press("Control+V")
    expect(page.locator("[data-lines] tr")).to_have_count(42)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#problems")).to_be_focused()
    expect(page.locator("[data-lines] tr")).to_have_count(42)
    expect(page.locator("[data-lines] tr.wrong")).not_to_have_count(0)
    expect(page.locator('[name="lines[41].quantity"]')).to_have_value("many")


def test_a_double_click_places_one_order(desk):
    page = desk.open("/orders/new")
    page.locator("[data-combo=items] input").focus()
    add_item(page, "steel teapot")
    page.locator('[name="lines[0].unit_price"]').fill("68.19")
    page.locator('[name="external_ref"]').fill("BR-DOUBLE")
    page.locator("form#entry button[type=submit]").dblclick()
    expect(page).to_have_url(re.compile(r"/orders/W-\d+$"))
    page.goto("/orders?external_ref=BR-DOUBLE")
    expect(page.locator("[data-rows] tr")).to_have_count(1)
