// Behind the counter: the number that lets in, settings, the wall's pictures, the figures.

import { ask } from "./api.js";
import { sure } from "./asking.js";
import { find, icon, make } from "./dom.js";
import { follow } from "./following.js";
import { begin } from "./frame.js";
import { label, put } from "./words.js";

/** Settings as the form shows them; megabytes for people are bytes for the stand. */
const FIELDS = [
  { name: "name", type: "text", most: 60 },
  { name: "language", type: "choice" },
  { name: "idle_seconds", type: "number", least: 0, most: 3600 },
  { name: "max_bytes", type: "number", least: 1, most: 500, unit: 1_000_000 },
  { name: "keep_minutes", type: "number", least: 1, most: 10_080 },
  { name: "wall_hours", type: "number", least: 0.25, most: 144, step: "any" },
  { name: "max_clip_seconds", type: "number", least: 1, most: 600, step: "any" },
  { name: "per_visitor_per_minute", type: "number", least: 1, most: 1000 },
];

const stand = await begin();
const pin = find("#pin");
const wall = new Map();

function gate() {
  find("#gate").hidden = false;
  const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "clear", "0", "back"];
  find("#pad").append(...keys.map((key) => {
    const button = make("button", { type: "button", onclick: () => press(key) });
    if (key === "clear") return label(put(button, "operator.pin-clear"), "operator.pin-clear-label");
    if (key === "back") {
      button.append(icon("back"));
      return label(button, "operator.pin-back");
    }
    button.textContent = key;
    return button;
  }));
  find("#pin-form").addEventListener("submit", enter);
  pin.focus();
}

function press(key) {
  if (key === "clear") pin.value = "";
  else if (key === "back") pin.value = pin.value.slice(0, -1);
  else pin.value += key;
}

async function enter(event) {
  event.preventDefault();
  const said = find("#pin-said");
  try {
    await ask("POST", "/api/operator/session", { json: { pin: pin.value } });
  } catch (error) {
    said.textContent = error.message;
    find("#pin-form").dataset.wrong = "";
    setTimeout(() => find("#pin-form").removeAttribute("data-wrong"), 500);
    pin.value = "";
    pin.focus();
    return;
  }
  find("#gate").hidden = true;
  await desk();
  find("#desk-title").focus();
}

async function desk() {
  const settings = await ask("GET", "/api/operator/settings");
  // Now that the stand knows us, it names all samples, not only those that are offered.
  stand.samples = (await ask("GET", "/api/stand")).samples;
  find("#desk").hidden = false;
  find("#fields").replaceChildren(...FIELDS.filter(({ name }) => name in settings).map((one) => field(one, settings[one.name])));
  samples(settings.samples ?? []);
  follow("/api/wall/events", {
    added: (picture) => {
      wall.set(picture.id, picture);
      thumbs();
    },
    removed: ({ id }) => {
      wall.delete(id);
      thumbs();
    },
  });
}

function field({ name, type, least, most, step, unit = 1 }, value) {
  const id = `setting-${name}`;
  const input = type === "choice"
    ? make("select", { id, name }, stand.languages.map((one) =>
      put(make("option", { value: one, selected: one === value }), `language.${one}`)))
    : make("input", { id, name, type, required: true, min: least, step, max: type === "number" ? most : null, maxlength: type === "text" ? most : null,
      value: type === "number" && unit > 1 ? `${Math.round(value / unit)}` : value });
  return make("div", { class: "field" }, put(make("label", { for: id, class: "small" }), `operator.${name}`), input);
}

/** The built-in samples; those that the stand offers are ticked. What it knows of others it keeps. */
function samples(chosen) {
  const ids = chosen.map((one) => (typeof one === "string" ? one : one.id));
  const known = new Map((stand.samples ?? []).map((one) => [one.id, one]));
  for (const one of chosen) known.set(one.id ?? one, { ...known.get(one.id ?? one), ...(typeof one === "string" ? { id: one } : one) });
  find("#sample-choices").replaceChildren(...[...known.values()].map(({ id, title, thumbnail }) =>
    make("label", { class: "tick" }, make("input", { type: "checkbox", name: "samples", value: id, checked: ids.includes(id) }),
      thumbnail ? make("img", { src: thumbnail, alt: "" }) : null, title ?? id)));
}

async function save(event) {
  event.preventDefault();
  const form = event.target;
  const json = { samples: [...form.querySelectorAll("[name=samples]:checked")].map((one) => one.value) };
  for (const { name, type, unit = 1 } of FIELDS.filter((one) => form.elements[one.name])) json[name] = type === "number" ? Number(form.elements[name].value) * unit : form.elements[name].value;
  await attempt("#settings-said", "operator.saved", () => ask("PUT", "/api/operator/settings", { json }));
}

function thumbs() {
  find("#clear").disabled = wall.size === 0;
  find("#thumbs").replaceChildren(...[...wall.values()].reverse().map(({ id, kind, after, caption }) => {
    const remove = make("button", { type: "button", class: "round", onclick: () => drop(id) }, icon("delete"));
    label(remove, "operator.delete", { caption: caption || id.slice(0, 6) });
    const picture = kind === "clip" ? make("video", { src: after, muted: true, preload: "metadata", tabindex: "-1" })
      : make("img", { src: after, alt: caption || "", loading: "lazy" });
    return make("li", {}, picture, remove);
  }));
}

async function drop(id) {
  if (!(await sure("operator.delete-sure", "operator.delete-yes"))) return;
  await attempt("#wall-said", "operator.deleted", async () => {
    await ask("DELETE", `/api/operator/visits/${encodeURIComponent(id)}`);
    wall.delete(id);
    thumbs();
  });
}

async function attempt(place, key, what) {
  const said = find(place);
  try {
    await what();
    put(said, key);
  } catch (error) {
    said.removeAttribute("data-words");
    said.textContent = error.message;
  }
}

find("#settings").addEventListener("submit", save);
find("#clear").prepend(icon("delete"));
find("#figures").prepend(icon("save"));
find("#clear").addEventListener("click", async () => {
  if (await sure("operator.clear-sure", "operator.clear-yes")) await attempt("#wall-said", "operator.cleared", () => ask("DELETE", "/api/operator/wall"));
});
thumbs();
if (stand.is_operator) await desk();
else gate();
