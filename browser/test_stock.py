"""What is in stock, seen."""

import re

from playwright.sync_api import expect


def test_a_year_of_a_balance_can_be_pointed_at_and_looked_at_closely(desk):
    page = desk.open("/stock")
    page.locator("[data-rows] a").first.click()
    page.get_by_role("link", name="1 year").click()
    figure = page.locator("figure[data-dense]")
    expect(figure.locator(".uplot canvas")).to_be_visible()
    plot = figure.locator(".u-over")
    box = plot.bounding_box()
    # At the right end is today, as the table under it and the figure above have it.
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 20)
    day, on_hand, available = (figure.locator(".u-legend .u-value").nth(n) for n in range(3))
    expect(day).to_have_text("today")
    last = figure.locator(".twin tbody tr").last.locator("td")
    expect(on_hand).to_have_text(last.nth(1).text_content())
    expect(available).to_have_text(last.nth(2).text_content())
    # The middle of the year is another day, until the last tenth is all there is.
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    middle = day.text_content()
    assert middle == figure.locator(".twin tbody tr").nth(183).locator("td").first.text_content() or re.match(r"\w+ \d+", middle)
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 30, steps=5)
    page.mouse.up()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    expect(day).not_to_have_text(middle)
    page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + 20)
    expect(day).to_have_text(middle)
    # By night it is drawn in the colors of the night, and on paper the server's own picture stands.
    before = page.evaluate("getComputedStyle(document.querySelector('figure[data-dense] .key line')).stroke")
    page.keyboard.press("t")
    expect(figure.locator(".uplot canvas")).to_have_count(1)
    assert before != page.evaluate("getComputedStyle(document.querySelector('figure[data-dense] .key line')).stroke")
    page.emulate_media(media="print")
    expect(figure.locator(".uplot")).to_be_hidden()
    assert figure.locator("> .plot").bounding_box()["height"] > 100
