// The frame of every page: name, ways, language, light. Each page's module begins with it.

import { ask } from "./api.js";
import { find, icon, make, taste } from "./dom.js";
import { label, learn, language, put, say } from "./words.js";

const WAYS = [
  ["booth", "/", "camera"],
  ["wall", "/wall", "wall"],
  ["timeline", "/timeline", "timeline"],
  ["machine", "/machine", "machine"],
];

/** How long to wait for a stand that does not answer yet, in milliseconds. */
const PATIENCE = 1500;

/** Put texts and frame on the page; returns what the stand says of itself. */
export async function begin({ ways = true } = {}) {
  const page = document.documentElement.dataset.page;
  await patiently(learn);
  const stand = await patiently(() => ask("GET", "/api/stand"));
  const header = find("header.frame");
  const name = make("span", {}, stand.name);
  header.append(make("a", { class: "brand", href: "/" }, make("span", { class: "brand-mark", "aria-hidden": "true" }), name));
  if (ways) {
    header.append(label(make("nav", { class: "ways" }, ...WAYS.map(([key, href, drawing]) =>
      make("a", { href, "aria-current": key === page ? "page" : null }, icon(drawing), put(make("span"), `ways.${key}`)))), "ways.label"));
  }
  header.append(make("div", { class: "switches" }, languages(stand), light()));
  entitle(stand, page);
  document.addEventListener("spoken", () => entitle(stand, page));
  document.documentElement.dataset.ready = "";
  return stand;
}

/** Show or hide the line that says that the connection is lost. */
export function connection(isThere) {
  let line = document.querySelector(".offline");
  if (!line && !isThere) {
    line = put(make("p", { class: "offline", role: "status" }), "lost.retrying");
    document.body.append(line);
  }
  if (line) line.hidden = isThere;
}

function entitle(stand, page) {
  document.title = `${say(`title.${page}`)} · ${stand.name}`;
}

function languages(stand) {
  const others = (stand.languages ?? []).filter((one) => one !== language());
  if (!others.length) return null;
  const button = make("button", { type: "button", class: "round", id: "language" });
  const show = () => {
    const next = stand.languages[(stand.languages.indexOf(language()) + 1) % stand.languages.length];
    button.textContent = next.toUpperCase();
    button.lang = next;
    button.setAttribute("aria-label", `${next.toUpperCase()}: ${say(`language.${next}`)}`);
    return next;
  };
  show();
  button.addEventListener("click", async () => {
    const next = show();
    taste.set("language", next);
    await learn(next);
    show();
    document.dispatchEvent(new Event("spoken"));
  });
  return button;
}

function light() {
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const button = make("button", { type: "button", class: "round", id: "theme" }, icon("light"));
  const show = () => label(button, isDark() ? "light.to-light" : "light.to-dark");
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    taste.set("theme", root.dataset.theme);
    show();
  });
  show();
  return button;
}

async function patiently(what) {
  for (;;) {
    try {
      return await what();
    } catch (error) {
      console.info(`the stand does not answer yet: ${error.message}`);
      await new Promise((resolve) => { setTimeout(resolve, PATIENCE); });
    }
  }
}
