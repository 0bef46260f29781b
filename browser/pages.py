"""The main pages, for whoever goes through all of them. What has no fixed address is found by following a link."""

# The name of a picture, the address, and where a link on that page leads on to what is meant.
PAGES = [
    ("orders", "/orders", None),
    ("orders-held", "/orders?held=true", None),
    ("order", "/orders?lifecycle=confirmed", "[data-rows] a.id"),
    ("order-held", "/orders?held=true", "[data-rows] a.id"),
    ("new-order", "/orders/new", None),
    ("search", "/search?q=an", None),
    ("board", "/board", None),
    ("pick", "/pick", None),
    ("pick-one", "/pick", "main a[href^='/pick/']"),
    ("pack", "/pack", None),
    ("pack-one", "/pack", "main a[href^='/pack/']"),
    ("ship", "/ship", None),
    ("backorders", "/backorders", None),
    ("stock", "/stock", None),
    ("stock-item", "/stock", "main [data-rows] a[href^='/stock/'], main table a[href^='/stock/']"),
    ("receipts", "/receipts", None),
    ("transfers", "/transfers", None),
    ("items", "/items", None),
    ("customers", "/customers", None),
    ("customer", "/customers", "main table a[href^='/customers/']"),
    ("settings", "/settings", None),
    ("settings-channels", "/settings/channels", None),
    ("settings-locations", "/settings/locations", None),
    ("settings-webhooks", "/settings/webhooks", None),
    ("settings-appearance", "/settings/appearance", None),
    ("settings-users", "/settings/users", None),
    ("settings-keys", "/settings/keys", None),
    ("audit", "/audit", None),
    ("account", "/account", None),
    ("customer-page", "/orders?lifecycle=confirmed", ["[data-rows] a.id", "a[href^='/o/']"]),
]


def go(page, address, links):
    """Opens a page; follows the links to what is meant. False where the demo shop has nothing of the kind."""
    answer = page.goto(address)
    for link in [links] if isinstance(links, str) else links or []:
        found = page.locator(link)
        if found.count() == 0:
            return False
        answer = page.goto(found.first.get_attribute("href"))
    assert answer.ok, f"{page.url}: {answer.status}"
    return True
