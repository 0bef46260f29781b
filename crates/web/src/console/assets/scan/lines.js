// ── The lines of this page ───────────────────────────────────────────────
/** The line that was touched last. */
let at = null;
const items = () => all("[data-stop], [data-unit]");
const nameOf = (item) => item.dataset.stop ?? item.dataset.unit;
const scale = (item) => 10 ** Number(item.dataset.precision);
const shown = (base, item) => String(base / scale(item));
const based = (text, item) => Math.round(Number(String(text).replace(",", ".")) * scale(item)) || 0;
/** What is booked here and not answered yet is done, as far as this page is concerned. */
const left = (item) => {
  const booked = shelf.all().filter((entry) => entry.work === work && entry.kind === page.floor && !entry.refused);
  return Math.max(0, Number(item.dataset.left) - booked.reduce((sum, entry) => sum + (entry.moves[nameOf(item)] ?? 0), 0));
};
const draft = `count:${page.floor}:${work}`;
let counts = {};
try { counts = JSON.parse(kept(draft) ?? "{}"); } catch { /* begin anew */ }
const count = (item) => Math.min(counts[nameOf(item)] ?? 0, left(item));
function setCount(item, base) {
  counts[nameOf(item)] = Math.max(0, Math.min(base, left(item)));
  keep(draft, JSON.stringify(counts));
}
function forget(names) {
  for (const name of names) delete counts[name];
  if (Object.keys(counts).length) keep(draft, JSON.stringify(counts));
  else try { localStorage.removeItem(draft); } catch { /* never kept */ }
}
