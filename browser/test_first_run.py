"""A shop from nothing: somebody becomes its owner, sees what to do first, and comes back with the password."""

import re

from playwright.sync_api import expect

from conftest import PASSWORD, give_password

#: What every empty page says, and where it leads first.
EMPTY = [
    ("/orders", "No orders yet", "/orders/new"),
    ("/holds", "Nothing is held", "/orders"),
    ("/pick", "Nothing to pick", None),
    ("/pack", "Nothing to pack", "/pick"),
    ("/ship", "No parcel waits", "/pack"),
    ("/backorders", "Nothing waits", None),
    ("/stock", "Nothing is kept in stock yet", "/items"),
    ("/receipts", "Nothing was booked by hand yet", "/stock"),
    ("/transfers", "No transfer yet", "/stock"),
    ("/items", "No items yet", "/items/new"),
    ("/customers", "No customer", "/customers/new"),
    ("/settings/channels", "None yet", "/settings/channels/new"),
    ("/settings/locations", "None yet", "/settings/locations/new"),
    ("/settings/webhooks", "No webhook yet", "/settings/webhooks/new"),
]


def become_owner(page):
    page.get_by_label("Your name").fill("Ida First")
    page.get_by_label("Email").fill("ida@example.org")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill("something else entirely")
    page.keyboard.press("Enter")
    expect(page.locator(".err")).to_have_count(1)
    expect(page.get_by_label("Your name")).to_have_value("Ida First")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".rail")).to_contain_text("Ida First")


def test_a_first_owner_sets_the_shop_up_and_signs_in(empty_shop):
    page = empty_shop.open("/login")
    expect(page).to_have_url(re.compile("/setup$"))
    become_owner(page)
    # The shop is somebody's now: nobody else sets it up, or sees it.
    stranger = empty_shop.open("/setup", anonymous=True)
    expect(stranger.locator("h1")).to_have_text("Sign in")
    page.goto("/account")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    give_password(page, "ida@example.org")
    expect(page.locator(".setup li")).not_to_have_count(0)


def test_empty_pages_say_what_to_do_first(empty_shop):
    page = empty_shop.open("/setup")
    become_owner(page)
    for path, words, leads_to in EMPTY:
        page.goto(path)
        expect(page.locator(".empty h2"), path).to_contain_text(words)
        expect(page.locator(".empty p").first, path).not_to_be_empty()
        if leads_to:
            expect(page.locator(f'.empty a[href="{leads_to}"]'), path).to_be_visible()


def test_the_steps_of_the_first_day_lead_to_the_first_order(empty_shop):
    page = empty_shop.open("/setup")
    become_owner(page)

    def next_step(name):
        page.goto("/")
        step = page.locator(".setup li.now")
        expect(step.locator("b")).to_have_text(name)
        step.get_by_role("link").click()

    def done():
        expect(page.locator("#toasts .toast")).to_be_visible()

    next_step("A channel")
    page.get_by_label("Code").fill("till")
    page.get_by_label("Name").fill("The till")
    page.get_by_label("Release confirmed orders").check()
    page.get_by_role("button", name="Create channel").click()
    done()
    next_step("A location")
    page.get_by_label("Code").fill("SHED")
    page.get_by_label("Name").fill("The shed")
    page.get_by_label("Country").fill("IE")
    page.get_by_label("Time zone").fill("Europe/Dublin")
    page.get_by_role("button", name="Create location").click()
    done()
    next_step("Items")
    page.get_by_label("Or paste it here").fill("sku,name\nMUG-1,A mug\nPOT-1,A pot\n")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.locator("table")).to_contain_text("MUG-1")
    page.locator("button.primary").click()
    expect(page.locator(".importing")).to_contain_text("2")
    next_step("Stock")
    page.get_by_role("link", name="MUG-1").click()
    expect(page.locator("h1")).to_have_text("A mug")
    page.keyboard.press("r")
    dialog = page.locator("#ask")
    dialog.get_by_label("Units received").fill("5")
    dialog.get_by_role("button", name="Show what changes").click()
    expect(dialog.locator(".effect")).to_contain_text("5")
    dialog.get_by_role("button", name="Receive 5 into SHED").click()
    done()
    expect(page.locator(".boxes .figure").first).to_have_text("5")
    next_step("First order")
    page.locator("[data-combo=items] input").fill("MUG-1")
    expect(page.locator("#items-found li[aria-selected=true]")).to_contain_text("A mug")
    page.keyboard.press("Enter")
    page.locator('[name="lines[0].unit_price"]').fill("9.50")
    page.locator('[name="customer.name"]').fill("Cleo Counter")
    page.get_by_label("Taken along").check()
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/orders/W-\d+$"))
    expect(page.locator(".axes")).to_contain_text("€9.50")
    page.goto("/")
    expect(page.locator(".setup")).to_have_count(0)
    expect(page.locator(".pipe")).to_contain_text("1")
