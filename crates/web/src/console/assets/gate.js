// Whoever is shown a page of the gate is nobody yet: what the floor kept for somebody is forgotten (`keeper.js`).
"use strict";
globalThis.caches?.keys().then((names) => Promise.all(names.filter((name) => name.startsWith("floor/")).map((name) => caches.delete(name))));
