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
  // Signed out meanwhile, or the work is gone: the server says so.
  if (page.asOf && [401, 403, 404].includes(answer?.status)) location.reload();
  if (!answer?.ok || answer.redirected) return;
  isThere();
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

// ── A page that was kept: it is true again when the server has answered ──
function isThere() {
  if (!page.asOf) return;
  delete page.asOf;
  cut = false;
  paint();
}
let lookingAgain;
let looksAfter = 2000;
async function seekServer() {
  clearTimeout(lookingAgain);
  if (!page.asOf) return;
  if (work) await refresh();
  else if (await fetch(location.href, { headers: { "X-Live": "1", Accept: "text/html" } }).catch(() => null)) { location.reload(); return; }
  looksAfter = Math.min(30000, looksAfter * 2);
  if (page.asOf) lookingAgain = setTimeout(seekServer, looksAfter);
}

// ── The worker that keeps this page for when it is loaded without a connection ──
async function beKept() {
  const workers = navigator.serviceWorker;
  if (!page.who || !workers) return;
  const wasSeen = Boolean(workers.controller);
  try { await workers.register("/assets/keeper.js", { scope: `/${location.pathname.split("/")[1]}` }); } catch { return; }
  if (wasSeen) return;
  const files = all("link[href], script[src], img[src], use[href]").map((one) => one.getAttribute("href") ?? one.getAttribute("src"));
  const { active } = await workers.ready;
  active.postMessage({ page: location.href, files: [...new Set(files.map((one) => one.split("#")[0]))] });
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
seekServer();
beKept();
