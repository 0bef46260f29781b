// ── The scan field ───────────────────────────────────────────────────────
const field = () => one(".scanline .input");
function focusScan() {
  if (one("dialog[open], :popover-open")) return;
  setTimeout(() => { if (!document.activeElement?.matches("input, select, textarea")) field()?.focus({ preventScroll: true }); });
}
document.addEventListener("keydown", (event) => {
  const target = event.target;
  if (event.key === "Enter" && target.matches?.("[data-scan]")) {
    event.preventDefault();
    const code = target.value;
    target.value = "";
    target.inputMode = "none";
    scan(code);
  } else if (event.key === "Enter" && target.matches?.(".track")) {
    event.preventDefault();
    scanTracking(target);
  } else if (event.key === "Enter" && target.matches?.("[data-count]")) {
    event.preventDefault();
    target.blur();
    draw();
    focusScan();
  }
});
// A scanner types wherever the focus is: outside of fields, what it types is a scan.
/** A key that may be the first of a scan. */
let held = null;
function letGo() {
  const { key, target, timer } = held;
  clearTimeout(timer);
  held = null;
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}
addEventListener("keydown", (event) => {
  const scans = event.isTrusted && field() && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!scans || inField(event.target) || one("dialog[open], :popover-open")) return;
  if (work) {
    event.stopPropagation();
    field().focus({ preventScroll: true });
    return;
  }
  // A list has keys of its own. A scanner's follow each other faster than anybody types, so the first waits for the second.
  if (event.key === " " && !held) return;
  event.preventDefault();
  event.stopPropagation();
  if (!held) { held = { key: event.key, target: event.target, timer: setTimeout(letGo, 50) }; return; }
  clearTimeout(held.timer);
  field().value = held.key + event.key;
  held = null;
  field().focus({ preventScroll: true });
}, true);
// The fields that are scanned into stay without a keyboard until somebody taps them to type.
document.addEventListener("click", (event) => { if (event.target === field() || event.target.matches(".track")) event.target.inputMode = "text"; });

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
