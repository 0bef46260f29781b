// ── What is shown ────────────────────────────────────────────────────────
function draw() {
  if (page.floor === "pick") drawPick();
  if (page.floor === "pack") drawPack();
  if (page.floor === "ship") drawShip();
}
/** An entry was answered well. */
function leave(entry) { for (const parcel of entry.parcels ?? []) gone.add(parcel); }

// ── What the server has now ──────────────────────────────────────────────
let stale = false;
async function refresh() {
  if (!work) return;
  if (one(":popover-open, dialog[open]") || document.activeElement?.matches("[data-count], [data-weigh]") || shelf.all().some((entry) => !entry.refused && entry.work === work)) { stale = true; return; }
  stale = false;
  const answer = await fetch(location.pathname, { headers: { "X-Live": "1", Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  // Somebody began to type meanwhile.
  if (document.activeElement?.matches("[data-count], [data-weigh]")) { stale = true; return; }
  const weight = one("[data-weigh]")?.value;
  for (const part of ["#work", ".floor > footer", "#more"]) {
    const its = one(part, fresh);
    if (its) one(part)?.replaceChildren(...its.childNodes);
  }
  if (weight && one("[data-weigh]")) one("[data-weigh]").value = weight;
  dress();
  draw();
  focusScan();
}
document.addEventListener("focusout", () => { if (stale) setTimeout(refresh, 300); });
document.addEventListener("toggle", () => { if (stale) setTimeout(refresh, 300); }, true);
document.addEventListener("visibilitychange", () => { if (!document.hidden) { sendKept(); refresh(); } });
if (page.order && window.EventSource) {
  let soon;
  const stream = new EventSource(`/live?after=${page.position}&order=${page.order}`);
  stream.addEventListener("changed", () => { clearTimeout(soon); soon = setTimeout(refresh, 300); });
  addEventListener("pagehide", () => stream.close());
}

// ── At the beginning, and after each look at the server ──────────────────
function sounds() { for (const button of all("[data-sound]")) { button.hidden = false; button.setAttribute("aria-pressed", String(kept("sound") !== "off")); } }
function dress() {
  for (const button of all("[data-less], [data-more-units]")) button.hidden = false;
  for (const button of all("[data-camera]")) button.hidden = !sees;
  if (field()) field().inputMode = "none";
  for (const kind of all("[data-keep]")) if (!kind.value) kind.value = kept(`field:${kind.name}`) ?? "";
  sounds();
}
dress();
paint();
focusScan();
sendKept();
