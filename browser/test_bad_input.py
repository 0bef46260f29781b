"""Hostile text, foreign ids, and browsers without a script."""

import re

import pytest
from playwright.sync_api import expect

from conftest import PHONE, Desk, ask, place

HOSTILE = "<script>window.hacked = true</script><img src=x onerror='window.hacked = true'> \"'&amp; \u202eevil\u202c שלום"
#: As much as a name may have.
LONG = ("Wollhandschuhmanufaktur" * 20)[:200]


@pytest.fixture(scope="module")
def hostile_order(browser, signed_in):
    desk = Desk(browser, signed_in)
    page = desk.open("/about")
    item = ask(page, "/items/HOSTILE-1", {"name": HOSTILE}, "PUT")
    assert item["name"] == HOSTILE
    ask(page, "/items/LONG-1", {"name": LONG, "supply": "untracked"}, "PUT")
    ask(page, "/customers/HOSTILE", {"name": HOSTILE, "company": LONG, "email": "hostile@example.org"}, "PUT")
    lines = [
        {"sku": "HOSTILE-1", "quantity": 1, "unit_price_minor": 100},
        {"sku": "LONG-1", "quantity": 9_999, "unit_price_minor": 9_999_999},
    ]
    where = {"name": HOSTILE, "company": LONG, "line1": HOSTILE, "line2": LONG, "city": LONG, "country": "IE"}
    placed = place(
        page, "BR-<b>&\"'", lines, customer={"code": "HOSTILE"}, ship_to=where, instructions=HOSTILE, po_number="<i>po</i>"
    )
    ask(page, f"/orders/{placed['id']}/notes", {"text": HOSTILE})
    ask(page, f"/orders/{placed['id']}/holds", {"kind": "manual", "reason": "to_be_checked", "note": HOSTILE})
    desk.close()
    return placed


def test_hostile_text_is_shown_as_text_everywhere(desk, hostile_order):
    number = hostile_order["number"]
    page = desk.open(f"/orders/{number}")
    portal = page.locator("a[href^='/o/']").get_attribute("href")
    shows_it = "<script>window.hacked"
    for path in (
        f"/orders/{number}",
        "/orders",
        "/holds",
        "/board",
        "/search?q=hostile",
        "/items",
        "/items/HOSTILE-1",
        "/items?text=%3Cscript%3E",
        "/stock?text=hostile",
        "/stock/HOSTILE-1",
        "/customers/HOSTILE",
        "/customers/HOSTILE/change",
        "/customers?search=hostile",
        "/backorders",
        "/audit?user=all",
        f"/orders/{number}/cancel",
        f"/orders/{number}/cancel-line/1",
        "/orders?external_ref=%3Cscript%3Ewindow.hacked",
        portal,
    ):
        page.goto(path)
        assert page.evaluate("window.hacked") is None, path
        assert page.locator("main script, main img[src=x], main b b").count() == 0, path
        if path not in ("/audit?user=all", "/backorders", "/items", f"/orders/{number}/cancel"):
            assert shows_it in page.locator("main").evaluate(
                "main => main.innerText + [...main.querySelectorAll('input, textarea')].map(one => one.value).join()"
            ), path
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        page.set_viewport_size({"width": 1440, "height": 900})


def test_hostile_text_is_found_and_offered_as_text(desk, hostile_order):
    page = desk.open("/orders/new")
    page.locator("[data-combo=items] input").fill("hostile")
    expect(page.locator("#items-found li").first).to_contain_text("<script>window.hacked")
    page.keyboard.press("Enter")
    expect(page.locator("[data-lines] [data-name]").first).to_contain_text("<script>window.hacked")
    page.locator("[data-combo=customers] input").fill("hostile")
    expect(page.locator("#customers-found li").first).to_contain_text("<script>window.hacked")
    page.locator("[data-combo=customers] input").press("Enter")
    expect(page.locator('[name="customer.name"]')).to_have_value(HOSTILE)
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("[data-lines] [data-name]").first).to_contain_text("<script>window.hacked")
    page.goto("/orders")
    page.keyboard.press("/")
    page.keyboard.type("hostile")
    expect(page.locator("#found li").first).to_contain_text("<script>window.hacked")
    assert page.evaluate("window.hacked") is None


def test_a_text_without_end_is_refused_and_kept(desk):
    page = desk.open("/orders")
    number = place(page, "BR-ENDLESS")["number"]
    page.goto(f"/orders/{number}/hold")
    note = page.get_by_label("Note")
    note.evaluate("field => { field.removeAttribute('maxlength'); field.value = 'x'.repeat(10000); }")
    page.get_by_role("button", name="Put on hold").click()
    expect(page.locator(".err").first).to_contain_text("longer than")
    assert len(page.get_by_label("Note").input_value()) == 10_000
    page.goto(f"/orders/{number}")
    expect(page.locator(".holdcard")).to_have_count(0)


@pytest.mark.parametrize(
    "path",
    [
        "/orders/W-999999999",
        "/orders/ord_01m81wdqv8ejs8mk5da7tt6000",
        "/orders/'%20OR%201=1",
        "/orders/W-100001/no-such-act",
        "/orders/W-100001/cancel-line/999",
        "/pick/ful_nonsense",
        "/pack/ful_01m81wdqv8ejs8mk5da7tt6000.1",
        "/stock/NO-SUCH-SKU",
        "/items/NO-SUCH-SKU",
        "/customers/NOBODY",
        "/transfers/trf_nonsense",
        "/receipts/nonsense",
        "/settings/channels/nothing",
        "/settings/locations/nothing",
        "/settings/webhooks/nothing",
        "/settings/users/usr_nobody",
        "/o/nobody-made-this-link",
        "/board/move?card=ord_nonsense&to=confirmed",
        "/nowhere",
    ],
)
def test_what_is_not_there_says_so(desk, path):
    page = desk.open("/about")
    answer = page.goto(path)
    assert answer.status in (400, 404), answer.status
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("main")).not_to_contain_text(re.compile("panic|SELECT|sqlite", re.IGNORECASE))
    assert page.locator("main a[href='/'], main form").count() > 0 or path.startswith("/o/")


def test_the_work_goes_on_without_a_script(desk):
    page = desk.open("/orders", java_script_enabled=False)
    page.locator("[data-rows] a.id").first.click()
    expect(page.locator("h1")).to_contain_text("W-")
    page.goto("/orders/new")
    page.locator('[name="lines[0].sku"]').fill("TEAPOT-STEEL")
    page.locator('[name="lines[0].quantity"]').fill("2")
    page.locator('[name="customer.name"]').fill("No Script")
    page.get_by_role("button", name="Place order").click()
    # A price is missing: it is said beside its line, and nothing typed is lost.
    expect(page.locator("#problems")).to_be_visible()
    expect(page.locator('[name="customer.name"]')).to_have_value("No Script")
    page.locator('[name="lines[0].unit_price"]').fill("68.19")
    page.get_by_label("Taken along").check()
    page.get_by_role("button", name="Place order").click()
    expect(page.locator("h1")).to_contain_text("W-")
    expect(page.locator(".toast")).to_contain_text("Placed W-")
    path = page.url.partition("?")[0]

    page.locator("#note input[name=text]").fill("By hand")
    page.locator("#note button").click()
    expect(page.locator(".tl .note")).to_contain_text("By hand")
    page.goto(f"{path}/cancel")
    expect(page.locator(".effect")).to_contain_text("Cancelled")
    page.get_by_role("button", name="Cancel the order").click()
    expect(page.locator(".axes")).to_contain_text("Cancelled")


def test_everything_is_reached_on_a_phone_without_a_script(desk):
    page = desk.open("/", PHONE, java_script_enabled=False)
    for name, path in (("Customers", "/customers"), ("Reports", "/reports"), ("Settings", "/settings"), ("Account", "/account")):
        page.get_by_role("button", name="More").click()
        page.locator("#places").get_by_role("link", name=name).click()
        expect(page).to_have_url(re.compile(f"{path}$"))
