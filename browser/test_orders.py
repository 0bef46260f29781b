"""The list of orders and one order, by keyboard and alive."""

import re

from playwright.sync_api import expect

from conftest import ask, place, sign_in_as


def test_the_palette_finds_what_one_types(desk):
    page = desk.open("/orders")
    number = page.locator("[data-rows] a.id").first.inner_text()
    page.keyboard.press("/")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type(number)
    expect(page.locator("#found li").first).to_contain_text(number)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/orders/{number}$"))
    page.keyboard.press("/")
    page.keyboard.type("birch teap")
    expect(page.locator("#found a[href='/stock/TEAPOT-BIRCH']")).to_contain_text("Birch Teapot")


def test_rows_are_walked_and_opened_by_keys(desk):
    page = desk.open("/orders")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("[data-rows] > tr").nth(1)
    expect(second).to_have_class(re.compile("cur"))
    number = second.locator("a.id").inner_text()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/orders/{number}$"))
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()


def test_an_order_that_arrives_waits_behind_a_bar(desk):
    page = desk.open("/orders")
    expect(page.locator("#live")).to_have_text("Live")
    placed = place(page, "BR-ARRIVES")
    expect(page.locator("[data-arrived]")).to_be_visible()
    assert page.get_by_text(placed["number"], exact=True).count() == 0, "nothing moves under the reader"
    page.keyboard.press(".")
    expect(page.get_by_text(placed["number"], exact=True)).to_be_visible()


def test_two_people_on_one_order_see_each_others_change(desk):
    first = desk.open("/orders")
    placed = place(first, "BR-TWO")
    second = desk.open(f"/orders/{placed['number']}")
    expect(second.locator("#live")).to_have_text("Live")
    ask(first, f"/orders/{placed['id']}/holds", {"kind": "fraud", "reason": "velocity"})
    expect(second.locator(".holdcard h2")).to_have_text("Fraud review")
    expect(second.locator("#toasts .toast")).to_contain_text("Fraud review")


def test_the_palette_does_what_the_page_offers(desk):
    page = desk.open("/orders")
    page.goto(f"/orders/{place(page, 'BR-PALETTE')['number']}")
    page.keyboard.press("/")
    palette = page.locator("#palette")
    box = palette.bounding_box()
    assert box["y"] + box["height"] <= 900, box
    page.keyboard.type("put on hold")
    expect(palette.locator("[data-acts] li:not([hidden])")).to_have_count(1)
    expect(palette.locator(".none")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator("#ask[open]")).to_contain_text("Put on hold")


def test_a_colleague_is_named_in_a_note_and_told_at_once(desk, colleague):
    owner = desk.open("/orders")
    number = place(owner, "BR-NAMED")["number"]
    other = desk.open("/login", anonymous=True)
    sign_in_as(other, colleague)
    other.goto("/orders")
    expect(other.locator("#live")).to_have_text("Live")
    owner.goto(f"/orders/{number}")
    owner.keyboard.press("m")
    owner.keyboard.type("Please call, @bea")
    expect(owner.locator(".options li[aria-selected=true]")).to_have_text("Bea Colleague")
    owner.keyboard.press("Enter")
    expect(owner.get_by_label("Note")).to_have_value("Please call, @Bea Colleague ")
    owner.keyboard.press("Enter")
    expect(owner.locator(".tl .note .at")).to_have_text("@Bea Colleague")
    expect(other.locator("#toasts .toast")).to_contain_text("named you in a note")
    other.goto("/")
    named = other.locator("section", has=other.get_by_role("heading", name="You are named in"))
    expect(named).to_contain_text(number)
    named.get_by_role("button", name="All read").click()
    expect(other.locator("#toasts .toast")).to_contain_text("Taken off your list")
    expect(named).to_have_count(0)


def test_a_colleague_is_offered_on_a_page_that_was_shown_anew_meanwhile(desk, colleague):
    page = desk.open("/orders")
    placed = place(page, "BR-OFFERED")
    page.goto(f"/orders/{placed['number']}")
    expect(page.locator("#live")).to_have_text("Live")
    held = []
    page.route("**/colleagues*", lambda route: held.append(route))
    page.keyboard.press("m")
    with page.expect_request("**/colleagues?q=b"):
        page.keyboard.type("@b")
    ask(page, f"/orders/{placed['id']}/holds", {"kind": "fraud", "reason": "velocity"})
    expect(page.locator(".holdcard h2")).to_have_text("Fraud review")
    for route in held:
        route.continue_()
    expect(page.locator(".options li[aria-selected=true]")).to_have_text("Bea Colleague")


def test_every_choice_says_why_beside_it(desk):
    page = desk.open("/orders")
    placed = place(page, "BR-WHY")
    page.goto(f"/orders/{placed['number']}")
    # The first thing that happened to it was its placing, with its priority.
    page.locator(".tl .whyb").last.evaluate("button => button.click()")
    expect(page.locator(".pop:popover-open")).to_contain_text("It ought to leave by")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="why it stands here").evaluate("button => button.click()")
    expect(page.locator("#why time").first).to_be_visible()
    expect(page.locator("#why")).not_to_contain_text(re.compile(r"\dT\d\d:"))


def test_the_list_is_downloaded_in_both_formats(desk):
    page = desk.open("/orders")
    for code, begins in [("csv", b"Order,Placed (UTC)"), ("xlsx", b"PK")]:
        page.get_by_role("link", name="Export").click()
        dialog = page.locator("dialog[open]")
        dialog.get_by_label("Format").select_option(code)
        with page.expect_download() as download:
            dialog.get_by_role("button", name="Export").click()
        with open(download.value.path(), "rb") as file:
            assert file.read(len(begins)) == begins
        page.goto("/orders")


def test_states_are_never_cut(desk):
    page = desk.open("/orders")
    cut = """() => {
        const cell = document.querySelector("td.c-payment");
        const states = ["Partially authorized", "Partially refunded"].map((words) => {
            cell.innerHTML = `<span class="st"><svg class="g"></svg>${words}</span>`;
            return [words, cell.scrollWidth > cell.clientWidth];
        });
        return states.filter(([, isCut]) => isCut).map(([words]) => words);
    }"""
    for width in (1440, 1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(cut) == [], width


def test_orders_are_filtered_without_a_script(desk):
    page = desk.open("/orders", java_script_enabled=False)
    page.get_by_label("Lifecycle").select_option("cancelled")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page).to_have_url(re.compile("lifecycle=cancelled"))


def test_the_theme_is_kept(desk):
    page = desk.open("/orders")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_more_columns_than_fit_scroll_within_the_list(desk):
    page = desk.open("/orders/columns")
    for box in page.locator("input[name=column]").all():
        box.check()
    page.get_by_role("button", name="Show these").click()
    expect(page.locator("thead th.c-returns")).to_be_attached()
    head, row = (page.locator(place).first.bounding_box() for place in ("thead th.c-placed", "tbody tr"))
    assert head["y"] + head["height"] <= row["y"] + 1, "the head covers no order"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page itself stays"
    page.goto("/orders/columns")
    page.get_by_role("button", name="The usual ones").click()
    expect(page.locator("thead th.c-returns")).to_have_count(0)


def test_a_menu_is_walked_by_arrows_and_the_palette_closes_at_once(desk):
    page = desk.open("/orders")
    page.goto(f"/orders/{place(page, 'BR-MENU')['number']}")
    page.keyboard.press("e")
    acts = page.locator("#acts a")
    expect(acts.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(acts.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(acts.last).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#acts")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("linen")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
