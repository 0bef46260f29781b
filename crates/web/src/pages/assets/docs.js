// Lays out the API's own description. Everything is put in as text, never as HTML.
"use strict";

const theme = (() => { try { return localStorage.getItem("theme"); } catch { return null; } })();
if (theme) document.documentElement.dataset.theme = theme;

const make = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

// Text in which `code` stands between backticks.
const words = (text) => text.split("`").map((part, place) => (place % 2 === 1 ? make("code", {}, part) : part));

// A group's name as a heading.
const heading = (tag) => tag.charAt(0).toUpperCase() + tag.slice(1).replace(/[-_]/g, " ");

const nameOf = (ref) => ref.split("/").pop();

const resolve = (api, schema) => (schema && schema.$ref ? api.components.schemas[nameOf(schema.$ref)] : schema) || {};

// A schema in a few words.
const kind = (api, schema) => {
  if (!schema) return "any";
  const options = schema.oneOf || schema.anyOf || schema.allOf;
  if (options) return options.filter((one) => one.type !== "null").map((one) => kind(api, one)).join(" or ");
  const target = resolve(api, schema);
  if (target.enum) return target.enum.join(" | ");
  if (target.type === "array" || (Array.isArray(target.type) && target.type.includes("array"))) {
    return "list of " + kind(api, target.items);
  }
  const types = [].concat(target.type || "any").filter((type) => type !== "null");
  if (schema.$ref && target.properties) return nameOf(schema.$ref);
  const most = target.maxLength ? `, at most ${target.maxLength} characters` : "";
  return types.join(" or ") + (target.format && target.format !== "int64" && target.format !== "int32" ? ` (${target.format})` : "") + most;
};

// What is said of a schema, wherever it is said.
const about = (api, schema) => {
  const options = schema.oneOf || schema.anyOf || schema.allOf || [];
  return schema.description || options.map((one) => one.description).find(Boolean) || resolve(api, schema).description || "";
};

// The objects a schema leads to, one level down.
const inner = (api, schema) => {
  if (!schema) return [];
  const options = schema.oneOf || schema.anyOf || schema.allOf;
  if (options) return options.flatMap((one) => inner(api, one));
  const target = resolve(api, schema);
  if (target.items) return inner(api, target.items);
  return schema.$ref && target.properties ? [nameOf(schema.$ref)] : [];
};

// Fields: name, kind, what is said of them.
const table = (rows) => make("table", { class: "props" },
  make("colgroup", {}, make("col"), make("col"), make("col")), make("tbody", {}, ...rows));

const needed = (is) => (is ? make("span", { class: "need" }, "required") : null);

const fields = (api, schema, seen) => {
  const target = resolve(api, schema);
  if (target.items) return fields(api, target.items, seen);
  if (!target.properties) return make("p", { class: "kind" }, kind(api, schema));
  const rows = Object.entries(target.properties).map(([name, property]) => make("tr", {},
    make("td", {}, name, needed((target.required || []).includes(name))),
    make("td", { class: "kind" }, kind(api, property)),
    make("td", {}, ...words(about(api, property)))));
  const box = make("div", {}, table(rows));
  for (const property of Object.values(target.properties)) {
    for (const name of inner(api, property)) {
      if (seen.includes(name)) continue;
      box.append(make("details", {}, make("summary", {}, name),
        fields(api, { $ref: "#/components/schemas/" + name }, seen.concat(name))));
    }
  }
  return box;
};

const operation = (api, path, method, one) => {
  const id = `${method}-${path}`.replace(/[^a-z0-9]+/gi, "-");
  const box = make("section", { class: "operation", id },
    make("h3", {}, make("span", { class: "method" }, method.toUpperCase()), make("code", {}, path)),
    make("p", {}, ...words([one.summary, one.description].filter(Boolean).join(" "))));
  const params = (one.parameters || []).filter((param) => !["Prefer"].includes(param.name));
  if (params.length > 0) {
    box.append(table(params.map((param) => make("tr", {},
      make("td", {}, param.name, needed(param.required)),
      make("td", { class: "kind" }, `${param.in}, ${kind(api, param.schema)}`),
      make("td", {}, ...words(param.description || ""))))));
  }
  for (const content of Object.values((one.requestBody || {}).content || {})) {
    box.append(make("details", {}, make("summary", {}, "Body: " + kind(api, content.schema)), fields(api, content.schema, [])));
  }
  for (const [status, response] of Object.entries(one.responses || {})) {
    if (status === "default") continue;
    for (const content of Object.values(response.content || {})) {
      box.append(make("details", {}, make("summary", {}, `Answer ${status}: ${kind(api, content.schema)}`), fields(api, content.schema, [])));
    }
  }
  return [id, box];
};

const show = (api) => {
  const main = document.getElementById("api");
  const contents = document.querySelector("#contents nav");
  main.replaceChildren(make("h1", {}, `${api.info.title} ${api.info.version}`),
    ...(api.info.description || "").split("\n\n").map((text) => make("p", {}, ...words(text))));
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, one] of Object.entries(methods)) {
      if (!one.responses) continue;
      const tag = (one.tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push([path, method, one]);
    }
  }
  for (const [tag, operations] of groups) {
    contents.append(make("h2", {}, heading(tag)));
    main.append(make("h2", {}, heading(tag)));
    for (const [path, method, one] of operations) {
      const [id, box] = operation(api, path, method, one);
      contents.append(make("a", { href: "#" + id }, make("span", {}, method.toUpperCase()), path.replace("/api/v1", "")));
      main.append(box);
    }
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
};

if (document.getElementById("api")) {
  // Beside the text where there is room, above it and shut where there is not.
  const contents = document.getElementById("contents");
  const wide = matchMedia("(width >= 60rem)");
  contents.open = wide.matches;
  wide.addEventListener("change", () => { contents.open = wide.matches; });
  contents.addEventListener("click", (event) => { if (event.target.closest("a") && !wide.matches) contents.open = false; });
  fetch("/api/v1/openapi.json").then((answer) => answer.json()).then(show);
}
