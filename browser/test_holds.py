"""Acts on an order by keyboard: hold and release, and what happens when two people, or one twice, do the same."""

import re

from playwright.sync_api import expect

from conftest import PHONE, ask, place


def open_act(page, slug):
    """The order's menu, by its key, and the act in it."""
    page.keyboard.press("e")
    expect(page.locator("#acts")).to_be_visible()
    page.locator(f"#acts a[href$='/{slug}']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#ask")).to_be_visible()
    return page.locator("#ask")


def test_a_hold_on_a_phone_leads_back_to_all_of_them(desk):
    page = desk.open("/holds", PHONE)
    held = place(page, "BR-LEADS-BACK")
    ask(page, f"/orders/{held['id']}/holds", {"kind": "manual", "reason": "to_be_checked"})
    page.goto("/holds")
    page.locator(".hrow", has_text=held["number"]).locator("a").click()
    back = page.get_by_role("link", name="All holds")
    expect(back).to_be_visible()
    top, bar = back.bounding_box()["y"], page.locator(".top").bounding_box()
    assert top >= bar["y"] + bar["height"], "it is not under the bar"


def test_hold_and_release_by_keyboard(desk):
    page = desk.open("/orders")
    number = place(page, "BR-HOLD")["number"]
    page.goto(f"/orders/{number}")
    dialog = open_act(page, "hold")
    # Focus begins on the harmless button; the one that acts is one step further.
    expect(dialog.locator("[data-close]")).to_be_focused()
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Put on hold")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".holdcard h2")).to_have_text("Held by hand")
    expect(page.locator("#toasts")).to_contain_text(number)

    page.keyboard.press("r")
    expect(page.locator("#ask .effect")).to_contain_text("released")
    page.keyboard.press("Escape")
    expect(page.locator("#ask")).not_to_be_visible()
    expect(page.locator(".holdcard")).to_have_count(1)
    page.keyboard.press("r")
    expect(page.locator("#ask [data-close]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text(f"Hold released on {number}")
    expect(page.locator(".holdcard")).to_have_count(0)
    expect(page.locator(".tl")).to_contain_text("released")


def test_the_queue_of_holds_is_worked_off_by_keys(desk):
    page = desk.open("/orders")
    for n in range(2):
        placed = place(page, f"BR-QUEUE-{n}")
        ask(page, f"/orders/{placed['id']}/holds", {"kind": "fraud", "reason": "velocity"})
    page.goto("/holds")
    rows = page.locator("[data-rows] .hrow")
    expect(rows.nth(1)).to_be_visible()
    page.keyboard.press("j")
    second = rows.nth(1).locator("b").inner_text()
    expect(page.locator(".detail .title")).to_contain_text(second)
    page.keyboard.press("r")
    expect(page.locator("#ask h2")).to_contain_text(second)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text(f"Hold released on {second}")
    expect(page.locator(".queue")).not_to_contain_text(second)


def test_a_hold_is_handed_to_a_colleague_by_name(desk, colleague):
    page = desk.open("/orders")
    placed = place(page, "BR-HANDED")
    ask(page, f"/orders/{placed['id']}/holds", {"kind": "manual", "reason": "to_be_checked"})
    page.goto(f"/orders/{placed['number']}")
    page.keyboard.press("h")
    dialog = page.locator("#ask")
    dialog.get_by_label("Who looks at it").select_option(label="Bea Colleague")
    expect(dialog.locator(".effect")).to_contain_text("Bea Colleague")
    dialog.get_by_role("button", name="Hand over").click()
    expect(page.locator("#toasts")).to_contain_text("handed to Bea Colleague")
    expect(page.locator(".holdcard header")).to_contain_text("Bea Colleague")


def test_a_stale_act_is_explained_and_asked_again(desk):
    first = desk.open("/orders")
    placed = place(first, "BR-STALE")
    first.goto(f"/orders/{placed['number']}")
    dialog = open_act(first, "cancel")
    ask(first, f"/orders/{placed['id']}/charges", {"kind": "fee", "amount_minor": 500, "label": "Gift wrap"})
    dialog.get_by_role("button", name="Cancel the order").click()
    expect(dialog.get_by_role("alert")).to_contain_text("This order changed while you looked")
    assert ask(first, f"/orders/{placed['id']}")["lifecycle"] != "cancelled"
    dialog.locator("button.primary").click()
    expect(first.locator(".axes")).to_contain_text("Cancelled")


def test_an_open_dialog_hears_of_anothers_change(desk):
    first, second = desk.open("/orders"), desk.open("/orders")
    placed = place(first, "BR-MEANWHILE")
    first.goto(f"/orders/{placed['number']}")
    expect(first.locator("#live")).to_have_text("Live")
    dialog = open_act(first, "charge")
    dialog.get_by_label("Amount").fill("5.00")
    expect(dialog.locator(".effect")).to_contain_text("€86.98")
    ask(second, f"/orders/{placed['id']}/cancel", {"reason": "customer_request"})
    expect(dialog.get_by_role("alert")).to_contain_text("This order changed meanwhile.")
    expect(dialog.locator(".effect")).to_contain_text("€86.98")
    dialog.get_by_role("button", name="Look again").click()
    expect(dialog.locator("[data-outdated]")).to_have_count(0)
    expect(dialog.get_by_label("Amount")).to_have_value("5.00")
    expect(dialog.locator("[data-effects]")).not_to_contain_text("€86.98")
    # What changed beside it is there once the dialog is closed.
    first.keyboard.press("Escape")
    expect(first.locator(".axes")).to_contain_text("Cancelled")


def test_a_double_click_does_one_act(desk):
    page = desk.open("/orders")
    placed = place(page, "BR-TWICE")
    page.goto(f"/orders/{placed['number']}")
    page.locator("#note input[name=text]").fill("Said once")
    page.locator("#note button").dblclick()
    expect(page.locator(".tl .note", has_text="Said once")).to_have_count(1)

    # Without a script nothing keeps the browser from sending the form twice; its key does.
    plain = desk.open(f"/orders/{placed['number']}/charge", java_script_enabled=False)
    plain.get_by_label("Amount").fill("5.00")
    if plain.get_by_label("Label").count():
        plain.get_by_label("Label").fill("Gift wrap")
    plain.locator("button.primary").click()
    # Nothing was shown of it yet: that comes first.
    expect(plain.locator(".notice")).to_contain_text("Nothing was done yet")
    plain.locator("button.primary").dblclick()
    expect(plain.locator("h1")).to_contain_text(placed["number"])
    assert len(ask(page, f"/orders/{placed['id']}")["charges"]) == 1


def test_going_back_does_nothing_again(desk):
    page = desk.open("/orders")
    placed = place(page, "BR-BACK")
    path = f"/orders/{placed['number']}"
    plain = desk.open(path, java_script_enabled=False)
    plain.goto(f"{path}/hold")
    plain.get_by_role("button", name="Put on hold").click()
    expect(plain.locator(".holdcard")).to_have_count(1)
    plain.go_back()
    plain.go_forward()
    plain.reload()
    expect(plain.locator(".holdcard")).to_have_count(1)
    # The form that was sent is sent again: it is the same act.
    plain.go_back()
    plain.get_by_role("button", name=re.compile("Put on hold")).click()
    assert len(ask(page, f"/orders/{placed['id']}")["holds"]) <= 2


def test_what_one_types_outlives_the_change_of_another(desk):
    first, second = desk.open("/orders"), desk.open("/orders")
    placed = place(first, "BR-TYPING")
    first.goto(f"/orders/{placed['number']}")
    expect(first.locator("#live")).to_have_text("Live")
    note = first.locator("#note input[name=text]")
    note.fill("Half a sent")
    ask(second, f"/orders/{placed['id']}/holds", {"kind": "fraud", "reason": "velocity"})
    expect(first.locator(".holdcard h2")).to_have_text("Fraud review")
    expect(note).to_have_value("Half a sent")
    note.press("End")
    first.keyboard.type("ence")
    first.keyboard.press("Enter")
    expect(first.locator(".tl .note")).to_contain_text("Half a sentence")
