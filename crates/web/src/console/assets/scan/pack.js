// ── Packing: units into the open parcel ──────────────────────────────────
/** What was asked about the weight, where the next tap closes the parcel all the same. */
let insisted = null;
/** Somebody left the field for the weight with something else in it. */
let noWeight = false;
/** What a field for kilograms says; 0 where that is no weight. */
const weightOf = (field) => Math.max(0, Number(field.value.trim().replace(",", ".")) || 0);
const NO_WEIGHT = "This is no weight. Type kilograms, such as 1.25.";
const kilograms = (grams) => `${(grams / 1000).toFixed(2)} kg`;
/** What the units in the parcel weigh, in grams; NaN where somebody has to be asked. */
const expectedOf = (list) => list.reduce((sum, item) => (count(item) ? sum + (Number(item.dataset.weight ?? NaN) * count(item)) / scale(item) : sum), 0);
/** How many grams a parcel may weigh more or less than its units: box and filling are in no catalog. */
const toleranceOf = (grams) => Math.max(100, grams / 10);
/** What is odd about the weight, as the words that ask about it; null where it agrees or there is nothing to agree with. */
function doubtOf(list) {
  const field = one("[data-weigh]");
  const [grams, said] = [expectedOf(list), weightOf(field) * 1000];
  if (!said || !(grams > 0) || Math.abs(said - grams) <= toleranceOf(grams)) return null;
  return `${kilograms(said)} is ${kilograms(Math.abs(said - grams))} ${said > grams ? "more" : "less"} than expected. Weigh again, or look at what is in it.`;
}
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
  let [inside, whole] = [0, 0];
  for (const item of list) {
    const [have, want] = [count(item), left(item)];
    inside += have / scale(item);
    whole += want / scale(item);
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
  const grams = expectedOf(list);
  expected.hidden = !(grams > 0);
  one("[data-expected]").textContent = kilograms(grams);
  one("[data-tolerance]").textContent = `± ${kilograms(toleranceOf(grams))}`;
  const weight = one("[data-weigh]");
  const doubt = doubtOf(list);
  const wrong = weight.value.trim() !== "" && !weightOf(weight);
  noWeight &&= wrong;
  const anyway = doubt !== null && insisted === doubt;
  const odd = one("#weight-said");
  // Nobody is asked about a weight that is still being typed.
  const asks = doubt && (anyway || !odd.hidden || document.activeElement !== weight);
  const words = noWeight ? NO_WEIGHT : asks ? doubt : null;
  odd.hidden = !words;
  one("[data-weigh-said]").textContent = words ?? "";
  odd.classList.toggle("bad", noWeight);
  weight.setAttribute("aria-invalid", String(noWeight));
  const primary = one("[data-primary]");
  const part = one("[data-part-parcel]");
  form.hidden = whole === 0;
  one("[data-scanline]")?.toggleAttribute("hidden", whole === 0);
  for (const button of [primary, part]) button?.toggleAttribute("hidden", whole === 0);
  if (!primary) return;
  const missing = [];
  if (inside < whole) missing.push(counted(said(whole - inside), "unit"));
  if (!weightOf(weight)) missing.push("the weight");
  const bare = inside === whole && insisted === "" && weight.value === "";
  const ready = missing.length === 0 || bare;
  primary.setAttribute("aria-disabled", String(!ready));
  primary.textContent = inside === 0 ? `Scan ${counted(said(whole), "unit")}`
    : ready ? (bare ? "Close parcel without a weight" : anyway ? "Close anyway" : "Close parcel") : `Close parcel: ${missing.join(" and ")} missing`;
  if (part) { part.hidden = inside === 0 || inside === whole; part.textContent = `Close with ${said(inside)}${anyway ? " anyway" : ""}`; }
}
document.addEventListener("focusout", (event) => {
  if (!event.target.matches("[data-weigh]")) return;
  noWeight = true;
  draw();
  one("#weight-said:not([hidden])")?.scrollIntoView({ block: "nearest" });
});
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
  (open ? item : one(".pair2")).scrollIntoView({ block: "nearest" });
}
