"""Every page of the console, for whoever goes through all of them. What has no fixed address is found by following links."""

from dataclasses import dataclass

ROWS = "[data-rows] a.id"
PORTAL = "a[href^='/o/']"


@dataclass(frozen=True)
class Page:
    """The name of a picture, the address, and the links that lead on from there to what is meant."""

    name: str
    address: str
    links: tuple = ()
    #: What the server answers; a page that says what is wrong is a page too.
    status: int = 200
    #: As somebody sees it who is not signed in.
    is_public: bool = False


def act(name, link, listed="/orders?lifecycle=confirmed&held=false"):
    """The dialog of an act on an order, as a page of its own."""
    return Page(f"act-{name}", listed, (ROWS, f"main a[data-ask][href*='{link}'], [popover] a[data-ask][href*='{link}']"))


PAGES = [
    Page("today", "/"),
    Page("orders", "/orders"),
    Page("orders-held", "/orders?held=true"),
    Page("orders-none", "/orders?external_ref=nobody-has-this"),
    Page("orders-columns", "/orders/columns"),
    Page("orders-view", "/orders/view?held=true"),
    Page("orders-export", "/orders/export?held=true"),
    Page("order", "/orders?lifecycle=confirmed&held=false&payment_status=authorized", (ROWS,)),
    Page("order-held", "/orders?held=true", (ROWS,)),
    Page("order-backordered", "/orders?fulfillment_status=backordered", (ROWS,)),
    Page("order-partly-shipped", "/orders?fulfillment_status=partially_fulfilled", (ROWS,)),
    Page("order-shipped", "/orders?delivery_status=in_transit", (ROWS,)),
    Page("order-delivered", "/orders?lifecycle=completed", (ROWS,)),
    Page("order-returned", "/orders?return_status=returned", (ROWS,)),
    Page("order-cancelled", "/orders?lifecycle=cancelled", (ROWS,)),
    act("hold", "/hold"),
    act("note", "/note"),
    act("charge", "/charge"),
    act("pay", "/pay"),
    act("cancel", "/cancel"),
    act("cancel-line", "/cancel-line/"),
    act("capture", "/capture/", "/orders?lifecycle=confirmed&payment_status=authorized"),
    act("refund", "/refund", "/orders?payment_status=paid"),
    act("return", "/return", "/orders?delivery_status=delivered"),
    act("release-hold", "/release-hold/", "/orders?held=true"),
    act("reject-hold", "/reject-hold/", "/orders?held=true"),
    act("hand-over", "/hand-over/", "/orders?held=true"),
    Page("new-order", "/orders/new"),
    Page("search", "/search?q=an"),
    Page("search-none", "/search?q=zzzzzz"),
    Page("holds", "/holds"),
    Page("hold", "/holds", ("[data-follow] a",)),
    Page("board", "/board"),
    Page("board-move", "/board", ("a[href^='/board/move']",)),
    Page("pick", "/pick?location=all"),
    Page("pick-one", "/pick?location=all", ("main a[href^='/pick/']",)),
    Page("pick-hand-over", "/pick?location=all", ("main a[href*='/hand-over']",)),
    Page("pick-list", "/pick?location=all", ("main a[href^='/pick/']", "a[href$='/list']")),
    Page("pack", "/pack?location=all"),
    Page("pack-one", "/pack?location=all", ("main a[href^='/pack/']",)),
    Page("ship", "/ship?location=all"),
    Page("packing-slip", "/ship?location=all", ("main a[href*='/slip']",)),
    Page("backorders", "/backorders"),
    Page("stock", "/stock"),
    Page("stock-delivery", "/receipts/new"),
    Page("stock-item", "/stock", (ROWS,)),
    Page("stock-receive", "/stock", (ROWS, "a[href$='/receive']")),
    Page("stock-adjust", "/stock", (ROWS, "a[href$='/adjust']")),
    Page("stock-transfer", "/stock", (ROWS, "a[href$='/transfer']")),
    Page("receipts", "/receipts"),
    Page("receipt", "/receipts", (ROWS,)),
    Page("transfers", "/transfers"),
    Page("transfer-new", "/transfers/new"),
    Page("transfer", "/transfers", (ROWS,)),
    Page("items", "/items"),
    Page("item", "/items", (ROWS,)),
    Page("item-new", "/items/new"),
    Page("item-archive", "/items", (ROWS, "a[href$='/archive']")),
    Page("items-import", "/items/import"),
    Page("customers", "/customers"),
    Page("customer", "/customers", (ROWS,)),
    Page("customer-change", "/customers", (ROWS, "a[href$='/change']")),
    Page("customer-note", "/customers", (ROWS, "a[href$='/note']")),
    Page("customer-new", "/customers/new"),
    Page("reports", "/reports"),
    Page("reports-times", "/reports/times"),
    Page("reports-promises", "/reports/promises"),
    Page("reports-holds", "/reports/holds"),
    Page("reports-items", "/reports/items"),
    Page("settings", "/settings"),
    Page("settings-channels", "/settings/channels"),
    Page("settings-channel", "/settings/channels", (ROWS,)),
    Page("settings-locations", "/settings/locations"),
    Page("settings-location", "/settings/locations", (ROWS,)),
    Page("settings-webhooks", "/settings/webhooks"),
    Page("settings-webhook-new", "/settings/webhooks/new"),
    Page("settings-appearance", "/settings/appearance"),
    Page("settings-reasons", "/settings/reasons"),
    Page("settings-users", "/settings/users"),
    Page("settings-user", "/settings/users", ("a.id",)),
    Page("settings-keys", "/settings/keys"),
    Page("audit", "/audit"),
    Page("audit-sign-ins", "/audit/sign-ins"),
    Page("audit-failed-sign-ins", "/audit/failed-sign-ins"),
    Page("account", "/account"),
    Page("about", "/about"),
    Page("api", "/docs"),
    Page("error-codes", "/docs/errors"),
    Page("no-page", "/nowhere", status=404),
    Page("no-order", "/orders/W-999999999", status=404),
    Page("login", "/login", is_public=True),
    Page("spent-link", "/sign-in/nobody-made-this-one", status=404, is_public=True),
    Page("customer-page", "/orders?lifecycle=confirmed&held=false", (ROWS, PORTAL)),
    Page("customer-page-shipped", "/orders?delivery_status=in_transit", (ROWS, PORTAL)),
    Page("customer-page-cancel", "/orders?lifecycle=confirmed&held=false", (ROWS, PORTAL, "a[href*='/cancel']")),
    Page("customer-page-gone", "/o/nobody-made-this-one", status=404, is_public=True),
]


def go(tab, page):
    """Opens a page; follows the links to what is meant. False where the demo shop has nothing of the kind."""
    answer = tab.goto(page.address)
    for link in page.links:
        found = tab.locator(link)
        if found.count() == 0:
            return False
        answer = tab.goto(found.first.get_attribute("href"))
    assert answer.status == page.status, f"{page.name}, {tab.url}: {answer.status}"
    return True
