// Making and finding elements, without a style or a script in markup: the stand's policy forbids both.

const SVG = "http://www.w3.org/2000/svg";

/** The one element of a selector; a page without it is broken, and says so at once. */
export function find(selector, within = document) {
  const element = within.querySelector(selector);
  if (!element) throw new Error(`the page has no ${selector}`);
  return element;
}

/**
 * An element with attributes, listeners (`onclick: …`) and children.
 * An attribute that is null, undefined or false is left out; text is text, never markup.
 */
export function make(tag, attributes = {}, ...children) {
  return dressed(document.createElement(tag), attributes, children);
}

/** The same in SVG. */
export function draw(tag, attributes = {}, ...children) {
  return dressed(document.createElementNS(SVG, tag), attributes, children);
}

/** A drawing of icons.svg; beside words it says nothing to a screen reader. */
export function icon(name) {
  return draw("svg", { class: "icon", "aria-hidden": "true", focusable: "false" },
    draw("use", { href: `/static/icons.svg#${name}` }));
}

/** Whether the visitor asked for stillness. */
export function isStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** What a browser remembers of its visitor's taste; null where it may not remember. */
export const taste = {
  get(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(name, value);
    } catch {
      // Storage may be forbidden: the choice then lasts as long as the page.
    }
  },
};

function dressed(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}
