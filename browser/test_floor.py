"""The warehouse floor on a phone: pick, pack and ship with a scanner, also where the connection is cut."""

import re

import pytest
from playwright.sync_api import expect

from conftest import PHONE, ask, place

LINES = [
    {"sku": "SCAN-POT", "quantity": 2, "unit_price_minor": 4099},
    {"sku": "SCAN-LID", "quantity": 1, "unit_price_minor": 459},
]

pytestmark = pytest.mark.usefixtures("teapots_to_scan")


def scan(page, code):
    """A wedge scanner types fast and presses Enter, wherever the focus is."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def leave_the_field(page):
    """The field for a scan has the focus once the page stands; keys are for the rows when it was left."""
    expect(page.locator("#order")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#order")).not_to_be_focused()


def released(page, reference, lines=LINES):
    """An order with work for one location: its number and the id of the work."""
    number = place(page, reference, lines, channel="web")["number"]
    # The order's own page says when it was released.
    page.goto(f"/orders/{number}")
    expect(page.locator(".tl")).to_contain_text("Released to")
    work = [one for one in ask(page, "/fulfillment-orders?limit=200")["data"] if one["order_number"] == number]
    assert len(work) == 1, "one location has all of it"
    return number, work[0]["id"]


def await_units(page, work, state, number):
    """Waits until the server has so many units in a state: the page goes on before it has been answered."""
    page.wait_for_function(
        """async ([work, state, number]) => {
            const answer = await fetch(`/api/v1/fulfillment-orders/${work}`);
            return (await answer.json()).lines.reduce((sum, line) => sum + line[state], 0) === number;
        }""",
        arg=[work, state, number],
        polling=100,
    )


def test_pick_pack_and_ship_with_a_scanner(desk):
    page = desk.open("/pick?location=all", PHONE, has_touch=True)
    number, work = released(page, "BR-FLOOR")
    page.goto("/pick?location=all")
    # A queue has keys of its own, so what is scanned goes to its field, which has the focus once the page stands.
    expect(page.locator("#order")).to_be_focused()
    scan(page, number)
    expect(page).to_have_url(re.compile(f"/pick/{work}"))
    heard = page.locator("#heard")

    scan(page, "TEAPOT-STEEL")
    expect(heard).to_have_class(re.compile("wrong"))
    expect(heard).to_contain_text("Not in this order")
    expect(heard).to_contain_text("That was TEAPOT-STEEL")
    scan(page, "no such code")
    expect(heard).to_contain_text("No item has the code no such code")
    for _ in range(2):
        scan(page, "SCAN-POT")
    expect(heard).to_have_class(re.compile("right"))
    scan(page, "SCAN-LID")
    expect(page.locator("[data-finished]")).to_contain_text("Everything is picked")
    page.get_by_role("link", name=f"Pack {number}").click()
    expect(page).to_have_url(re.compile(f"/pack/{work}"))
    # What is scanned before the page listens goes nowhere.
    expect(page.locator("[data-scan]")).to_be_visible()

    # Barcodes do as well as SKUs: plain ones of 13 digits, and those that a GS1 scanner sends.
    for code in ("4006381333931", "]d20105901234123457", "SCAN-LID"):
        scan(page, code)
    expect(heard).to_contain_text("One too many")
    expect(page.locator("[data-primary]")).to_contain_text("1 unit and the weight missing")
    scan(page, "SCAN-POT")
    page.get_by_label("Weight").fill("abc")
    expect(page.locator("[data-primary]")).to_contain_text("the weight missing")
    page.get_by_label("Weight").fill("2.4")
    page.locator("[data-primary]").click()
    page.get_by_role("link", name=f"Ship {number}").click()

    page.get_by_label("Carrier").fill("An Post")
    row = page.locator("[data-parcel]", has_text=number)
    row.get_by_role("button", name="Ship").click()
    expect(heard).to_contain_text("No tracking number")
    expect(row).to_be_visible()
    # Whoever scans on has the scan field again after a click beside everything.
    page.locator("h1").click()
    expect(page.locator("#find")).to_be_focused()
    scan(page, number)
    scan(page, "TR-0000-1")
    expect(page.locator(".track")).to_have_value("TR-0000-1")
    page.locator("[data-primary]").click()
    expect(page.locator("#work")).to_contain_text("left")
    page.goto(f"/orders/{number}")
    expect(page.locator(".axes")).to_contain_text("Fulfilled")
    expect(page.locator("table.parcels")).to_contain_text("TR-0000-1")


def packed(page, reference):
    """An order of one parcel that waits for its carrier: its number."""
    number, work = released(page, reference, LINES[1:])
    page.goto(f"/pick/{work}")
    scan(page, "SCAN-LID")
    page.get_by_role("link", name=f"Pack {number}").click()
    expect(page.locator("[data-scan]")).to_be_visible()
    scan(page, "SCAN-LID")
    page.get_by_label("Weight").fill("0.85")
    page.locator("[data-primary]").click()
    expect(page.get_by_role("link", name=f"Ship {number}")).to_be_visible()
    return number


def test_parcels_are_shipped_by_scans_alone(desk):
    page = desk.open("/pick?location=all")
    number, other = packed(page, "BR-SCAN-1"), packed(page, "BR-SCAN-2")
    page.goto("/ship?location=all")
    heard, find = page.locator("#heard"), page.locator("#find")
    row = page.locator("[data-parcel]", has_text=number)
    expect(find).to_be_focused()
    scan(page, number)
    expect(row.locator(".check")).to_be_checked()
    expect(row.locator(".track")).to_be_focused()
    expect(heard).to_have_class(re.compile("right"))
    expect(heard).to_contain_text("Now scan its tracking number")
    # The number of an order is no tracking number.
    scan(page, other)
    expect(heard).to_have_class(re.compile("wrong"))
    expect(heard).to_contain_text("That is an order")
    expect(row.locator(".track")).to_have_value("")
    scan(page, "TRK123")
    expect(row.locator(".track")).to_have_value("TRK123")
    expect(find).to_be_focused()
    scan(page, "TRK123")
    expect(heard).to_contain_text("No parcel of TRK123")
    # With the focus nowhere a scan is no row of keys: n would begin a new order.
    page.keyboard.press("Escape")
    expect(find).not_to_be_focused()
    scan(page, f"nnn{other}".lower())
    expect(heard).to_contain_text(f"No parcel of nnn{other.lower()}")
    expect(page).to_have_url(re.compile("/ship"))
    page.locator("[data-primary]").click()
    expect(heard).to_contain_text("1 parcel")
    expect(row).to_be_hidden()


def test_a_scan_where_the_focus_is_nowhere_opens_its_work(desk):
    page = desk.open("/pick?location=all")
    number, work = released(page, "BR-NOWHERE")
    page.goto("/pick?location=all")
    leave_the_field(page)
    scan(page, number.lower())
    expect(page).to_have_url(re.compile(f"/pick/{work}"))


def test_a_weight_that_does_not_agree_is_asked_about_once(desk):
    page = desk.open("/pick?location=all", PHONE)
    number, work = released(page, "BR-WEIGHT")
    page.goto(f"/pick/{work}")
    for code in ("SCAN-POT", "SCAN-POT", "SCAN-LID"):
        scan(page, code)
    page.get_by_role("link", name=f"Pack {number}").click()
    expect(page.locator("[data-scan]")).to_be_visible()
    for code in ("SCAN-POT", "SCAN-POT", "SCAN-LID"):
        scan(page, code)
    weight, said, close = page.get_by_label("Weight"), page.locator("#weight-said"), page.locator("[data-primary]")
    # What was scanned and where the next scan goes are in view, however many lines there are.
    for part in ("#heard", "[data-scan]"):
        box, bar = page.locator(part).bounding_box(), page.locator(".floor > footer").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= bar["y"], f"{part}: {box} under {bar}"
    expect(page.locator("[data-expected-box]")).to_contain_text("2.40 kg")
    expect(page.locator("[data-expected-box]")).to_contain_text("± 0.24 kg")
    weight.fill("abc")
    expect(said).to_be_hidden()
    weight.blur()
    expect(said).to_contain_text("This is no weight")
    weight.fill("2,6")
    expect(said).to_be_hidden()
    weight.fill("12,4")
    weight.blur()
    expect(said).to_contain_text("12.40 kg is 10.00 kg more than expected")
    close.click()
    expect(page.locator("#heard")).to_contain_text("The weight does not agree")
    expect(close).to_have_text("Close anyway")
    # Another weight is asked about anew.
    weight.fill("1.1")
    expect(close).to_have_text("Close parcel")
    close.click()
    expect(said).to_contain_text("1.30 kg less than expected")
    close.click()
    expect(page.get_by_role("link", name=f"Ship {number}")).to_be_visible()
    assert ask(page, f"/fulfillment-orders/{work}")["parcels"][0]["weight_g"] == 1100


def test_scans_without_a_connection_are_kept_and_sent_once(desk):
    page = desk.open("/pick?location=all", PHONE)
    number, work = released(page, "BR-CUT")
    page.goto(f"/pick/{work}")
    band = page.locator("#waiting")
    page.context.set_offline(True)
    scan(page, "SCAN-POT")
    scan(page, "SCAN-POT")
    expect(band).to_contain_text("No connection")
    expect(band).to_contain_text("2 scans wait and will be sent")
    scan(page, "SCAN-LID")
    expect(band).to_contain_text("3 scans wait and will be sent")
    expect(page.locator("[data-finished]")).to_be_visible()
    band.get_by_role("button", name="Look").click()
    expect(page.locator("#scans li")).to_have_count(2)
    page.keyboard.press("Escape")
    page.context.set_offline(False)
    expect(band).to_be_hidden()
    expect(page.locator("[data-finished]")).to_be_visible()
    await_units(page, work, "picked", 3)
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('scan:')).length") == 0
    page.goto(f"/orders/{number}")
    expect(page.locator("table.lines")).to_contain_text("2 picked")


KEPT = """async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith("floor/"));
    const pages = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map((one) => one.url)));
    return pages.flat().map((url) => url.replace(location.origin, ""));
}"""


def until_kept(page, path):
    """Waits until the worker keeps a page; all that it keeps."""
    page.wait_for_function(f"async (path) => (await ({KEPT})()).includes(path)", arg=path)
    return page.evaluate(KEPT)


def test_a_page_that_is_loaded_again_without_a_connection_is_the_one_that_was_kept(desk_behind_line, line):
    page = desk_behind_line.open("/pick?location=all", PHONE)
    number, work = released(page, "BR-KEPT")
    page.goto("/pick?location=all")
    until_kept(page, "/pick?location=all")
    page.goto(f"/pick/{work}")
    until_kept(page, f"/pick/{work}")
    band = page.locator("#waiting")
    line.cut(page)
    page.reload()
    expect(page.locator("h1")).to_have_text(number)
    expect(band).to_contain_text(re.compile(r"No connection, as of \d\d:\d\d\."))
    scan(page, "SCAN-POT")
    scan(page, "SCAN-POT")
    expect(band).to_contain_text("2 scans wait and will be sent")
    # A phone that throws the page away does not throw the scans away.
    page.reload()
    expect(band).to_contain_text("2 scans wait and will be sent")
    scan(page, "SCAN-LID")
    expect(page.locator("[data-finished]")).to_be_visible()
    page.locator("header a").first.click()
    expect(page.locator("#list")).to_contain_text(number)
    expect(band).to_contain_text("3 scans wait and will be sent")
    page.go_back()
    expect(page.locator("h1")).to_have_text(number)
    line.mend(page)
    expect(band).to_be_hidden()
    expect(page.locator("[data-finished]")).to_be_visible()
    assert page.locator("body").get_attribute("data-as-of") is None, "it is true again"
    await_units(page, work, "picked", 3)
    picks = [one for one in ask(page, f"/orders/{number}/timeline")["data"] if "pick.completed" in str(one)]
    assert len(picks) == 2, "each booking was done once"
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('scan:')).length") == 0


def test_kept_pages_are_of_the_floor_alone_and_of_one_person(desk_behind_line, line):
    page = desk_behind_line.open("/pick?location=all", PHONE)
    number, work = released(page, "BR-WHO")
    page.goto(f"/pick/{work}")
    until_kept(page, f"/pick/{work}")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Print the pick list").click()
    page.goto(f"/orders/{number}")
    page.goto("/account")
    # Somebody else's, of before.
    page.evaluate("caches.open('floor/user:somebody').then((cache) => cache.put('/pick/theirs', new Response('theirs')))")
    page.goto("/pick?location=all")
    kept = until_kept(page, "/pick?location=all")
    assert set(kept) <= {"/pick", "/pick?location=all", f"/pick/{work}"}, kept
    # Signed out, whoever takes the phone sees none of it. No page of the floor is open to hear of it.
    page.goto("/about")
    page.context.clear_cookies()
    page.goto("/account")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.wait_for_function(f"async () => (await ({KEPT})()).length === 0")
    line.cut(page)
    with pytest.raises(Exception, match="ERR_"):
        page.goto(f"/pick/{work}")


def test_a_booking_whose_answer_was_lost_is_not_done_twice(desk):
    page = desk.open("/pick?location=all", PHONE)
    _, work = released(page, "BR-LOST")
    page.goto(f"/pick/{work}")
    lost = []

    def lose_the_first_answer(route):
        if lost or route.request.method != "POST":
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route(f"**/pick/{work}", lose_the_first_answer)
    scan(page, "SCAN-POT")
    scan(page, "SCAN-POT")
    expect(page.locator("#waiting")).to_contain_text("2 scans wait")
    page.get_by_role("button", name="Look").click()
    page.get_by_role("button", name="Send now").click()
    page.keyboard.press("Escape")
    expect(page.locator("#waiting")).to_be_hidden()
    assert lost == [204], "the server had done it"
    await_units(page, work, "picked", 2)


def test_a_short_pick_is_booked_with_its_reason(desk):
    page = desk.open("/pick?location=all", PHONE)
    _, work = released(page, "BR-SHORT")
    page.goto(f"/pick/{work}")
    scan(page, "SCAN-POT")
    page.locator("[data-short]").click()
    page.get_by_role("button", name="Close, nothing is short").click()
    expect(page.get_by_role("button", name="Damaged")).to_be_hidden()
    page.locator("[data-short]").click()
    page.get_by_role("button", name="Damaged").click()
    expect(page.locator("#heard")).to_contain_text("damaged")
    expect(page.locator("[data-where]")).to_contain_text("Stop")
    await_units(page, work, "picked", 1)


def test_work_is_taken_by_a_key_and_handed_over_by_name(desk):
    page = desk.open("/pick?location=all")
    released(page, "BR-WHOSE")
    page.goto("/pick?location=all")
    leave_the_field(page)
    page.keyboard.press("j")
    number = page.locator("tr.cur .id").inner_text()
    page.keyboard.press("c")
    expect(page.locator("#toasts")).to_contain_text(f"{number} is yours now")
    page.get_by_role("link", name="Mine").click()
    expect(page.locator("[data-rows] tr")).to_have_count(1)
    leave_the_field(page)
    page.keyboard.press("j")
    expect(page.locator("tr.cur .id")).to_have_text(number)
    page.keyboard.press("h")
    dialog = page.locator("#ask")
    dialog.get_by_label("Who works on it").select_option("warehouse")
    dialog.get_by_role("button", name="Hand over").click()
    expect(page.locator("#toasts")).to_contain_text(f"{number} is with warehouse now")
    expect(page.locator("#list")).to_contain_text("Nothing of yours to pick")
