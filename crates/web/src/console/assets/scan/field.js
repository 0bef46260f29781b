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
