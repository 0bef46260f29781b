// ── A scan ───────────────────────────────────────────────────────────────
let asked = 0;
async function scan(raw) {
  const code = readCode(raw);
  if (!code.text) return;
  const mine = ++asked;
  if (page.floor === "ship") { scanShip(code); return; }
  const found = items().filter((item) => isOf(item, code));
  const item = found.find((one) => nameOf(one) === at && left(one)) ?? found.find((one) => left(one) > (page.floor === "pack" ? count(one) : 0)) ?? found[0];
  if (item) { (page.floor === "pick" ? scanPick : scanPack)(item); return; }
  hear(false, "Not in this order", `That was ${code.text}.`);
  const query = new URLSearchParams({ code: code.text.slice(0, 200), gtin: code.gtin ?? "", location: page.location ?? "" });
  const answer = await fetch(`/scan?${query}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (mine !== asked) return;
  const more = one("[data-heard-more]");
  if (!answer?.ok) return;
  const known = await answer.json();
  const others = known?.wanted_by.filter((number) => number !== one("h1").textContent.trim()) ?? [];
  more.textContent = !known ? `No item has the code ${code.text}.`
    : `That was ${known.sku}, ${others.length ? `for ${others.join(" or ")}` : "and no order waits for it here"}.`;
}

// ── Forms: kept here, then sent ──────────────────────────────────────────
/** What a form books, as an entry; null where it is not ready. */
function booking(form, fields) {
  const of = (name) => items().find((item) => nameOf(item) === name);
  const lineOf = () => items().find((item) => item.dataset.line === fields.get("line") && item.dataset.lot === fields.get("lot"));
  const wait = (field) => { field?.focus(); return null; };
  switch (form.dataset.act) {
    case "pick": {
      const item = lineOf();
      const base = count(item);
      if (!base) return wait(one("[data-scan]"));
      fields.set("quantity", shown(base, item));
      return { kind: "pick", n: Number(item.dataset.precision) ? 1 : base, words: `${shown(base, item)} of ${item.dataset.sku} picked`, moves: { [nameOf(item)]: base } };
    }
    case "short": {
      const item = lineOf();
      const [picked, missing] = [based(fields.get("picked"), item), based(fields.get("quantity"), item)];
      if (missing <= 0 || picked + missing > left(item)) return wait(form.elements.quantity);
      return { kind: "pick", n: 1, words: `${shown(missing, item)} of ${item.dataset.sku} ${fields.get("reason")}`, moves: { [nameOf(item)]: picked + missing } };
    }
    case "all":
      return { kind: "pick", n: 1, words: `Everything of ${one("h1").textContent.trim()} picked`, moves: Object.fromEntries(items().map((item) => [nameOf(item), left(item)])) };
    case "pack": {
      const inside = items().filter((item) => count(item) > 0);
      const weight = one("[data-weigh]");
      if (!inside.length) return wait(one("[data-scan]"));
      fields.set("weight_kg", weight.value.trim().replace(",", "."));
      if (weight.value && !weightOf(weight)) { hear(false, "No weight", NO_WEIGHT); return wait(weight); }
      const doubt = doubtOf(inside);
      if (doubt && doubt !== insisted) {
        // The second tap closes it all the same.
        insisted = doubt;
        hear(false, "The weight does not agree", doubt);
        draw();
        return null;
      }
      for (const item of items()) fields.set(`quantity.${nameOf(item)}`, shown(count(item), item));
      const moves = Object.fromEntries(inside.map((item) => [nameOf(item), count(item)]));
      return { kind: "pack", n: 1, words: `Parcel ${one("[data-parcel]").textContent} of ${one("h1").textContent.trim()} closed`, moves };
    }
    case "ship": {
      const parcels = fields.has("only") ? [fields.get("only")] : fields.getAll("parcel");
      if (!parcels.length) return wait(one("[data-scan]"));
      if (fields.has("only")) fields.delete("parcel");
      const rows = all("[data-parcel]").filter((row) => parcels.includes(row.dataset.parcel));
      const bare = rows.filter((row) => !one(".track", row).value.trim());
      const unnumbered = bare.map((row) => row.dataset.parcel).join(" ");
      if (unnumbered && unnumbered !== goesBare) {
        // The second tap does without.
        goesBare = unnumbered;
        hear(false, "No tracking number", `${counted(bare.length, "parcel")} would leave without one, and its customer could not follow it. Scan it, or ship once more.`);
        return wait(one(".track", bare[0]));
      }
      goesBare = "";
      const orders = [...new Set(rows.map((row) => row.dataset.orderNumber))];
      return { kind: "ship", n: parcels.length, parcels, words: `${counted(parcels.length, "parcel")} of ${orders.join(", ")} shipped`, moves: {} };
    }
    default: return null;
  }
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.act) return;
  event.preventDefault();
  event.stopPropagation();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  const entry = booking(form, fields);
  if (!entry) return;
  fields.set("key", mint());
  form.closest("[popover]")?.hidePopover();
  enter({ ...entry, work, path: form.getAttribute("action"), body: fields.toString() });
  forget(Object.keys(entry.moves));
  if (entry.kind === "pack") { one("[data-weigh]").value = ""; insisted = null; hear(true, "Parcel closed", "The slip can be printed."); }
  if (entry.kind === "ship") hear(true, entry.words);
  if (form.dataset.act === "short" || form.dataset.act === "all") hear(true, entry.words);
  draw();
  focusScan();
}, true);

document.addEventListener("click", (event) => {
  const hit = (query) => event.target.closest(query);
  const item = hit("[data-stop], [data-unit]");
  const primary = hit("[data-primary]");
  const step = item && (hit("[data-more-units]") ? 1 : hit("[data-less]") ? -1 : 0);
  if (step) { setCount(item, count(item) + step * scale(item)); draw(); }
  else if (page.floor === "pack" && item) { at = nameOf(item); draw(); }
  else if (hit("[data-tick] a")) { event.preventDefault(); at = hit("[data-tick]").dataset.tick; draw(); scrollTo({ top: 0 }); }
  else if (hit("[data-part-parcel]")) one("#parcel").requestSubmit();
  else if (primary?.getAttribute("aria-disabled") === "true") {
    event.preventDefault();
    const weight = one("[data-weigh]");
    const full = weight && items().every((one) => count(one) === left(one));
    // All is in and only the weight is missing: the second tap does without.
    if (full && !weight.value.trim()) { weight.value = ""; insisted = ""; }
    if (full) { weight.focus(); draw(); return; }
  } else if (hit("[data-sound]")) { keep("sound", kept("sound") === "off" ? "on" : "off"); sounds(); if (kept("sound") !== "off") beep(true); }
  else if (hit("[data-camera]")) camera();
  if (!hit("input, a, [popovertarget], dialog, [popover]")) focusScan();
});
document.addEventListener("input", (event) => {
  const item = event.target.closest("[data-stop], [data-unit]");
  if (item && event.target.matches("[data-count]")) setCount(item, based(event.target.value, item));
  if (event.target.matches("[data-keep]")) keep(`field:${event.target.name}`, event.target.value);
  draw();
});
document.addEventListener("change", () => draw());
