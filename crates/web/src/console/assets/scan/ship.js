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
function scanShip(code) {
  const rows = all("[data-parcel]").filter((row) => !row.hidden && row.dataset.orderNumber.toLowerCase() === code.text.toLowerCase());
  const row = rows.find((row) => !one(".track", row).value) ?? rows[0];
  if (!row) { hear(false, "No such parcel here", `No parcel of ${code.text} waits.`); return; }
  one(".check", row).checked = true;
  hear(true, row.dataset.orderNumber, "Now scan its tracking number.");
  draw();
  one(".track", row).select();
  row.scrollIntoView({ block: "nearest" });
}
