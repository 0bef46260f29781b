"""Signing in, and what happens to work when somebody was signed out in the middle of it."""

import re

from playwright.sync_api import expect

from conftest import PASSWORD, ask, give_password, place, sign_in_as


def sign_out_behind_the_back_of(page):
    page.context.clear_cookies(name="waybill")


def test_a_wrong_password_is_told_and_a_right_one_lets_in(desk, colleague):
    page = desk.open("/stock", anonymous=True)
    expect(page.locator("h1")).to_have_text("Sign in")
    give_password(page, colleague, "not my words at all")
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    expect(page.get_by_label("Email")).to_have_value(colleague)
    expect(page.get_by_label("Password")).to_be_focused()
    give_password(page, colleague)
    # On to where one wanted to go in the first place.
    expect(page).to_have_url(re.compile("/stock$"))


def test_whoever_guesses_is_told_how_long_to_wait(desk):
    page = desk.open("/login", anonymous=True)
    for _ in range(6):
        give_password(page, "stranger@example.org", "a guess of ten letters")
        expect(page.get_by_role("alert")).to_contain_text("do not match")
    give_password(page, "stranger@example.org", "a guess of ten letters")
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Too many tries. The next is possible in \d+ s."))


def test_an_order_typed_while_signed_out_is_kept(desk, colleague):
    page = desk.open("/login", anonymous=True)
    sign_in_as(page, colleague)
    page.goto("/orders/new")
    page.locator("[data-combo=items] input").fill("steel teapot")
    expect(page.locator("#items-found li[aria-selected=true]")).to_be_visible()
    page.keyboard.press("Enter")
    page.locator('[name="lines[0].unit_price"]').fill("68.19")
    page.locator('[name="customer.name"]').fill("Éva “Kept” O’Neil & <sons>")
    page.locator('[name="external_ref"]').fill("BR-KEPT")
    page.get_by_label("Taken along").check()
    sign_out_behind_the_back_of(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notice")).to_contain_text("signed out")
    give_password(page, colleague, "wrong for the first time")
    expect(page.get_by_role("alert")).to_be_visible()
    give_password(page, colleague)
    expect(page.locator("h1")).to_have_text("You are signed in again")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/orders/W-\d+$"))
    expect(page.locator("main")).to_contain_text("Éva “Kept” O’Neil & <sons>")
    expect(page.locator("main")).to_contain_text("BR-KEPT")


def test_an_act_begun_while_signed_out_is_kept(desk, colleague):
    page = desk.open("/login", anonymous=True)
    sign_in_as(page, colleague)
    number = place(page, "BR-KEPT-ACT")["number"]
    page.goto(f"/orders/{number}")
    page.locator("#acts a[href$='/hold']").evaluate("link => link.click()")
    dialog = page.locator("#ask")
    dialog.get_by_label("Note").fill("Call before noon")
    sign_out_behind_the_back_of(page)
    dialog.get_by_role("button", name="Put on hold").click()
    expect(page.locator(".notice")).to_contain_text("signed out")
    give_password(page, colleague)
    page.get_by_role("button", name="Go on where you were").click()
    expect(page).to_have_url(re.compile(f"/orders/{number}$"))
    expect(page.locator(".holdcard")).to_contain_text("Call before noon")
    assert len(ask(page, f"/orders/{number}")["holds"]) == 1


def test_a_colleague_without_the_right_is_told_so(desk):
    owner = desk.open("/orders")
    number = place(owner, "BR-NO-RIGHT")["number"]
    link = ask(owner, "/users", {"name": "Vic Viewer", "email": "vic@example.org", "role": "viewer"})["link"]
    page = desk.open(link, anonymous=True)
    # A password that is too short is told beside its field, not by the browser.
    page.get_by_label("New password").fill("short")
    page.get_by_label("The same again").fill("short")
    page.keyboard.press("Enter")
    expect(page.locator(".err")).to_contain_text("10 to 200 characters")
    expect(page.get_by_label("New password")).to_be_focused()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".rail")).to_contain_text("Vic Viewer")
    page.goto(f"/orders/{number}")
    expect(page.locator("#acts")).to_have_count(0)
    expect(page.get_by_role("link", name="New order")).to_have_count(0)
    page.goto(f"/orders/{number}/hold")
    expect(page.locator("main")).to_contain_text("You may not place and change orders")
