// ── Shipping: an order, then its tracking number ─────────────────────────
const gone = new Set();
/** The parcels without a tracking number that somebody was asked about. */
let goesBare = "";
function drawShip() {
  const waiting = new Set(shelf.all().filter((entry) => entry.kind === "ship" && !entry.refused).flatMap((entry) => entry.parcels));
  for (const row of all("[data-parcel]")) row.hidden = gone.has(row.dataset.parcel) || waiting.has(row.dataset.parcel);
  const rows = all("[data-parcel]").filter((row) => !row.hidden);
  const chosen = rows.filter((row) => one(".check", row).checked).length;
  const primary = one("[data-primary]");
  if (primary) {
    primary.setAttribute("aria-disabled", String(chosen === 0));
    primary.textContent = chosen ? `Ship ${counted(chosen, "parcel")}` : rows.length ? "Choose the parcels that leave" : "Everything here has left";
  }
  const total = one("[data-total]");
  if (total) total.textContent = rows.length ? `${counted(rows.length, "parcel")} packed and waiting` : "No parcel waits";
}
/** The parcels that a code names: all of an order by its number, one by number and parcel, as in W-100231/2. */
function parcelsOf({ text }) {
  const wanted = text.toLowerCase();
  const names = (row) => [row.dataset.orderNumber, `${row.dataset.orderNumber}/${row.dataset.number}`, row.dataset.parcel];
  return all("[data-parcel]").filter((row) => !row.hidden && names(row).some((name) => name.toLowerCase() === wanted));
}
const parcelName = (row) => `${row.dataset.orderNumber}, parcel ${row.dataset.number}`;
function scanShip(code) {
  const rows = parcelsOf(code);
  const row = rows.find((row) => !one(".track", row).value) ?? rows[0];
  if (!row) {
    hear(false, "No such parcel here", `No parcel of ${code.text} ${one("[rel=next]") ? "is among those shown" : "waits"}. Scan the number of an order.`);
    return;
  }
  const track = one(".track", row);
  one(".check", row).checked = true;
  hear(true, parcelName(row), track.value ? `Its tracking number is ${track.value}. Scan another, or leave it with Enter.` : "Now scan its tracking number.");
  draw();
  track.inputMode = "none";
  track.focus({ preventScroll: true });
  track.select();
  row.scrollIntoView({ block: "nearest" });
}
/** What was scanned or typed as a tracking number; then the next order is scanned. */
function scanTracking(track) {
  const row = track.closest("[data-parcel]");
  const code = readCode(track.value);
  if (parcelsOf(code).length) {
    track.value = "";
    hear(false, "That is an order", `Scan the tracking number of ${parcelName(row)}.`);
    return;
  }
  track.value = code.text;
  one(".check", row).checked = true;
  hear(true, parcelName(row), code.text ? `Tracking number ${code.text}. Scan the next order.` : "Without a tracking number. Scan the next order.");
  draw();
  field()?.focus({ preventScroll: true });
}
