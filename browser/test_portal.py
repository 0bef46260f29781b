"""What a customer sees, without signing in."""

from playwright.sync_api import expect

from conftest import PHONE, place


def test_a_customer_follows_and_cancels_an_order(desk):
    staff = desk.open("/orders")
    placed = place(staff, "BR-PORTAL")
    staff.goto(f"/orders/{placed['number']}")
    link = staff.locator("a[href^='/o/']").get_attribute("href")
    page = desk.open(link, PHONE, anonymous=True)
    expect(page.locator("h1")).to_contain_text("Your order is confirmed")
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator("h1")).to_contain_text("Ihre Bestellung ist bestätigt")
    page.get_by_role("link", name="Bestellung stornieren").click()
    page.get_by_role("button", name="Bestellung stornieren").click()
    expect(page.locator("h1")).to_contain_text("storniert")
    staff.reload()
    expect(staff.locator(".axes")).to_contain_text("Cancelled")


def test_a_link_with_a_letter_changed_shows_nothing(desk):
    staff = desk.open("/orders")
    staff.goto(staff.locator("[data-rows] a.id").first.get_attribute("href"))
    link = staff.locator("a[href^='/o/']").get_attribute("href")
    wrong = link[:-1] + ("a" if link[-1] != "a" else "b")
    page = desk.open(wrong, anonymous=True)
    expect(page.locator("h1")).to_have_text("There is no order behind this link")
