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
    day = figure.locator(".u-legend .u-value").first
    page.mouse.move(box["x"] + box["width"] - 0.2, box["y"] + 20)
    expect(day).to_have_text("today")
    page.wait_for_function("""() => {
      const said = (query) => [...document.querySelectorAll(`figure[data-dense] ${query}`)].map((one) => one.textContent).join();
      return said(".u-legend .u-value") === said(".twin tbody tr:last-child td");
    }""")
    # The middle of the year is another day, until the last tenth is all there is.
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    expect(day).to_have_text(re.compile(r"[A-Z][a-z]+ \d+"))
    middle = day.text_content()
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
