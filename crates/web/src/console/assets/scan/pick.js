// ── Picking: one stop at a time ──────────────────────────────────────────
const stopNow = () => {
  const stops = items().filter((item) => left(item) > 0);
  return stops.find((stop) => nameOf(stop) === at) ?? stops.find((stop) => !stop.hidden) ?? stops[0];
};
function drawPick() {
  const stops = items();
  const stop = stopNow();
  at = stop && nameOf(stop);
  const done = stops.filter((one) => left(one) === 0).length;
  const bars = all(".steps rect");
  stops.forEach((item, place) => {
    item.hidden = item !== stop;
    const its = left(item);
    one("[data-left-said]", item).textContent = shown(its - count(item), item);
    const field = one("[data-count]", item);
    if (field && document.activeElement !== field) field.value = shown(count(item), item);
    const tick = one(`[data-tick="${CSS.escape(nameOf(item))}"]`);
    tick?.classList.toggle("now", item === stop);
    if (tick && !its && Number(item.dataset.whole)) { tick.classList.add("done"); one(".g", tick)?.replaceWith(one("#shape-done").content.cloneNode(true)); }
    const rest = tick && one("[data-tick-left]", tick);
    if (rest) rest.textContent = its ? shown(its, item) : "";
    if (bars[place] && Number(item.dataset.whole)) bars[place].setAttribute("class", its === 0 ? "on" : item === stop ? "now" : "off");
  });
  const where = one("[data-where]");
  if (where) where.replaceChildren(Object.assign(document.createElement("b"), { textContent: stop ? `Stop ${stops.indexOf(stop) + 1}` : `All ${stops.length}` }), stop ? ` of ${stops.length}` : " done");
  const summary = one("[data-summary]");
  if (summary) summary.textContent = `${done} done`;
  one("[data-finished]")?.toggleAttribute("hidden", Boolean(stop));
  if (!stop && one("#heard.right")) one("#heard").hidden = true;
  one("[data-onward]")?.toggleAttribute("hidden", Boolean(stop));
  one("[data-scanline]")?.toggleAttribute("hidden", !stop);
  const [primary, short] = [one("[data-primary]"), one("[data-short]")];
  for (const button of [primary, short]) button?.toggleAttribute("hidden", !stop);
  if (!stop || !primary) return;
  const [have, want] = [count(stop), left(stop)];
  primary.setAttribute("form", `pick-${nameOf(stop)}`);
  primary.setAttribute("aria-disabled", String(have === 0));
  const unit = stop.dataset.unit === "each" ? "" : ` ${stop.dataset.unit}`;
  primary.textContent = have ? `Book ${shown(have, stop)} of ${shown(want, stop)}${unit}` : `Scan ${shown(want, stop)}${unit || (want === 1 ? " unit" : " units")}`;
  short?.setAttribute("popovertarget", `short-${nameOf(stop)}`);
  const form = one(`[data-stop-of="${CSS.escape(nameOf(stop))}"]`);
  if (form && !form.closest(":popover-open")) {
    form.elements.picked.value = shown(have, stop);
    form.elements.quantity.value = shown(want - have, stop);
    one("[data-short-hint]", form).textContent = have ? `${shown(have, stop)} picked are booked with it.` : "They are looked for elsewhere, or wait as a backorder.";
  }
}
function scanPick(item) {
  if (left(item) === 0) { hear(false, "Picked already", `All of ${item.dataset.sku} are picked.`); return; }
  at = nameOf(item);
  if (Number(item.dataset.precision)) {
    hear(true, `Right: ${item.dataset.item}`, `Enter how much, in ${item.dataset.unit}.`);
    draw();
    one("[data-count]", item)?.select();
    return;
  }
  setCount(item, count(item) + 1);
  const whole = Number(item.dataset.whole);
  const rest = left(item) - count(item);
  const picked = whole - rest;
  if (rest === 0) one(`#pick-${CSS.escape(nameOf(item))}`).requestSubmit();
  const next = stopNow();
  const more = rest ? `${rest} more` : next ? `Next: ${next.dataset.item}` : "Everything is picked.";
  hear(true, `Right: ${picked} of ${whole} picked`, more);
  draw();
}
