// Keeps the floor's pages as they were last seen, so that one that is loaded again without a connection is there. It has the
// floor's addresses alone, asks the server first, and gives what it kept only where nothing answered. It keeps nothing that is
// sent, and the pages of one person at a time; whoever is shown the sign-in page has forgotten them (`gate.js`).
"use strict";
const KEPT = "floor/";
const FILES = "floor-files";
const PAGES = 60;
/** A page of a day before says nothing about today's work. */
const LONGEST_MS = 12 * 60 * 60 * 1000;

const isWork = (url) => /^\/(pick|pack)\/[^/]+$/.test(url.pathname);
const isPage = (url) => /^\/(pick|pack|ship)$/.test(url.pathname) || isWork(url);
/** At which stop one stands is no other page. */
const nameOf = (url) => url.pathname + (isWork(url) ? "" : url.search);

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/assets/")) event.respondWith(file(event));
  else if (isPage(url) && (request.mode === "navigate" || request.headers.has("X-Live"))) event.respondWith(page(event, url));
});
// A page that was loaded before the worker was there tells what it is made of.
addEventListener("message", (event) => event.waitUntil(take(event.data)));

async function page(event, url) {
  let answer;
  try { answer = await fetch(event.request); } catch (error) {
    const known = event.request.mode === "navigate" ? await find(url) : null;
    if (known) return known;
    throw error;
  }
  event.waitUntil(learn(url, answer.clone()));
  return answer;
}

async function learn(url, answer) {
  if (answer.status === 401 || answer.status === 403) return forget();
  if (answer.ok && !answer.redirected) return keep(url, answer);
}

async function keep(url, answer) {
  const text = await answer.text();
  const who = /<body\b[^>]* data-who="([^"]+)"/.exec(text)?.[1];
  if (!who) return;
  const name = KEPT + who;
  await forget(name);
  const cache = await caches.open(name);
  const headers = new Headers(answer.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  headers.set("X-Kept-At", String(Date.now()));
  // What was written last stands last.
  await cache.delete(nameOf(url));
  await cache.put(nameOf(url), new Response(text, { headers }));
  for (const oldest of (await cache.keys()).slice(0, -PAGES)) await cache.delete(oldest);
}

/** Whose it is cannot be asked now, so pages of two people are pages of nobody. */
async function find(url) {
  const names = (await caches.keys()).filter((name) => name.startsWith(KEPT));
  if (names.length !== 1) return null;
  const cache = await caches.open(names[0]);
  const known = (await cache.match(nameOf(url))) ?? (await cache.match(url.pathname, { ignoreSearch: true }));
  const at = Number(known?.headers.get("X-Kept-At"));
  if (!known || Date.now() - at > LONGEST_MS) return null;
  const text = (await known.text()).replace("<body ", `<body data-as-of="${at}" `);
  return new Response(text, { headers: known.headers });
}

async function forget(except) {
  const names = (await caches.keys()).filter((name) => name.startsWith(KEPT) && name !== except);
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function file(event) {
  const cache = await caches.open(FILES);
  try {
    const answer = await fetch(event.request);
    event.waitUntil(keepFile(cache, event.request.url, answer.clone()));
    return answer;
  } catch (error) {
    const known = await cache.match(event.request.url);
    if (known) return known;
    throw error;
  }
}

/** One version of each: its address changes with its content. */
async function keepFile(cache, address, answer) {
  if (answer.status !== 200 || (await cache.match(address))) return;
  await cache.delete(address, { ignoreSearch: true });
  await cache.put(address, answer);
}

async function take({ page: address, files }) {
  const url = new URL(address, location.origin);
  if (isPage(url)) await learn(url, await fetch(url, { headers: { Accept: "text/html", "X-Live": "1" } }));
  const cache = await caches.open(FILES);
  const own = files.filter((one) => new URL(one, location.origin).pathname.startsWith("/assets/"));
  await Promise.all(own.map(async (one) => keepFile(cache, one, await fetch(one))));
}
