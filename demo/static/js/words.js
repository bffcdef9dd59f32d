// All texts of the pages, by key, in one language at a time; what is on the page changes language in place.

import { taste } from "./dom.js";

let words = {};
let plural = new Intl.PluralRules("en");

/** Attributes that hold texts: the attribute that names the key, and where the text goes. */
const PLACES = [
  ["data-words", null],
  ["data-words-label", "aria-label"],
  ["data-words-placeholder", "placeholder"],
  ["data-words-alt", "alt"],
  ["data-words-title", "title"],
];

/** Fetch the texts of a language, or of the visitor's, or else of the stand's, and put them on the page. */
export async function learn(wanted = asked()) {
  const answer = await fetch(`/api/words${wanted ? `?lang=${encodeURIComponent(wanted)}` : ""}`);
  if (!answer.ok) throw new Error(`the texts did not come: ${answer.status}`);
  words = await answer.json();
  document.documentElement.lang = language();
  plural = new Intl.PluralRules(language());
  translate(document);
}

/** The language spoken now, such as "de": the texts know it themselves. */
export function language() {
  return words.language ?? "en";
}

/** The text of a key, with its {places} filled; `count` chooses between `key.one` and `key.other`. */
export function say(key, values = {}) {
  const form = values.count === undefined ? key : `${key}.${plural.select(Number(values.count))}`;
  const text = words[form] ?? words[`${key}.other`] ?? words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (values[name] === undefined ? whole : number(values[name])));
}

/** Whether there is a text of this key. */
export function knows(key) {
  return words[key] !== undefined || words[`${key}.other`] !== undefined;
}

/** Put a text on an element; it follows when the language changes. */
export function put(element, key, values) {
  return place(element, "data-words", key, values);
}

/** Name an element for a screen reader; the name follows the language. */
export function label(element, key, values) {
  return place(element, "data-words-label", key, values);
}

/** A number as the language writes it, with so many digits after the point. */
export function digits(value, after = 1) {
  return new Intl.NumberFormat(language(), { minimumFractionDigits: after, maximumFractionDigits: after }).format(value);
}

/** A time as the language writes it, such as 15:04. */
export function clock(at) {
  return new Intl.DateTimeFormat(language(), { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

function asked() {
  return new URLSearchParams(location.search).get("lang") ?? taste.get("language");
}

function number(value) {
  return typeof value === "number" ? new Intl.NumberFormat(language()).format(value) : value;
}

function place(element, attribute, key, values) {
  element.setAttribute(attribute, key);
  if (values) element.setAttribute("data-values", JSON.stringify(values));
  else if (attribute === "data-words") element.removeAttribute("data-values");
  dress(element);
  return element;
}

function translate(within) {
  for (const element of within.querySelectorAll(PLACES.map(([name]) => `[${name}]`).join())) dress(element);
}

function dress(element) {
  const values = JSON.parse(element.getAttribute("data-values") ?? "{}");
  for (const [name, target] of PLACES) {
    const key = element.getAttribute(name);
    if (!key) continue;
    const text = say(key, values);
    if (target) element.setAttribute(target, text);
    else if (element.textContent !== text) element.textContent = text;
  }
}
