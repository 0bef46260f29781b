// The console's own script: keys, the palette, theme, and pages that stay true. Without it every page still reads and
// every form still works.
"use strict";
const root = document.documentElement;
const one = (query, from = document) => from.querySelector(query);
const all = (query, from = document) => [...from.querySelectorAll(query)];

// The server writes moments in the zone of whoever looks; it learns the zone here, for the next page.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`zone=${encodeURIComponent(zone)}`)) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `zone=${encodeURIComponent(zone)}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

// A new order is kept while it is typed: until it is placed or its writer signs out, and never for somebody else.
function forgetDrafts(isGone) {
  try { for (const name of Object.keys(sessionStorage)) if (name.startsWith("draft-order/") && isGone(name)) sessionStorage.removeItem(name); } catch { /* private window */ }
}
if (document.body.dataset.who) forgetDrafts((name) => name !== `draft-order/${document.body.dataset.who}`);
// So are the floor's pages (`keeper.js`): kept for whoever looks, until they sign out, and never for somebody else.
function forgetFloor(except) {
  globalThis.caches?.keys().then((names) => names.filter((name) => name.startsWith("floor/") && name !== except).forEach((name) => caches.delete(name)));
}
if (document.body.dataset.who) forgetFloor(`floor/${document.body.dataset.who}`);
document.addEventListener("submit", (event) => { if (event.target.getAttribute("action") === "/logout") forgetFloor(); }, true);
// Where drafts of anybody were kept before.
try { localStorage.removeItem("draft-order"); } catch { /* private window */ }
if (new URLSearchParams(location.search).has("placed")) {
  forgetDrafts(() => true);
  history.replaceState(null, "", location.pathname);
}

// ── Theme ────────────────────────────────────────────────────────────────
const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } };
if (kept("theme")) root.dataset.theme = kept("theme");
const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
function switchTheme() { root.dataset.theme = isDark() ? "light" : "dark"; keep("theme", root.dataset.theme); }

// ── Dialogs ──────────────────────────────────────────────────────────────
function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  dialog.dispatchEvent(new Event("opening"));
  dialog.showModal();
  const field = one("[autofocus], input[type=search]", dialog);
  field?.focus();
  // What was looked for before is there to be typed over.
  field?.select?.();
}

/** Puts a piece of the server's page into a dialog and opens it: what an act would change. */
function show(text, href) {
  let dialog = one("#ask");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "ask";
    dialog.className = "dlg";
    document.body.append(dialog);
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  const part = one("[data-part]", page);
  if (!part) { location.href = href; return; }
  dialog.replaceChildren(...part.childNodes);
  dialog.setAttribute("aria-label", one("h2", dialog)?.textContent ?? "");
  htmx.process(dialog);
  if (!dialog.open) dialog.showModal();
  (one("[aria-invalid]", dialog) ?? one("[autofocus]", dialog))?.focus();
}
async function ask(href) {
  const answer = await fetch(href, { headers: { "X-Part": "dialog" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) { location.href = href; return; }
  show(await answer.text(), href);
  one("#ask").dataset.href = href;
}
/** Says in an open dialog that its order is not what it shows any more; what was typed stays until one looks again. */
let outdating = 0;
async function outdate() {
  const dialog = one("#ask[open]");
  const version = dialog && one("[name=version]", dialog)?.value;
  if (!version || one("[data-outdated]", dialog)) return;
  const mine = ++outdating;
  const answer = await fetch(dialog.dataset.href, { headers: { "X-Part": "dialog" } }).catch(() => null);
  const page = answer?.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const now = page && one("[data-part] [name=version]", page)?.value;
  if (mine !== outdating || !now || now === version || one("[name=version]", dialog)?.value !== version || one("[data-outdated]", dialog)) return;
  const notice = document.createElement("div");
  notice.className = "notice wait";
  notice.dataset.outdated = "";
  notice.setAttribute("role", "alert");
  const said = document.createElement("div");
  const what = document.createElement("b");
  what.textContent = "This order changed meanwhile.";
  const again = document.createElement("button");
  again.type = "button";
  again.className = "btn";
  again.textContent = "Look again";
  again.addEventListener("click", () => lookAgain(one("form", dialog)));
  said.append(what, " What is shown here is from before. ");
  notice.append(said, again);
  one("form > .body", dialog).prepend(notice);
}
/** Asks what the act would do now, with what was typed. */
async function lookAgain(form) {
  const body = new URLSearchParams(new FormData(form));
  body.delete("shown");
  body.set("preview", "yes");
  const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Part": "dialog" } }).catch(() => null);
  if (!answer) { toast("No connection. What is shown is from before.", "bad"); return; }
  show(await answer.text(), form.action);
}
/** Sends a dialog's form. The server says where to go when it was done, and else what is wrong with it, in the dialog. */
async function send(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  // What was shown follows what is typed here, and the button names no amount until it does.
  body.delete("shown");
  const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Part": "dialog" } }).catch(() => null);
  // What was only looked at is over where the act itself is under way.
  if (button?.matches("[data-preview]")) { if (form.dataset.sent) return; } else delete form.dataset.sent;
  if (!answer) { toast("No connection. Nothing was sent.", "bad"); return; }
  const place = answer.headers.get("X-Go");
  if (place) { location.href = place; return; }
  // Signed out meanwhile: sent as a page, the form is kept while its sender signs in.
  if (answer.status === 401) { HTMLFormElement.prototype.submit.call(form); return; }
  show(await answer.text(), form.action);
}

// ── Rows ─────────────────────────────────────────────────────────────────
const rows = () => all("[data-rows] > *:not(.grp)");
const current = () => one("[data-rows] > .cur");
function move(step) {
  const list = rows();
  if (!list.length) return;
  const at = list.indexOf(current());
  list[at]?.classList.remove("cur");
  const next = list[Math.min(list.length - 1, Math.max(0, at + step))];
  next.classList.add("cur");
  next.scrollIntoView({ block: "nearest" });
  if (next.closest("[data-follow]")) follow(one("a", next));
}
/** Shows what a row of a queue leads to beside the queue, without leaving the page. */
let followed = 0;
async function follow(link) {
  const mine = ++followed;
  const answer = await fetch(link.href, { headers: { "X-Live": "1" } }).catch(() => null);
  if (mine !== followed) return;
  if (!answer?.ok || answer.redirected) { location.href = link.href; return; }
  const fresh = one("#main", new DOMParser().parseFromString(await answer.text(), "text/html"));
  if (mine !== followed || !fresh) return;
  history.replaceState(null, "", link.href);
  htmx.swap({ text: fresh.outerHTML, target: one("#main"), swap: "outerMorph", select: "#main" });
}
let lastPicked = null;
function pick(row, upto) {
  const box = row && one("input[type=checkbox]", row);
  if (!box) return;
  const list = rows();
  const range = upto && lastPicked ? list.slice(...[list.indexOf(lastPicked), list.indexOf(row)].sort((a, b) => a - b).map((n, i) => n + i)) : [row];
  const checked = upto ? true : !box.checked;
  for (const each of range) { const its = one("input[type=checkbox]", each); if (its) its.checked = checked; }
  lastPicked = row;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}
document.addEventListener("change", (event) => {
  if (!event.target.matches(".check")) return;
  if (event.target.matches("[data-all]")) for (const box of all("[data-rows] .check")) box.checked = event.target.checked;
  for (const row of rows()) row.classList.toggle("sel", Boolean(one(".check:checked", row)));
  const count = all("[data-rows] .check:checked").length;
  const master = one("[data-all]");
  if (master) { master.checked = count > 0 && count === rows().length; master.indeterminate = count > 0 && !master.checked; }
  const said = one("[data-count]");
  if (said) said.textContent = count;
});

// ── Clicks ───────────────────────────────────────────────────────────────
document.addEventListener("click", (event) => {
  const at = (query) => event.target.closest(query);
  let hit;
  if ((hit = at("[data-open]"))) open(hit.dataset.open);
  else if ((hit = at("[data-close]"))) { const dialog = hit.closest("dialog"); if (dialog) { event.preventDefault(); dialog.close(); } }
  else if (at("[data-theme-switch]")) switchTheme();
  else if ((hit = at("[data-dismiss]"))) hit.closest(".toast")?.remove();
  else if ((hit = at("[data-copy]"))) navigator.clipboard?.writeText(hit.dataset.copy).then(() => toast(`${hit.dataset.copy} copied`), () => {});
  else if (at("[data-arrived]")) location.reload();
  else if (at("[data-print]")) print();
  else if ((hit = at("[data-follow] a")) && !event.metaKey && !event.ctrlKey && !event.shiftKey && matchMedia("(width >= 60rem)").matches) { event.preventDefault(); follow(hit); }
  else if ((hit = at("a[data-ask]")) && !event.metaKey && !event.ctrlKey && !event.shiftKey) { event.preventDefault(); hit.closest("[popover]")?.hidePopover(); ask(hit.href); }
});
// What a dialog would change follows what is typed in it.
let previewed = 0;
let previewing;
async function preview(form) {
  const button = one("[data-preview]", form);
  const mine = ++previewed;
  const body = new URLSearchParams(new FormData(form, button));
  const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Part": "dialog" } }).catch(() => null);
  const text = await answer?.text();
  // What was typed since is asked about by a later question.
  if (!text || mine !== previewed || !form.isConnected) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  for (const part of ["[data-effects]", "header"]) {
    const [its, here] = [one(`[data-part] ${part}`, page), one(part, form)];
    if (its && here) here.replaceChildren(...its.childNodes);
  }
  // The button stays the one that it is, so that it keeps the focus and a click that has begun.
  const [its, here] = ["[data-part] [data-does]", "[data-does]"].map((query, at) => one(query, at ? form : page));
  if (!its || !here) return;
  for (const name of here.getAttributeNames()) if (!its.hasAttribute(name)) here.removeAttribute(name);
  for (const name of its.getAttributeNames()) here.setAttribute(name, its.getAttribute(name));
  here.textContent = its.textContent;
}
const previewable = (event) => { const form = event.target.closest?.("#ask form, [data-part] form"); return form && one("[data-preview]", form) && form; };
document.addEventListener("input", (event) => {
  const form = previewable(event);
  if (!form) return;
  // Until the answer is there the button names no amount: what it named is not what it would do any more.
  previewed++;
  const button = one("[data-does]", form);
  if (button) button.textContent = button.dataset.does;
  clearTimeout(previewing);
  previewing = setTimeout(() => preview(form), 250);
});
document.addEventListener("change", (event) => {
  const form = previewable(event);
  if (!form) return;
  clearTimeout(previewing);
  preview(form);
});
// A second click on a form that is on its way is the same act; the key in it makes sure, this spares the wait.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches('[action="/logout"]')) forgetDrafts(() => true);
  if (form.matches("[data-bulk-form]")) { event.preventDefault(); ask(`${form.action}?${new URLSearchParams(new FormData(form, event.submitter))}`); return; }
  if (form.matches("[data-export]")) { exporting(form); return; }
  if (form.method !== "post") { for (const field of all("input, select", form)) if (!field.value) field.disabled = true; return; }
  if (form.dataset.sent) { event.preventDefault(); return; }
  // A look at what would change keeps nobody from doing it.
  if (event.submitter?.matches("[data-preview]") && form.closest("#ask")) { event.preventDefault(); send(form, event.submitter); return; }
  form.dataset.sent = "yes";
  if (form.closest("#ask")) { event.preventDefault(); send(form, event.submitter); return; }
  setTimeout(() => delete form.dataset.sent, 5000);
});
/** A file that is being made: the server sets a cookie when it begins to send it. */
function exporting(form) {
  const said = one("[data-progress]", form);
  const button = one("button.primary", form);
  const token = form.elements.token.value;
  const began = Date.now();
  said.textContent = "Preparing…";
  button.setAttribute("aria-disabled", "true");
  const timer = setInterval(() => {
    const found = document.cookie.match(new RegExp(`exported=${token}\\.(\\d*)`));
    const seconds = Math.round((Date.now() - began) / 1000);
    said.textContent = found ? (found[1] ? `Made: ${Number(found[1]).toLocaleString()} orders. The browser has the file, or is taking it in.` : "Made. The browser has the file, or is taking it in.") : `Preparing… ${seconds} s`;
    if (found || seconds > 600) { clearInterval(timer); button.removeAttribute("aria-disabled"); document.cookie = "exported=; Path=/; Max-Age=0"; }
  }, 250);
}
document.addEventListener("reset", () => setTimeout(() => { const box = one("[data-rows] .check"); for (const each of all("[data-rows] .check")) each.checked = false; box?.dispatchEvent(new Event("change", { bubbles: true })); }));
addEventListener("pageshow", () => {
  for (const form of all("form")) { delete form.dataset.sent; for (const field of all("input, select", form)) if (form.method !== "post") field.disabled = false; }
});

/** The time of day as pages write it. */
function clock() {
  const now = new Date();
  return `${now.getHours()}:${String(now.getMinutes()).padStart(2, "0")}`;
}
function toast(text, tone = "") {
  const box = document.createElement("div");
  box.className = `toast ${tone}`;
  const said = document.createElement("span");
  said.textContent = text;
  box.append(said);
  one("#toasts")?.append(box);
  setTimeout(() => box.remove(), 6000);
}
for (const said of all("#toasts .toast")) setTimeout(() => said.remove(), 6000);

// ── Keys ─────────────────────────────────────────────────────────────────
let leader = "";
const inField = (target) => target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
document.addEventListener("keydown", (event) => {
  if ((event.metaKey || event.ctrlKey) && event.key === "k") { event.preventDefault(); open("palette"); return; }
  if ((event.metaKey || event.ctrlKey) && event.key === "Enter") {
    const form = event.target.closest?.("form") ?? one("form[data-main]");
    if (form) { event.preventDefault(); form.requestSubmit(); }
    return;
  }
  if (event.key === "Escape" && inField(event.target) && !one("dialog[open]")) { event.target.blur(); return; }
  if (inField(event.target) || one("dialog[open]") || event.metaKey || event.ctrlKey || event.altKey) return;
  // What floats is closed by the browser, unless somebody prevents it.
  if (event.key === "Escape" && one(":popover-open")) return;
  if (kept("keys") === "off") return;
  const go = leader === "g" && one(`[data-go="${CSS.escape(event.key)}"]`);
  leader = event.key === "g" ? "g" : "";
  if (go) { location.href = go.href; return; }
  const acts = {
    "/": () => open("palette"), "?": () => open("help"), t: switchTheme, j: () => move(1), k: () => move(-1),
    x: () => pick(current(), false), X: () => pick(current(), true),
    ".": () => { const arrived = one("[data-arrived]"); if (arrived && !arrived.hidden) location.reload(); },
    Enter: () => { const link = current() && one("a", current()); if (link && document.activeElement === document.body) link.click(); },
    Escape: () => all("[data-rows] .check:checked").forEach((box) => { box.checked = false; box.dispatchEvent(new Event("change", { bubbles: true })); }),
  };
  // A key of rows is for the row that the cursor is on.
  const own = all(`[data-key="${CSS.escape(event.key)}"]`).find((each) => each.checkVisibility() && (!each.closest("[data-rows]") || current()?.contains(each)));
  const act = own ? () => (own.matches("input") ? own.focus() : own.click()) : acts[event.key];
  if (!act) return;
  if (event.key !== "Enter") event.preventDefault();
  act();
});

// Where one is, among tabs that do not all fit.
one(".views [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// ── Menus ────────────────────────────────────────────────────────────────
// Whoever opens one is in it: the arrows go through it, Escape goes back to its button.
const choices = (menu) => all("a[href], button", menu);
document.addEventListener("toggle", (event) => {
  if (event.newState === "open" && event.target.matches(".pop.menu")) choices(event.target)[0]?.focus();
}, true);
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".pop.menu");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!menu || !step) return;
  event.preventDefault();
  const list = choices(menu);
  list[(list.indexOf(document.activeElement) + step + list.length) % list.length]?.focus();
});

// ── Names in notes ───────────────────────────────────────────────────────
// Behind an @ colleagues are offered; the one taken is written out, so that it is clear who is meant.
const AT = /(?:^|[^\p{L}\p{N}_])@([\p{L}\p{N}][\p{L}\p{N} .'’-]{0,30})?$/u;
const offers = (field) => {
  const box = field.closest(".combo");
  let list = one(".options", box);
  if (!list) {
    list = document.createElement("ul");
    list.className = "options";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Colleagues");
    list.hidden = true;
    list.addEventListener("mousedown", (event) => { const hit = event.target.closest("li"); if (hit) { event.preventDefault(); mention(field, list, hit); } });
    box.append(list);
  }
  return list;
};
function mention(field, list, choice) {
  const [before, after] = [field.value.slice(0, field.selectionStart), field.value.slice(field.selectionStart)];
  const kept = before.slice(0, before.lastIndexOf("@") + 1);
  field.value = `${kept}${choice.dataset.name} ${after}`;
  field.selectionStart = field.selectionEnd = kept.length + choice.dataset.name.length + 1;
  list.hidden = true;
}
let sought = 0;
document.addEventListener("input", async (event) => {
  const field = event.target;
  if (!field.matches?.("[data-names]")) return;
  const mine = ++sought;
  const typed = field.value.slice(0, field.selectionStart).match(AT);
  if (!typed) { offers(field).hidden = true; return; }
  const answer = await fetch(typed[1] ? `/colleagues?q=${encodeURIComponent(typed[1])}` : "/colleagues").catch(() => null);
  const found = answer?.ok && !answer.redirected ? await answer.text() : null;
  if (mine !== sought || found === null) return;
  // The page may have been shown anew meanwhile, and the list with it.
  const list = offers(field);
  list.replaceChildren(...new DOMParser().parseFromString(`<ul>${found}</ul>`, "text/html").querySelector("ul").childNodes);
  list.hidden = !list.children.length;
  list.firstElementChild?.setAttribute("aria-selected", "true");
});
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-names]")) return;
  const list = offers(field);
  if (list.hidden) return;
  const choices = all("li", list);
  const at = choices.findIndex((each) => each.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    const next = choices[(at + step + choices.length) % choices.length];
    for (const each of choices) each.setAttribute("aria-selected", String(each === next));
  } else if (event.key === "Enter" || event.key === "Tab") {
    if (event.ctrlKey || event.metaKey || event.shiftKey || at < 0) return;
    mention(field, list, choices[at]);
  } else if (event.key === "Escape") list.hidden = true;
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);
document.addEventListener("focusout", (event) => { if (event.target.matches?.("[data-names]")) { sought++; offers(event.target).hidden = true; } });

// ── Palette ──────────────────────────────────────────────────────────────
const palette = one("#palette");
if (palette) {
  const field = one("input", palette);
  const found = one("#found", palette);
  const entries = () => all("li:not([hidden])", palette);
  const choose = (item) => { for (const each of entries()) each.toggleAttribute("aria-selected", false); item?.setAttribute("aria-selected", "true"); item?.scrollIntoView({ block: "nearest" }); };
  const chosen = () => one("li[aria-selected=true]:not([hidden])", palette);
  let asked = 0;
  let timer;
  field.addEventListener("input", () => {
    const text = field.value.trim().toLowerCase();
    for (const item of all("[data-commands] li, [data-acts] li", palette)) item.hidden = text !== "" && !item.textContent.toLowerCase().includes(text);
    one("[data-here]", palette).hidden = !one("[data-acts] li:not([hidden])", palette);
    one("[data-go]", palette).hidden = !one("[data-commands] li:not([hidden])", palette);
    // What is known here needs no answer; what is found comes before it.
    choose(text ? one("[data-acts] li:not([hidden]), [data-commands] li:not([hidden])", palette) : entries()[0]);
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++asked;
      if (text.length < 2) { found.replaceChildren(); choose(entries()[0]); return; }
      const answer = await fetch(`/search?part=1&q=${encodeURIComponent(text)}`).catch(() => null);
      if (mine !== asked || !answer?.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      found.replaceChildren(...page.body.childNodes);
      // Something to do or a place to go by that name is found, too.
      const none = one(".none", found);
      if (none && one("[data-acts] li:not([hidden]), [data-commands] li:not([hidden])", palette)) none.remove();
      choose(entries()[0]);
    }, 120);
  });
  // What can be done on this page is found by typing, too.
  const acts = one("[data-acts]", palette);
  palette.addEventListener("opening", () => {
    const seen = new Set();
    const offered = all("#acts a[data-ask], #main a.btn[data-ask], #main a.btn[data-key]").filter((link) => {
      const words = link.textContent.trim();
      return words && !link.closest("[data-rows] > *") && !seen.has(link.href) && seen.add(link.href);
    });
    acts.replaceChildren(...offered.map((link) => {
      const item = document.createElement("li");
      const its = document.createElement("a");
      its.href = link.href;
      if (link.matches("[data-ask]")) its.dataset.ask = "";
      its.textContent = [...link.childNodes].filter((part) => part.nodeName !== "KBD").map((part) => part.textContent).join("").trim();
      item.append(its);
      return item;
    }));
    one("[data-here]", palette).hidden = !offered.length;
  });
  palette.addEventListener("click", (event) => { if (event.target.closest("a[data-ask]")) palette.close(); });
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
  palette.addEventListener("keydown", (event) => {
    // A search field would take the key to empty itself.
    if (event.key === "Escape") { event.preventDefault(); palette.close(); return; }
    const list = entries();
    const at = list.indexOf(chosen());
    if (event.key === "ArrowDown") { event.preventDefault(); choose(list[Math.min(list.length - 1, at + 1)]); }
    if (event.key === "ArrowUp") { event.preventDefault(); choose(list[Math.max(0, at - 1)]); }
    if (event.key === "Enter") {
      const link = one("a", chosen() ?? palette.ownerDocument.createElement("i"));
      if (!link) return;
      event.preventDefault();
      if (event.metaKey || event.ctrlKey) window.open(link.href);
      else link.click();
    }
  });
}

// ── Live ─────────────────────────────────────────────────────────────────
// The server says that something changed; the page asks for itself again and takes over what is new. Nothing moves under
// the pointer: a list says how many arrived, everything else changes in place.
const body = document.body;
const mode = body.dataset.live;
if (mode && window.EventSource) {
  const light = one("#live");
  const subject = body.dataset.subject;
  let position = Number(body.dataset.position);
  const stream = new EventSource(`/live?after=${position}${mode === "order" ? `&order=${subject}` : ""}`);
  let lastHeard = clock();
  stream.addEventListener("open", () => { light.hidden = false; light.classList.remove("cut-off"); light.textContent = "Live"; lastHeard = clock(); });
  stream.addEventListener("error", () => { light.hidden = false; light.classList.add("cut-off"); light.textContent = `Not live. What you see is from ${lastHeard}.`; });
  let busy = false;
  let again = false;
  const refresh = async () => {
    if (busy) { again = true; return; }
    if (one("dialog[open]:not(#palette)") || document.hidden) { again = true; return; }
    busy = true;
    again = false;
    try {
      const asked = location.href;
      const answer = await fetch(asked, { headers: { "X-Live": "1" } });
      const text = await answer.text();
      // Whoever went on in a queue meanwhile is not taken back to what they left.
      // Neither is a list taken from whoever chooses from it.
      if (asked !== location.href || one(".options:not([hidden])")) again = true;
      else if (answer.ok && !answer.redirected) take(new DOMParser().parseFromString(text, "text/html"));
    } catch { /* the stream says so */ }
    busy = false;
    if (again) setTimeout(refresh, 500);
  };
  const take = (page) => {
    lastHeard = clock();
    position = Number(page.body.dataset.position) || position;
    for (const link of all(".rail a[href]:not(.shop), .tabbar a[href]")) {
      const its = one(`.${link.closest("nav").classList[0]} a[href="${CSS.escape(link.getAttribute("href"))}"]:not(.shop)`, page);
      if (its && its.innerHTML !== link.innerHTML) link.replaceChildren(...its.childNodes);
    }
    if (mode === "orders") { takeRows(page); return; }
    const main = one("#main");
    const fresh = one("#main", page);
    const at = current()?.dataset.id;
    if (fresh && at) {
      // The cursor stays on its row, and nothing takes the keys from it.
      one(`[data-rows] > [data-id="${CSS.escape(at)}"]`, fresh)?.classList.add("cur");
      for (const field of all("[autofocus]", fresh)) field.removeAttribute("autofocus");
    }
    // What a colleague did on this order is said once; the page itself shows what it changed.
    if (mode === "order" && fresh) {
      const arrived = all(".tl .what", fresh).slice(0, Math.max(0, all(".tl .what", fresh).length - all(".tl .what").length));
      const persons = arrived.find((what) => !one(".quiet", what)?.textContent.startsWith("· Waybill"));
      if (persons) toast(`${persons.firstChild.textContent.trim()} ${one(".quiet", persons).textContent}`);
    }
    if (main && fresh) htmx.swap({ text: fresh.outerHTML, target: main, swap: "outerMorph", select: "#main" });
  };
  const takeRows = (page) => {
    const fresh = new Map(all("[data-rows] > [data-id]", page).map((row) => [row.dataset.id, row]));
    for (const row of all("[data-rows] > [data-id]")) {
      const its = fresh.get(row.dataset.id);
      fresh.delete(row.dataset.id);
      if (!its) continue;
      const cells = all("td:not(.pick)", row);
      all("td:not(.pick)", its).forEach((cell, at) => {
        if (cells[at] && cells[at].innerHTML !== cell.innerHTML) { cells[at].replaceWith(cell); row.classList.add("fresh"); }
      });
    }
    const bar = one("[data-arrived]");
    const isFirstPage = !new URLSearchParams(location.search).has("after");
    if (bar && isFirstPage && fresh.size) {
      bar.hidden = false;
      one("span", bar).textContent = fresh.size === 1 ? "1 order arrived" : `${fresh.size >= 50 ? "50 or more" : fresh.size} orders arrived`;
    }
  };
  stream.addEventListener("named", () => toast("A colleague named you in a note. Today has it."));
  let timer;
  let later;
  stream.addEventListener("changed", (event) => {
    const { position: now } = JSON.parse(event.data);
    if (now && now <= position) return;
    outdate();
    clearTimeout(timer);
    timer = setTimeout(refresh, 100);
    // Sums follow the log by a moment.
    if (body.dataset.lag) { clearTimeout(later); later = setTimeout(refresh, Number(body.dataset.lag)); }
  });
  addEventListener("visibilitychange", () => { if (!document.hidden && again) refresh(); });
  addEventListener("close", () => { if (again) refresh(); }, true);
  addEventListener("pagehide", () => stream.close());
}
