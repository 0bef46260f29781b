// ── Packing: units into the open parcel ──────────────────────────────────
let weighed = false;
/** What a field for kilograms says; 0 where that is no weight. */
const weightOf = (field) => Math.max(0, Number(field.value.trim().replace(",", ".")) || 0);
function drawPack() {
  const form = one("#parcel");
  if (!form) {
    one("[data-scanline]")?.setAttribute("hidden", "");
    if (one("#heard.right")) one("#heard").hidden = true;
    return;
  }
  const list = items();
  const parcels = shelf.all().filter((entry) => entry.work === work && entry.kind === "pack" && !entry.refused).length;
  one("[data-parcel]").textContent = Number(form.dataset.number) + parcels;
  let [inside, whole, grams] = [0, 0, 0];
  for (const item of list) {
    const [have, want] = [count(item), left(item)];
    inside += have / scale(item);
    whole += want / scale(item);
    grams = item.dataset.weight === undefined ? NaN : grams + (Number(item.dataset.weight) * have) / scale(item);
    item.hidden = want === 0;
    item.className = `${have === want ? "done" : have ? "begun" : ""}${nameOf(item) === at ? " now" : ""}`;
    one("[data-shape]", item).replaceChildren(one(have === want ? "#shape-done" : have ? "#shape-half" : "#shape-ring").content.cloneNode(true));
    one("[data-left-said]", item).textContent = shown(want, item);
    const field = one("[data-count]", item);
    if (document.activeElement !== field) field.value = shown(have, item);
  }
  const said = (units) => (Number.isInteger(units) ? units : units.toFixed(2));
  one("[data-summary]").textContent = `${said(inside)} of ${counted(said(whole), "unit")} in`;
  const expected = one("[data-expected-box]");
  if (expected) { expected.hidden = !(grams > 0); one("[data-expected]").textContent = `${(grams / 1000).toFixed(2)} kg`; }
  const weight = one("[data-weigh]");
  const primary = one("[data-primary]");
  const part = one("[data-part-parcel]");
  form.hidden = whole === 0;
  one("[data-scanline]")?.toggleAttribute("hidden", whole === 0);
  for (const button of [primary, part]) button?.toggleAttribute("hidden", whole === 0);
  if (!primary) return;
  const missing = [];
  if (inside < whole) missing.push(counted(said(whole - inside), "unit"));
  if (!weightOf(weight)) missing.push("the weight");
  const ready = missing.length === 0 || (inside === whole && weighed);
  primary.setAttribute("aria-disabled", String(!ready));
  primary.textContent = inside === 0 ? `Scan ${counted(said(whole), "unit")}`
    : ready ? `Close parcel${weight.value ? "" : " without a weight"}` : `Close parcel: ${missing.join(" and ")} missing`;
  if (part) { part.hidden = inside === 0 || inside === whole; part.textContent = `Close with ${said(inside)}`; }
}
function scanPack(item) {
  if (Number(item.dataset.precision)) {
    hear(true, `Right: ${item.dataset.item}`, `Enter how much, in ${item.dataset.unitOf}.`);
    one("[data-count]", item)?.select();
    return;
  }
  at = nameOf(item);
  if (count(item) === left(item)) { draw(); hear(false, "One too many", `All ${shown(left(item), item)} of ${item.dataset.sku} are in.`); return; }
  setCount(item, count(item) + 1);
  const open = items().reduce((sum, one) => sum + left(one) - count(one), 0);
  hear(true, `Right: ${count(item)} of ${left(item)} in`, open ? `${open} more to pack` : "Everything is in. Weigh the parcel.");
  draw();
}
