// The new order by keyboard: finding customers and items, the sum while one types, and a draft that outlives a reload.
// Without this the same form has rows to type SKUs into.
"use strict";
function startEntry() {
  const form = document.querySelector("#entry");
  if (!form) return;
  const find = (query, from = form) => from.querySelector(query);
  const field = (name) => form.elements.namedItem(name);
  const body = find("[data-lines]");
  const blank = find("[data-spare]", body).cloneNode(true);
  const lines = () => [...body.children];
  const part = (row, name) => find(`[name$=".${name}"]`, row);

  for (const part of form.querySelectorAll("[data-scripted]")) part.hidden = false;

  // ── Rows ───────────────────────────────────────────────────────────────
  for (const row of body.querySelectorAll("[data-spare]")) row.remove();
  const renumber = () => lines().forEach((row, n) => {
    for (const input of row.querySelectorAll("input")) {
      input.name = input.name.replace(/\[\d+\]/, `[${n}]`);
      input.id = input.name;
    }
    find("[data-remove]", row).hidden = false;
  });
  /** A row that stands nowhere yet. */
  function made(item, quantity, price) {
    const row = blank.cloneNode(true);
    row.removeAttribute("data-spare");
    part(row, "sku").value = item.sku;
    part(row, "quantity").value = quantity;
    part(row, "unit_price").value = price ?? "";
    name(row, item);
    find("[data-sold]", row).textContent = item.sold ?? "";
    return row;
  }
  /** Fills in what the item was last sold at, and says where that comes from; never over what somebody typed. */
  function offer(row, item) {
    const its = part(row, "unit_price");
    if (its.value || its.matches("[aria-invalid]") || !item.price) return;
    its.value = row.dataset.offered = item.price;
    find("[data-sold]", row).textContent = item.sold;
    // Typed over at once, or taken by Enter.
    if (its === document.activeElement) its.select();
  }
  function name(row, item) {
    find("[data-name]", row).textContent = item.name ?? "";
    const stock = find("[data-stock]", row);
    stock.textContent = item.stock ?? "";
    if (item.places) {
      const places = document.createElement("span");
      places.className = "small quiet";
      places.textContent = item.places;
      stock.append(places);
    }
    for (const its of ["available", "precision"]) {
      if (item[its] === undefined) delete row.dataset[its];
      else row.dataset[its] = item[its];
    }
  }
  let told = 0;
  /** Says at a row what is wrong with one of its fields. */
  function wrong(row, its, message) {
    mended(row, its);
    const said = document.createElement("p");
    said.className = "err";
    said.id = `wrong-${told += 1}`;
    said.textContent = message;
    find("[data-name]", row).after(said);
    row.classList.add("wrong");
    part(row, its).setAttribute("aria-invalid", "true");
    part(row, its).setAttribute("aria-describedby", said.id);
  }
  function mended(row, its) {
    const input = part(row, its);
    if (!input.matches("[aria-invalid]")) return;
    find(`#${CSS.escape(input.getAttribute("aria-describedby"))}`, row)?.remove();
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    row.classList.toggle("wrong", Boolean(find("[aria-invalid]", row)));
  }
  function more(row, quantity) {
    part(row, "quantity").value = (number(part(row, "quantity")) || 0) + Number(quantity);
  }
  function add(item, quantity = "1", price = "") {
    const there = lines().find((row) => part(row, "sku").value === item.sku);
    if (there && !price) {
      more(there, quantity);
      part(there, "quantity").select();
      sum();
      return there;
    }
    const row = made(item, quantity, price);
    body.append(row);
    renumber();
    sum();
    return row;
  }

  // ── The sum ────────────────────────────────────────────────────────────
  const digits = () => ({ JPY: 0, KRW: 0, ISK: 0, KWD: 3, BHD: 3, TND: 3 })[field("currency").value.trim().toUpperCase()] ?? 2;
  const shown = (amount) => amount.toLocaleString("en", { minimumFractionDigits: digits(), maximumFractionDigits: digits() });
  /** What a number field says: nothing is null, and what is no number, or below zero, is not a number. */
  function number(input) {
    const text = input.value.trim();
    if (text === "") return null;
    return /^\d+([.,]\d+)?$/.test(text) ? Number(text.replace(",", ".")) : NaN;
  }
  const many = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
  function sum() {
    const fraction = 10 ** digits();
    let goods = 0;
    let units = 0;
    let unknown = 0;
    for (const row of lines()) {
      const quantity = number(part(row, "quantity")) ?? NaN;
      const amount = quantity * (number(part(row, "unit_price")) ?? NaN);
      const isKnown = Number.isFinite(amount);
      find("[data-amount]", row).textContent = isKnown ? shown(amount) : "";
      if (isKnown) goods += Math.round(amount * fraction) / fraction;
      else unknown += 1;
      if (Number.isFinite(quantity)) units += quantity;
    }
    // A sum that leaves something out says so.
    const without = unknown ? [many(unknown, "line")] : [];
    let total = goods;
    for (const name of ["shipping", "tax"]) {
      const amount = number(field(name)) ?? 0;
      const isKnown = Number.isFinite(amount);
      find(`[data-${name}]`).textContent = isKnown ? shown(amount) : "–";
      if (isKnown) total += amount;
      else without.push(name);
    }
    find("[data-units]").textContent = units ? `Items, ${many(units, "unit")}` : "Items";
    find("[data-goods]").textContent = shown(goods);
    find("[data-whole]").textContent = without.length ? `Total, without ${without.join(", ")}` : "Total";
    find("[data-total]").textContent = `${shown(total)} ${field("currency").value.trim().toUpperCase()}`;
    const card = find('[name="payment.method"]:checked')?.value === "card";
    find("[data-card]").hidden = !card;
    waits();
  }
  /** Says where more is asked for than there is: a note, for the order may be placed all the same. */
  function waits() {
    const asked = new Map();
    for (const row of lines()) {
      const { available, precision } = row.dataset;
      const input = part(row, "quantity");
      const sku = part(row, "sku").value;
      const units = Math.round((number(input) || 0) * 10 ** (precision ?? 0));
      // Lines of one item ask for the same units.
      const all = (asked.get(sku) ?? 0) + units;
      asked.set(sku, all);
      const short = available !== undefined && units > 0 ? Math.min(all - available, units) : 0;
      const written = (count) => (count / 10 ** precision).toLocaleString("en", { maximumFractionDigits: 6 });
      const note = find("[data-waits]", row);
      const text = short > 0 ? `${written(all)} asked, ${written(available)} available: ${written(short)} would wait for stock` : "";
      if (note.textContent !== text) note.textContent = text;
      if (input.matches("[aria-invalid]")) continue;
      if (text) { note.id = `${input.id}-waits`; input.setAttribute("aria-describedby", note.id); }
      else input.removeAttribute("aria-describedby");
    }
  }

  // ── Offers while typing ────────────────────────────────────────────────
  function combo(name, choose) {
    const box = find(`[data-combo="${name}"]`);
    const input = find("input", box);
    const list = find("ul", box);
    box.hidden = false;
    let asked = 0;
    let timer;
    /** The text that the offers are for. */
    let offered = "";
    const options = () => [...list.querySelectorAll("li:not([aria-disabled])")];
    const chosen = () => list.querySelector("[aria-selected=true]");
    const select = (option) => { for (const one of options()) one.setAttribute("aria-selected", String(one === option)); option?.scrollIntoView({ block: "nearest" }); };
    const close = () => { list.hidden = true; offered = ""; list.replaceChildren(); input.setAttribute("aria-expanded", "false"); };
    const sought = () => input.value.replace(/^\s*\d+([.,]\d+)?\s*\*\s*/, "").trim();
    async function look() {
      const text = sought();
      if (text.length < 2) { close(); return; }
      const mine = ++asked;
      const answer = await fetch(`/orders/new/${name}?q=${encodeURIComponent(text)}`).catch(() => null);
      if (mine !== asked || !answer?.ok) return;
      list.replaceChildren(...new DOMParser().parseFromString(`<ul>${await answer.text()}</ul>`, "text/html").querySelector("ul").childNodes);
      list.hidden = false;
      offered = text;
      input.setAttribute("aria-expanded", "true");
      select(options()[0]);
    }
    function take(option) {
      const amount = input.value.match(/^\s*(\d+(?:[.,]\d+)?)\s*\*/)?.[1].replace(",", ".");
      input.value = "";
      asked += 1;
      clearTimeout(timer);
      close();
      choose(option.dataset, amount);
    }
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 90); });
    input.addEventListener("keydown", async (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const all = options();
        const at = all.indexOf(chosen());
        select(all[Math.min(all.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)))]);
      } else if (event.key === "Enter") {
        if (event.metaKey || event.ctrlKey) return;
        event.preventDefault();
        // A scanner, and many a clerk, is faster than the offers: what was typed to the end is looked up first.
        if (offered !== sought() && sought().length >= 2) { clearTimeout(timer); await look(); }
        const option = chosen();
        if (option) take(option);
      } else if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); close(); }
    });
    // Whoever is back at once goes on with what they look for.
    let leaving;
    input.addEventListener("blur", () => { leaving = setTimeout(close, 150); });
    input.addEventListener("focus", () => clearTimeout(leaving));
    list.addEventListener("mousedown", (event) => { const option = event.target.closest("li:not([aria-disabled])"); if (option) { event.preventDefault(); take(option); } });
    return input;
  }
  const items = combo("items", (item, amount) => {
    const row = add(item, amount ?? "1");
    const price = part(row, "unit_price");
    if (!amount) part(row, "quantity").select();
    else if (price.value) items.focus();
    else price.focus();
    keep();
    if (!price.value) named([row]);
  });
  combo("customers", (customer) => {
    for (const name of ["code", "name", "company", "email", "phone"]) field(`customer.${name}`).value = customer[name] ?? "";
    keep();
    items.focus();
    recall();
  });
  // What the customer ordered last and what is noted of them, whichever way the code came into its field.
  async function recall() {
    const code = field("customer.code").value.trim();
    const answer = code && await fetch(`/orders/new/customers/${encodeURIComponent(code)}`).catch(() => null);
    if (code !== field("customer.code").value.trim()) return;
    const text = answer?.ok ? await answer.text() : "";
    find("[data-history]").replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
    address();
  }
  /** Where the last order went is most likely where this one goes; never over what somebody typed. */
  function address() {
    const parts = [...form.querySelectorAll("[data-history] [data-to] [data-name]")];
    const isEmpty = ["name", "company", "line1", "line2", "city", "postal_code", "region"].every((name) => !field(`ship_to.${name}`).value.trim());
    // Whoever emptied it is not given it again by a form that came back.
    if (!parts.length || !isEmpty || document.querySelector("#problems")) return;
    for (const part of parts) { const its = field(`ship_to.${part.dataset.name}`); if (its) its.value = part.textContent; }
    keep();
  }
  field("customer.code").addEventListener("change", recall);

  // ── Keys within the table ──────────────────────────────────────────────
  body.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const row = event.target.closest("tr");
    if (event.target.name.endsWith(".quantity") && !part(row, "unit_price").value) part(row, "unit_price").focus();
    else items.focus();
  });
  body.addEventListener("click", (event) => {
    if (!event.target.closest("[data-remove]")) return;
    event.target.closest("tr").remove();
    renumber();
    sum();
    keep();
    items.focus();
  });
  // ── A list copied from a sheet or a mail: SKU, units and price, one line each ──
  const LINES_MAX = 900;
  const SKUS_ASKED = 100;
  /** One mark parts the cells of the whole list, so that a comma may be within a price. */
  function cells(text) {
    const list = text.split(/\r?\n/).filter((line) => line.trim());
    const has = (pattern) => list.some((line) => pattern.test(line));
    const mark = has(/\t/) ? "\t" : has(/;/) ? ";" : has(/^[^\s,]+\s*,/) ? "," : /\s+/;
    return list.map((line) => (mark === "\t" ? line : line.trim()).split(mark).map((cell) => cell.trim()))
      // After a cell too many nobody knows which of them make a number.
      .map(([sku, quantity, ...rest]) => {
        const isWhole = mark === "\t" || mark === ";" || rest.length < 2;
        return { sku, quantity, isWhole, price: isWhole ? rest[0] : rest.join(" ") };
      });
  }
  /** A number as people of different countries write it, with a point for its decimals; null where it could be another one. */
  function read(text) {
    const plain = text.replace(/^[€$£]\s*|\s*[€$£]$/g, "").replace(/^[A-Z]{3}\s+|\s+[A-Z]{3}$/g, "").replace(/[\u00a0\u202f]/g, " ");
    const [, whole, point, rest] = plain.match(/^(\d[\d., ']*?)(?:([.,])(\d*))?$/) ?? [];
    if (whole === undefined || rest === "") return null;
    const marks = new Set(whole.replace(/\d/g, ""));
    // Three digits behind the only mark are thousands to some and decimals to others.
    const isEither = !marks.size && rest?.length === 3 && digits() !== 3 && /^[1-9]\d{0,2}$/.test(whole);
    if (isEither) return null;
    if (!marks.size) return point ? `${whole}.${rest}` : whole;
    const [mark] = marks;
    const isGrouped = marks.size === 1 && whole.split(mark).every((group, at) => (at ? group.length === 3 : group.length >= 1 && group.length <= 3));
    if (!isGrouped || (point === mark && rest.length !== 3)) return null;
    const sum = whole.split(mark).join("");
    return point === mark ? sum + rest : point ? `${sum}.${rest}` : sum;
  }
  items.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (!/[\n\t;]/.test(text.trim())) return;
    event.preventDefault();
    const there = new Map(lines().map((row) => [part(row, "sku").value, row]));
    const fresh = [];
    const list = cells(text);
    for (const { sku, quantity, price, isWhole } of list.slice(0, LINES_MAX)) {
      if (!sku) continue;
      const units = read(quantity || "1") ?? quantity;
      if (!price && there.has(sku)) { more(there.get(sku), units); continue; }
      const cost = price ? (isWhole ? read(price) : null) : "";
      const row = made({ sku }, units, cost);
      if (cost === null) wrong(row, "unit_price", `The price “${price}” could be read in two ways, or in none.`);
      if (!there.has(sku)) there.set(sku, row);
      fresh.push(row);
    }
    if (list.length > LINES_MAX && fresh.length) wrong(fresh.at(-1), "sku", `The list went on: the last ${list.length - LINES_MAX} of its ${list.length} lines are not here.`);
    body.append(...fresh);
    renumber();
    sum();
    keep();
    named(fresh);
  });
  /** Says of rows what their items are called, where they are and what they were last sold at, or that there is none. */
  async function named(fresh) {
    const skus = [...new Set(fresh.map((row) => part(row, "sku").value))];
    for (let at = 0; at < skus.length; at += SKUS_ASKED) {
      const some = skus.slice(at, at + SKUS_ASKED);
      const where = ["channel", "currency"].map((name) => [name, field(name).value]);
      const answer = await fetch(`/orders/new/items/named?${new URLSearchParams([...where, ...some.map((sku) => ["sku", sku])])}`).catch(() => null);
      if (!answer?.ok) return;
      const page = new DOMParser().parseFromString(`<ul>${await answer.text()}</ul>`, "text/html");
      const known = new Map([...page.querySelectorAll("li[data-sku]")].map((item) => [item.dataset.sku, item.dataset]));
      for (const row of fresh) {
        const sku = part(row, "sku").value;
        if (!some.includes(sku)) continue;
        if (known.has(sku)) { name(row, known.get(sku)); offer(row, known.get(sku)); }
        else wrong(row, "sku", "There is no item with this SKU.");
      }
    }
    sum();
    keep();
  }
  // Prices of another channel or currency are others; what was typed stays.
  for (const name of ["channel", "currency"]) field(name).addEventListener("change", () => {
    const offered = lines().filter((row) => row.dataset.offered && row.dataset.offered === part(row, "unit_price").value);
    for (const row of offered) { part(row, "unit_price").value = find("[data-sold]", row).textContent = ""; delete row.dataset.offered; }
    named(offered);
  });
  body.addEventListener("input", (event) => {
    if (event.target.name.endsWith(".unit_price")) find("[data-sold]", event.target.closest("tr")).textContent = "";
  });
  // What is mended is not wrong any more.
  body.addEventListener("input", (event) => {
    if (event.target.matches("[aria-invalid]")) mended(event.target.closest("tr"), event.target.name.split(".").pop());
  });
  // Another SKU is another item.
  body.addEventListener("change", (event) => {
    if (!event.target.name.endsWith(".sku")) return;
    const row = event.target.closest("tr");
    name(row, {});
    if (event.target.value.trim()) named([row]);
    else sum();
  });

  field("taken_along").addEventListener("change", (event) => {
    event.target.removeAttribute("aria-invalid");
    const box = event.target.closest(".field");
    box.classList.remove("wrong");
    find(".err", box)?.remove();
  });

  // ── The draft ──────────────────────────────────────────────────────────
  // It is of one tab and one person: another tab has its own, and whoever signs in here next does not find it.
  const DRAFT = `draft-order/${document.body.dataset.who}`;
  const skip = new Set(["key"]);
  function keep() {
    const kept = [...new FormData(form)].filter(([name, value]) => !skip.has(name) && !name.startsWith("lines[") && value !== "");
    const rows = lines().map((row) => ({
      sku: part(row, "sku").value, quantity: part(row, "quantity").value, price: part(row, "unit_price").value,
      name: find("[data-name]", row).textContent, stock: find("[data-stock]", row).firstChild?.textContent, places: find("[data-stock] span", row)?.textContent,
      available: row.dataset.available, precision: row.dataset.precision, sold: find("[data-sold]", row).textContent,
    }));
    try {
      sessionStorage.setItem(DRAFT, JSON.stringify({ fields: kept.filter(([name]) => name !== "payment.token"), rows }));
      const said = find("[data-kept]");
      said.textContent = `Kept in this tab, ${clock()}.`;
    } catch { /* private window */ }
  }
  function restore() {
    let draft = null;
    try { draft = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null"); } catch { return; }
    if (!draft || document.querySelector("#problems") || lines().length) return;
    for (const [name, value] of draft.fields ?? []) {
      const its = field(name);
      if (its?.type === "checkbox") its.checked = true;
      else if (its) its.value = value;
    }
    body.append(...(draft.rows ?? []).map((row) => made(row, row.quantity, row.price)));
    renumber();
  }
  form.addEventListener("input", (event) => { if (!event.target.closest("[data-combo]")) { sum(); keep(); } });

  // What comes back to be mended takes the place of the form, so that nothing but pages is behind the back button.
  form.addEventListener("submit", async (event) => {
    if (form.dataset.sent) return;
    event.preventDefault();
    form.dataset.sent = "yes";
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Part": "page" } }).catch(() => null);
    delete form.dataset.sent;
    if (!answer) { toast("No answer came. Send it again: it is placed once.", "bad"); return; }
    const place = answer.headers.get("X-Go");
    if (place) { location.href = place; return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#main");
    // Signed out meanwhile, say: sent as a page, the form is kept until its sender is back. The key in it places it once.
    if (!fresh?.querySelector("#entry")) { HTMLFormElement.prototype.submit.call(form); return; }
    document.querySelector("#main").replaceWith(document.adoptNode(fresh));
    startEntry();
  });

  // ── What is wrong is said while it is being mended ─────────────────────
  const decimals = (value) => value.split(/[.,]/)[1]?.length ?? 0;
  function amount(value) {
    return value && (!/^\d+([.,]\d+)?$/.test(value) || decimals(value) > digits()) ? `An amount, such as ${(4.99).toFixed(digits())}.` : "";
  }
  /** Of a row; what is still empty is asked for when the order is sent. */
  const rowChecks = {
    quantity: (value, row) => {
      const { precision } = row.dataset;
      if (!value) return "";
      if (!/^\d+([.,]\d+)?$/.test(value)) return `${value} is no number of units.`;
      if (!Number(value.replace(",", "."))) return "More than 0 units.";
      if (precision === undefined || decimals(value) <= precision) return "";
      return precision === "0" ? "Whole units, such as 2." : `At most ${many(Number(precision), "decimal")}.`;
    },
    unit_price: (value) => {
      if (!value) return "";
      if (!/^\d+([.,]\d+)?$/.test(value)) return `${value} is no price, such as 24.99.`;
      return decimals(value) > 6 ? "A price has at most 6 decimals." : "";
    },
  };
  const checks = {
    requested_by: (value) => (value && value < new Date().toLocaleDateString("sv") ? "This day has passed." : ""),
    "customer.email": (value) => (value && !/^[^@\s]+@[^@\s]+$/.test(value) ? "An email address has one @ between two parts." : ""),
    currency: (value) => (value && !/^[A-Za-z]{3}$/.test(value) ? "Three letters, such as EUR." : ""),
    shipping: amount,
    tax: amount,
    "ship_to.country": (value) => (value && !/^[A-Za-z]{2}$/.test(value) ? "Two letters, such as IE." : ""),
  };
  // A country by its name is as good as by its letters.
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const countries = new Map();
  for (const language of [navigator.language, "en"]) {
    const names = new Intl.DisplayNames([language], { type: "region" });
    for (const one of letters) for (const other of letters) {
      const its = names.of(one + other);
      if (its !== one + other) countries.set(its.toLowerCase(), one + other);
    }
  }
  // Who presses a button leaves a field with it: what is said beside that would move the button away from under the click.
  let isPressed = false;
  let unsaid = null;
  addEventListener("pointerdown", () => { isPressed = true; }, true);
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => {
    isPressed = false;
    const its = unsaid;
    unsaid = null;
    if (its) setTimeout(() => say(its));
  }, true);
  form.addEventListener("focusout", (event) => {
    if (event.target.name === "ship_to.country") event.target.value = countries.get(event.target.value.trim().toLowerCase()) ?? event.target.value;
    if (event.target.name === "ship_to.country" || event.target.name === "currency") event.target.value = event.target.value.toUpperCase();
    if (isPressed) unsaid = event.target;
    else say(event.target);
  });
  function say(its) {
    const row = its.closest("[data-lines] tr");
    const name = its.name?.split(".").pop();
    if (row && rowChecks[name]) {
      const message = rowChecks[name](its.value.trim(), row);
      if (message) wrong(row, name, message);
      return;
    }
    const check = checks[its.name];
    if (!check) return;
    const box = its.closest(".field");
    const message = check(its.value.trim());
    find(".err", box)?.remove();
    box.classList.toggle("wrong", message !== "");
    if (message) {
      const said = document.createElement("p");
      said.className = "err";
      said.id = `${its.id}-e`;
      said.textContent = message;
      box.append(said);
      its.setAttribute("aria-invalid", "true");
      its.setAttribute("aria-describedby", said.id);
    } else {
      its.removeAttribute("aria-invalid");
      its.removeAttribute("aria-describedby");
    }
  }

  renumber();
  restore();
  recall();
  sum();
  const problems = document.querySelector("#problems");
  if (problems) problems.focus();
  else if (!field("customer.name").value) find('[data-combo="customers"] input').focus();
  else items.focus();
}
startEntry();
