// The floor's script: a scan is right or wrong at once, and whatever is booked is kept here, with a key of its own, until
// the server has answered it. Without it the same forms work by hand.
"use strict";
{
const page = document.body.dataset;
const work = page.work;

// ── What is kept until it is answered ────────────────────────────────────
// One entry an item of the browser's store, so that two tabs never write over each other.
const unkept = new Map();
const shelf = {
  all() {
    const found = new Map(unkept);
    try {
      for (let at = 0; at < localStorage.length; at++) {
        const name = localStorage.key(at);
        if (name.startsWith("scan:")) found.set(name, localStorage.getItem(name));
      }
    } catch { /* private window: what is in memory is all there is */ }
    const read = ([name, text]) => { try { return { ...JSON.parse(text), name }; } catch { return null; } };
    return [...found].map(read).filter(Boolean).sort((a, b) => (a.name < b.name ? -1 : 1));
  },
  put({ name, ...entry }) {
    const text = JSON.stringify(entry);
    try { localStorage.setItem(name, text); } catch { unkept.set(name, text); }
  },
  drop(name) { unkept.delete(name); try { localStorage.removeItem(name); } catch { /* in memory only */ } },
};
const mint = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
let minted = 0;
function enter(entry) {
  const name = `scan:${String(Date.now()).padStart(15, "0")}:${String(minted++).padStart(6, "0")}:${mint()}`;
  shelf.put({ ...entry, name, at: Date.now() });
  paint();
  send();
}

// ── Sending, in order, one at a time ─────────────────────────────────────
let cut = !navigator.onLine;
let signedOut = false;
let sending = false;
let again = false;
let patience = 2000;
let timer;
function later() { clearTimeout(timer); timer = setTimeout(send, patience); patience = Math.min(30000, patience * 2); }
async function send() {
  if (sending) { again = true; return; }
  sending = true;
  try { await (navigator.locks ? navigator.locks.request("scans", sendAll) : sendAll()); } finally { sending = false; }
  paint();
  if (again) { again = false; send(); }
}
async function sendAll() {
  let answered = 0;
  for (let entry; (entry = shelf.all().find((one) => !one.refused)); ) {
    let answer;
    try {
      const headers = { "Content-Type": "application/x-www-form-urlencoded", "X-Part": "scan", Accept: "application/json" };
      answer = await fetch(entry.path, { method: "POST", headers, body: entry.body, signal: AbortSignal.timeout(20000) });
    } catch { cut = true; later(); break; }
    cut = false;
    signedOut = answer.status === 401 || answer.redirected || answer.headers.has("X-Go");
    if (signedOut) break;
    if (answer.status >= 500 || answer.status === 408 || answer.status === 429) { later(); break; }
    patience = 2000;
    answered += 1;
    if (answer.ok) { shelf.drop(entry.name); leave(entry); continue; }
    const problem = await answer.json().catch(() => ({}));
    shelf.put({ ...entry, refused: [problem.detail, problem.next_step].filter(Boolean).join(" ") || `The server answered ${answer.status}.` });
    hear(false, `Not booked: ${entry.words}`, problem.detail ?? "");
  }
  if (answered) refresh();
}
addEventListener("online", () => { cut = false; patience = 2000; paint(); send(); });
addEventListener("offline", () => { cut = true; paint(); });
addEventListener("storage", () => paint());

// ── The band that says what waits ────────────────────────────────────────
const counted = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
let slow;
function paint() {
  const list = shelf.all();
  const waiting = list.filter((entry) => !entry.refused);
  const refused = list.length - waiting.length;
  const scans = waiting.reduce((sum, entry) => sum + (entry.n ?? 1), 0);
  const band = one("#waiting");
  clearTimeout(slow);
  if (band) {
    const strong = document.createElement("b");
    strong.textContent = `${counted(scans, "scan")} wait${scans === 1 ? "s" : ""}`;
    const said = [];
    if (signedOut && scans) said.push(strong, " for you to sign in.");
    else if (cut) said.push("No connection. ", ...(scans ? [strong, " and will be sent."] : ["Scans are kept here and sent later."]));
    else if (scans) { said.push(strong, " to be answered."); }
    if (refused) said.push(`${said.length ? " " : ""}${counted(refused, "booking")} ${refused === 1 ? "was" : "were"} refused.`);
    one("[data-waiting]", band).replaceChildren(...said);
    band.classList.toggle("bad", refused > 0);
    one("button", band).hidden = !list.length;
    const show = () => { band.hidden = !said.length; };
    // An answer that comes at once is not worth a flash of the band.
    if (said.length && band.hidden && !cut && !refused && !signedOut) slow = setTimeout(show, 1200); else show();
  }
  const rows = list.map((entry) => {
    const row = document.createElement("li");
    row.className = entry.refused ? "refused" : "";
    const words = document.createElement("span");
    const name = document.createElement("b");
    name.textContent = entry.words;
    const more = document.createElement("span");
    more.className = "small mid";
    const at = new Date(entry.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    more.textContent = entry.refused ? `${at} · refused: ${entry.refused}` : `${at} · waits`;
    words.append(name, document.createElement("br"), more);
    row.append(words);
    if (entry.refused) {
      const away = document.createElement("button");
      away.className = "btn";
      away.type = "button";
      away.textContent = "Put away";
      away.addEventListener("click", () => { shelf.drop(entry.name); paint(); });
      row.append(away);
    }
    return row;
  });
  one("[data-kept]")?.replaceChildren(...rows);
  draw();
}
one("[data-send]")?.addEventListener("click", () => { patience = 2000; send(); });

// ── Right and wrong: color, icon, word, sound, vibration ─────────────────
let audio;
function beep(right) {
  if (kept("sound") === "off") return;
  try {
    audio ??= new AudioContext();
    for (const [at, pitch] of right ? [[0, 1320]] : [[0, 220], [0.2, 220]]) {
      const tone = audio.createOscillator();
      const level = audio.createGain();
      tone.frequency.value = pitch;
      tone.type = right ? "sine" : "square";
      level.gain.setValueAtTime(0.2, audio.currentTime + at);
      level.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.14);
      tone.connect(level).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.15);
    }
  } catch { /* no sound here */ }
}
function hear(right, words, more = "") {
  const box = one("#heard");
  if (!box) return;
  box.hidden = false;
  box.className = `scan ${right ? "right" : "wrong"}`;
  one("[data-heard-icon]", box).replaceChildren(one(right ? "#icon-right" : "#icon-wrong").content.cloneNode(true));
  one("[data-heard]", box).textContent = words;
  one("[data-heard-more]", box).textContent = more;
  beep(right);
  navigator.vibrate?.(right ? 40 : [120, 60, 120, 60, 120]);
}

// ── What a scanner sends ─────────────────────────────────────────────────
const checks = (digits) => [...digits].reverse().reduce((sum, digit, at) => sum + Number(digit) * (at % 2 ? 3 : 1), 0) % 10 === 0;
const padded = (digits) => (/^(\d{8}|\d{12,14})$/.test(digits) && checks(digits) ? digits.padStart(14, "0") : null);
/** A code as text and, where it carries one, its GTIN with 14 digits: plain, or in GS1 elements behind the identifier 01. */
function readCode(raw) {
  const text = raw.trim().replace(/^\][A-Za-z]\d/, "").replace(/^\x1d/, "");
  const element = text.match(/\(01\)\s*(\d{14})/) ?? text.match(/^01(\d{14})/) ?? text.match(/\x1d01(\d{14})/);
  return { text, gtin: (element && padded(element[1])) ?? padded(text) };
}
const isOf = (item, { text, gtin }) =>
  item.dataset.sku === text || item.dataset.sku.toLowerCase() === text.toLowerCase() || (gtin && padded(item.dataset.gtin) === gtin);

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

// ── Picking: one stop at a time ──────────────────────────────────────────
const current = () => {
  const stops = items().filter((item) => left(item) > 0);
  return stops.find((stop) => nameOf(stop) === at) ?? stops.find((stop) => !stop.hidden) ?? stops[0];
};
function drawPick() {
  const stops = items();
  const stop = current();
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
    if (rest) rest.textContent = shown(its, item);
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
  const next = current();
  const more = rest ? `${rest} more` : next ? `Next: ${next.dataset.item}` : "Everything is picked.";
  hear(true, `Right: ${picked} of ${whole} picked`, more);
  draw();
}

// ── Packing: units into the open parcel ──────────────────────────────────
let weighed = false;
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
  if (!weight.value) missing.push("the weight");
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

// ── Shipping: an order, then its tracking number ─────────────────────────
const gone = new Set();
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

function draw() {
  if (page.floor === "pick") drawPick();
  if (page.floor === "pack") drawPack();
  if (page.floor === "ship") drawShip();
}
/** An entry was answered well. */
function leave(entry) { for (const parcel of entry.parcels ?? []) gone.add(parcel); }

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
      if (weight.value && !(Number(fields.get("weight_kg")) > 0)) return wait(weight);
      for (const item of items()) fields.set(`quantity.${nameOf(item)}`, shown(count(item), item));
      const moves = Object.fromEntries(inside.map((item) => [nameOf(item), count(item)]));
      return { kind: "pack", n: 1, words: `Parcel ${one("[data-parcel]").textContent} of ${one("h1").textContent.trim()} closed`, moves };
    }
    case "ship": {
      const parcels = fields.has("only") ? [fields.get("only")] : fields.getAll("parcel");
      if (!parcels.length) return wait(one("[data-scan]"));
      if (fields.has("only")) fields.delete("parcel");
      const rows = all("[data-parcel]").filter((row) => parcels.includes(row.dataset.parcel));
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
  if (entry.kind === "pack") { one("[data-weigh]").value = ""; weighed = false; hear(true, "Parcel closed", "The slip can be printed."); }
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
    if (full) { weighed = true; weight.focus(); draw(); return; }
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

// ── The scan field ───────────────────────────────────────────────────────
const field = () => one("[data-scan]");
function focusScan() {
  if (page.floor === "ship" || one("dialog[open], :popover-open")) return;
  setTimeout(() => { if (!document.activeElement?.matches("input, select, textarea")) field()?.focus({ preventScroll: true }); });
}
document.addEventListener("keydown", (event) => {
  const target = event.target;
  if (event.key === "Enter" && target.matches?.("[data-scan]")) {
    event.preventDefault();
    const code = target.value;
    target.value = "";
    if (page.floor !== "ship") target.inputMode = "none";
    scan(code);
  } else if (event.key === "Enter" && target.matches?.(".track")) {
    event.preventDefault();
    if (target.value) one(".check", target.closest("[data-parcel]")).checked = true;
    hear(true, target.closest("[data-parcel]").dataset.orderNumber, target.value ? `Tracking number ${target.value}` : "Without a tracking number");
    draw();
    field()?.focus();
  } else if (event.key === "Enter" && target.matches?.("[data-count]")) {
    event.preventDefault();
    target.blur();
    draw();
    focusScan();
  }
});
// A scanner types wherever the focus is: outside of fields, what it types is a scan.
addEventListener("keydown", (event) => {
  const scans = work && field() && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!scans || event.target.matches?.("input, select, textarea") || one("dialog[open], :popover-open")) return;
  event.stopPropagation();
  field().focus({ preventScroll: true });
}, true);
// The field stays without a keyboard until somebody taps it to type.
document.addEventListener("click", (event) => { if (event.target.matches("[data-scan]") && page.floor !== "ship") event.target.inputMode = "text"; });

// ── What the server has now ──────────────────────────────────────────────
let stale = false;
async function refresh() {
  if (!work) return;
  if (one(":popover-open, dialog[open]") || document.activeElement?.matches("[data-count], [data-weigh]") || shelf.all().some((entry) => !entry.refused && entry.work === work)) { stale = true; return; }
  stale = false;
  const answer = await fetch(location.pathname, { headers: { "X-Live": "1", Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
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
document.addEventListener("visibilitychange", () => { if (!document.hidden) { send(); refresh(); } });
if (page.order && window.EventSource) {
  let soon;
  const stream = new EventSource(`/live?after=${page.position}&order=${page.order}`);
  stream.addEventListener("changed", () => { clearTimeout(soon); soon = setTimeout(refresh, 300); });
  addEventListener("pagehide", () => stream.close());
}

// ── Camera ───────────────────────────────────────────────────────────────
const sees = "BarcodeDetector" in window && Boolean(navigator.mediaDevices?.getUserMedia);
let film = null;
async function camera() {
  const video = one("#camera");
  if (film) { for (const track of film.getTracks()) track.stop(); film = null; video.hidden = true; return; }
  try {
    film = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch { hear(false, "No camera", "The browser gave none. Scan, or type the code."); return; }
  video.srcObject = film;
  video.hidden = false;
  await video.play();
  const detector = new BarcodeDetector();
  let [last, when] = ["", 0];
  while (film) {
    const [seen] = await detector.detect(video).catch(() => []);
    // The same code before the camera counts once, until it has been away for a moment.
    if (seen && (seen.rawValue !== last || Date.now() - when > 1500)) scan(seen.rawValue);
    if (seen) [last, when] = [seen.rawValue, Date.now()];
    await new Promise((resume) => setTimeout(resume, 150));
  }
}

// ── At the beginning, and after each look at the server ──────────────────
function sounds() { for (const button of all("[data-sound]")) { button.hidden = false; button.setAttribute("aria-pressed", String(kept("sound") !== "off")); } }
function dress() {
  for (const button of all("[data-less], [data-more-units]")) button.hidden = false;
  for (const button of all("[data-camera]")) button.hidden = !sees;
  for (const kind of all("[data-keep]")) if (!kind.value) kind.value = kept(`field:${kind.name}`) ?? "";
  sounds();
}
dress();
paint();
focusScan();
send();
}
