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
