// Lines of item and units: what is scanned or typed is a line at once, and is named as soon as the server has answered.
// Without this the same form adds a line with each answer.
"use strict";
function startGoods() {
  const goods = document.querySelector("[data-goods]");
  if (!goods) return;
  const form = goods.closest("form");
  const find = (query, from = goods) => from.querySelector(query);
  const [lines, code, units, said, books] = [find("[data-lines]"), find("[name=code]"), find("[name=units]"), find("[data-said]"), find("[data-books]", form)];
  const rows = () => [...lines.children];
  const its = (row, name) => find(`[name=${name}]`, row);
  const number = (text) => (/^\d+([.,]\d+)?$/.test(text.trim()) ? Number(text.trim().replace(",", ".")) : NaN);
  const many = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
  for (const part of form.querySelectorAll("[data-scripted]")) part.hidden = false;

  // ── A line ─────────────────────────────────────────────────────────────
  function made(text, count) {
    const row = find("[data-blank]").content.firstElementChild.cloneNode(true);
    its(row, "sku").value = text;
    its(row, "quantity").value = count;
    find("[data-remove]", row).hidden = false;
    return row;
  }
  function name(row, item) {
    its(row, "sku").value = item.sku;
    its(row, "quantity").setAttribute("aria-label", `Units of ${item.sku}`);
    find("[data-remove]", row).setAttribute("aria-label", `Remove ${item.sku}`);
    find("[data-name]", row).textContent = item.name;
    find("[data-unit]", row).textContent = item.unit ?? "";
  }
  let told = 0;
  function wrong(row, message) {
    const error = document.createElement("p");
    error.className = "err";
    error.id = `wrong-${told += 1}`;
    error.textContent = message;
    find("[data-name]", row).after(error);
    row.classList.add("wrong");
    its(row, "sku").setAttribute("aria-invalid", "true");
    its(row, "sku").setAttribute("aria-describedby", error.id);
  }
  function mended(row) {
    row.classList.remove("wrong");
    for (const field of row.querySelectorAll("[aria-invalid]")) { field.removeAttribute("aria-invalid"); field.removeAttribute("aria-describedby"); }
    find(".err", row)?.remove();
  }
  /** What was shown of the balances was of other lines: it is asked for again before anything is booked. */
  function changed() {
    find("table", goods).hidden = !lines.children.length;
    find("[name=seen]", form)?.remove();
    for (const cell of goods.querySelectorAll("[data-balance]")) cell.remove();
    books.textContent = "Show what changes";
    const sound = rows().filter((row) => !row.classList.contains("wrong"));
    const pieces = sound.filter((row) => !find("[data-unit]", row).textContent).map((row) => number(its(row, "quantity").value));
    const sum = pieces.filter(Number.isInteger).reduce((one, other) => one + other, 0);
    const parts = [many(sound.length, "item"), ...(sum ? [many(sum, "unit")] : [])];
    find("[data-sum]").textContent = sound.length ? parts.join(", ") : "";
  }
  function say(text, isWrong = false) {
    said.textContent = text;
    said.classList.toggle("err", isWrong);
  }
  const count = (row) => say(`${its(row, "quantity").value} ${find("[data-unit]", row).textContent || "×"} ${find("[data-name]", row).textContent || its(row, "sku").value}`);

  // ── Codes, and what the server knows them as: null is no item, undefined no answer ──
  const skus = new Map();
  const answers = new Map();
  function ask(text) {
    const asked = answers.get(text) ?? fetch(`/receipts/new/items?code=${encodeURIComponent(text)}`)
      .then((answer) => (answer.ok ? answer.json() : undefined)).catch(() => undefined)
      .then((item) => { if (item === undefined) answers.delete(text); return item; });
    answers.set(text, asked);
    return asked;
  }
  /** Names the line of a code. Another line may have its item under another code: then there is one of both. */
  async function named(row, text) {
    const item = await ask(text);
    if (item === undefined || !row.isConnected || its(row, "sku").value.trim() !== text) return row;
    mended(row);
    if (!item) {
      wrong(row, "There is no item with this SKU or barcode.");
      changed();
      say(`${text}: no item has this code`, true);
      return row;
    }
    skus.set(text, item.sku);
    const other = rows().find((each) => each !== row && its(each, "sku").value === item.sku);
    if (other && more(other, its(row, "quantity").value)) { row.remove(); row = other; }
    else name(row, item);
    changed();
    return row;
  }
  /** Adds to a line, where both are numbers. */
  function more(row, units) {
    const sum = number(its(row, "quantity").value) + number(units);
    if (Number.isFinite(sum)) its(row, "quantity").value = String(Number(sum.toFixed(6)));
    return Number.isFinite(sum);
  }
  async function add(text, units) {
    let row = rows().find((each) => [text, skus.get(text)].includes(its(each, "sku").value));
    if (!row || !more(row, units)) { row = made(text, units); lines.append(row); }
    changed();
    code.scrollIntoView({ block: "nearest" });
    count(row);
    row = await named(row, text);
    if (row.isConnected && !row.classList.contains("wrong")) count(row);
  }

  // ── Scanning, typing, pasting ──────────────────────────────────────────
  const adder = find("[name=add]");
  function take() {
    const [text, amount] = [code.value.trim(), units.value.trim() || "1"];
    code.focus();
    if (!text) return;
    code.value = units.value = "";
    add(text, amount);
  }
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !event.target.matches("input")) return;
    event.preventDefault();
    if (!goods.contains(event.target)) form.requestSubmit(books);
    else if (lines.contains(event.target)) code.focus();
    else take();
  });
  adder.addEventListener("click", (event) => {
    if (find("[name=list]").value.trim()) return;
    event.preventDefault();
    take();
  });
  code.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (!/[\n\t;]/.test(text.trim())) return;
    event.preventDefault();
    find("[name=list]").value += `${text}\n`;
    form.requestSubmit(adder);
  });
  lines.addEventListener("click", (event) => {
    if (!event.target.closest("[data-remove]")) return;
    event.target.closest("tr").remove();
    changed();
    code.focus();
  });
  lines.addEventListener("change", (event) => {
    const row = event.target.closest("tr");
    const text = event.target.value.trim();
    if (event.target.name === "sku" && text) named(row, text);
  });
  form.addEventListener("input", (event) => {
    const row = event.target.closest("tr");
    if (row) mended(row);
    if (!event.target.matches("[name=code], [name=units], [name=list]")) changed();
  });
  // Half a delivery is not left behind by a slip.
  let isCancelled = false;
  find("[data-close]", form).addEventListener("click", () => { isCancelled = true; });
  addEventListener("beforeunload", (event) => { if (lines.children.length && !form.dataset.sent && !isCancelled) event.preventDefault(); });
  // A scanner types wherever the focus is: outside of fields it is a scan, and none of its letters is a key of the page.
  addEventListener("keydown", (event) => {
    const isTyped = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isTyped || event.target.closest("input, textarea, select") || document.querySelector("dialog[open], :popover-open")) return;
    event.stopPropagation();
    code.focus();
  }, true);
}
startGoods();
