// The floor's script: a scan is right or wrong at once, and whatever is booked is kept here, with a key of its own, until
// the server has answered it. Without it the same forms work by hand. Its files are served as one.
"use strict";
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
  sendKept();
}

// ── Sending, in order, one at a time ─────────────────────────────────────
let cut = !navigator.onLine || Boolean(page.asOf);
let signedOut = false;
let sending = false;
let again = false;
let patience = 2000;
let resend;
function later() { clearTimeout(resend); resend = setTimeout(sendKept, patience); patience = Math.min(30000, patience * 2); }
async function sendKept() {
  if (sending) { again = true; return; }
  sending = true;
  try { await (navigator.locks ? navigator.locks.request("scans", sendAll) : sendAll()); } finally { sending = false; }
  paint();
  if (again) { again = false; sendKept(); }
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
addEventListener("online", () => { cut = Boolean(page.asOf); patience = 2000; paint(); sendKept(); seekServer(); });
addEventListener("offline", () => { cut = true; paint(); });
addEventListener("storage", () => paint());

// ── The band that says what waits ────────────────────────────────────────
const hourOf = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
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
    else if (cut) said.push(page.asOf ? `No connection, as of ${hourOf(Number(page.asOf))}. ` : "No connection. ", ...(scans ? [strong, " and will be sent."] : ["Scans are kept here and sent later."]));
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
    const at = hourOf(entry.at);
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
one("[data-send]")?.addEventListener("click", () => { patience = 2000; sendKept(); });
