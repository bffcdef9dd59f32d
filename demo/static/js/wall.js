// The wall: what visitors posted, live, for as many hours as the fair lasts.

import { attract } from "./attract.js";
import { loaded } from "./blend.js";
import { find, isStill, make } from "./dom.js";
import { follow } from "./following.js";
import { begin, connection } from "./frame.js";
import { arrange } from "./justified.js";
import { digits, put, say } from "./words.js";

/** Pictures that are remembered, the newest; fewer are shown, the others take the places of those that go. */
const KEPT = 150;

/** Pixels between pictures. */
const GAP = 6;

/** Milliseconds between two pictures that show again how they were. */
const AGAIN = 9000;

/** Milliseconds that the frame stays after the last touch. */
const TOUCHED = 4000;

/** Milliseconds after a stream's beginning in which all that are there have been told again. */
const TOLD = 4000;

const stand = await begin();
const mosaic = find("#mosaic");
/** All that are remembered, the newest first. */
let pictures = [];
/** The elements on the page, by id. */
const tiles = new Map();
/** Ids told since the stream began: what was not told again is gone. */
let told = new Set();
let isFirst = true;
let drawing = null;
let endShowing = null;

find(".phone").hidden = !stand.address;
for (const code of document.querySelectorAll(".code")) {
  code.hidden = !stand.address;
  if (stand.address) code.src = "/api/stand/qr.svg";
}
for (const place of document.querySelectorAll(".where")) place.textContent = stand.address ? stand.address.replace(/^https?:\/\//, "") : "";

function room() {
  const { width, height } = mosaic.getBoundingClientRect();
  const side = Math.min(460, Math.max(140, Math.min(width, height) / 3.4));
  return { width, height, count: Math.max(4, Math.round((width * height) / (side * side))) };
}

/** Arrange what is remembered on the screen as it is now; many calls at once are one. */
function show() {
  drawing ??= requestAnimationFrame(() => {
    drawing = null;
    const { width, height, count } = room();
    const shown = pictures.slice(0, count);
    const places = arrange(shown.map((one) => Math.min(2.6, Math.max(0.5, one.width / one.height || 1.5))), width, height, GAP);
    const staying = new Set(shown.map((one) => one.id));
    for (const [id, tile] of tiles) if (!staying.has(id)) leave(id, tile);
    shown.forEach((picture, index) => {
      const tile = tiles.get(picture.id) ?? enter(picture);
      const { x, y, width: wide, height: tall } = places[index];
      tile.style.setProperty("--x", `${x}px`);
      tile.style.setProperty("--y", `${y}px`);
      tile.style.setProperty("--w", `${wide}px`);
      tile.style.setProperty("--h", `${tall}px`);
    });
    invite(shown.length === 0);
  });
}

/** An empty wall asks for a first picture, and shows what becomes of one. */
function invite(isEmpty) {
  find("#invitation").hidden = !isEmpty;
  document.body.toggleAttribute("data-empty", isEmpty);
  if (isEmpty) endShowing ??= attract(find("#showing"));
  else {
    endShowing?.();
    endShowing = null;
  }
}

function enter(picture) {
  const caption = picture.caption || say("wall.picture");
  const colour = shownAs(picture, picture.after, caption, "coloured");
  colour.style.setProperty("--k", `${picture.saturation ?? 1}`);
  const tile = make("li", { class: "tile", "data-id": picture.id, "data-new": true }, make("figure", {},
    shownAs(picture, picture.before, "", null), colour, picture.caption ? make("figcaption", { "aria-hidden": "true" }, picture.caption) : null));
  // Reading order is the order of the pictures, the newest first.
  mosaic.prepend(tile);
  tiles.set(picture.id, tile);
  setTimeout(() => tile.removeAttribute("data-new"), 4600);
  return tile;
}

/** An image, or a silent film that begins by itself; a film's grey side is taken from its colours by the style. */
function shownAs({ kind }, src, alt, name) {
  if (kind !== "clip") return make("img", { src, alt, class: name });
  const film = make("video", { src, class: name, loop: true, playsinline: true, preload: "auto", "aria-label": alt || null, "aria-hidden": alt ? null : "true" });
  film.muted = true;
  film.autoplay = !isStill();
  return film;
}

function leave(id, tile) {
  tiles.delete(id);
  tile.dataset.going = "";
  setTimeout(() => tile.remove(), isStill() ? 0 : 800);
}

async function added(picture) {
  told.add(picture.id);
  if (pictures.some((one) => one.id === picture.id)) return;
  if (!isFirst && picture.kind !== "clip") {
    try {
      // It comes when it can be seen, so that no hole is on the wall; what was there at the beginning comes as it comes.
      await Promise.all([loaded(picture.before), loaded(picture.after)]);
    } catch {
      return;
    }
    if (pictures.some((one) => one.id === picture.id) || !told.has(picture.id)) return;
  }
  pictures = [picture, ...pictures].slice(0, KEPT);
  show();
}

function removed({ id }) {
  told.delete(id);
  pictures = pictures.filter((one) => one.id !== id);
  show();
}

function counted({ pictures: number, median_seconds: seconds }) {
  put(find("#count-word"), "wall.count", { count: number });
  set("#pictures", new Intl.NumberFormat(document.documentElement.lang).format(number));
  find("#each").hidden = !seconds;
  if (seconds) set("#seconds", `${digits(seconds)} s`);
}

function set(selector, text) {
  const place = find(selector);
  if (place.textContent === text) return;
  place.textContent = text;
  place.removeAttribute("data-bump");
  requestAnimationFrame(() => place.setAttribute("data-bump", ""));
}

/** One picture, by chance, shows again how it was. */
function again() {
  const all = [...tiles.values()].filter((tile) => !("new" in tile.dataset));
  const tile = all[Math.floor(Math.random() * all.length)];
  if (!tile || isStill()) return;
  tile.dataset.again = "";
  setTimeout(() => tile.removeAttribute("data-again"), 7000);
}

function touched() {
  document.body.dataset.touched = "";
  clearTimeout(touched.timer);
  touched.timer = setTimeout(() => delete document.body.dataset.touched, TOUCHED);
}

follow("/api/wall/events", { added, removed, count: counted }, {
  open() {
    connection(true);
    told = new Set();
    setTimeout(() => {
      pictures = pictures.filter((one) => told.has(one.id));
      isFirst = false;
      show();
    }, TOLD);
  },
  lost: () => connection(false),
});
new ResizeObserver(show).observe(mosaic);
setInterval(again, AGAIN);
for (const sign of ["pointermove", "pointerdown", "keydown"]) addEventListener(sign, touched, { passive: true });
touched();
counted({ pictures: 0 });
show();
