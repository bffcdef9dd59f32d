// The coloured picture, and all that its owner can do with it.

import { ask } from "./api.js";
import { sure } from "./asking.js";
import { Blend, loaded } from "./blend.js";
import { ClipPlayer } from "./clip.js";
import { Compare } from "./compare.js";
import { icon, make } from "./dom.js";
import { address } from "./visit.js";
import { knows, put, say } from "./words.js";

/** Letters of a caption, as the stand takes them. */
const CAPTION = 80;

/**
 * Show a finished visit: the picture in `print`, the controls in `side`.
 * `restart` is called for the next picture, also after this one was deleted; a phone's page has none. Whether the picture
 * may be put on the wall, the stand says (`may_post`): a link for looking does not. Off the wall it may be taken by all
 * who may see this.
 */
export async function showResult(done, { print, side, restart = null }) {
  const alt = say(done.kind === "clip" ? "result.alt-clip" : "result.alt");
  let blend = null;
  let picture;
  if (done.kind === "clip") picture = new ClipPlayer({ ...done, alt });
  else {
    const [before, after] = await Promise.all([loaded(done.before), loaded(done.after)]);
    blend = new Blend(after);
    picture = new Compare(before, blend.canvas, { width: after.naturalWidth, height: after.naturalHeight, alt });
  }
  print.style.setProperty("--shape", `${(done.width || 3) / (done.height || 2)}`);
  print.replaceChildren(picture.element);
  side.replaceChildren(...[
    heading(done),
    blend && amount(blend),
    make("div", { class: "row" }, save(done, blend)),
    restart && done.page ? takeaway(done) : null,
    done.may_post || done.on_wall ? wall(done, blend) : null,
    endings(done, restart),
  ].filter(Boolean));
  (picture.compare ?? picture).reveal();
  return { end: () => picture.end?.() };
}

function heading(done) {
  const said = [];
  if (done.seconds) said.push(put(make("p", { class: "lead figure" }), "result.seconds", { seconds: Math.round(done.seconds * 10) / 10 }));
  if (knows(`tint.${done.tint}`)) said.push(put(make("p", { class: "muted" }), `tint.${done.tint}`));
  for (const note of done.notes ?? []) said.push(make("p", { class: "small muted" }, note));
  return make("header", {}, put(make("h1", { id: "result-title", tabindex: "-1" }), "result.title"), ...said);
}

function amount(blend) {
  const output = make("output", { class: "figure muted", for: "amount" });
  const range = make("input", { id: "amount", type: "range", min: "0", max: "2", step: "0.05", value: "1" });
  const show = () => {
    const percent = Math.round(Number(range.value) * 100);
    output.textContent = `${percent} %`;
    range.setAttribute("aria-valuetext", say("result.amount-value", { percent }));
    blend.set(Number(range.value));
  };
  range.addEventListener("input", show);
  show();
  return make("div", { class: "amount" },
    make("div", { class: "amount-head" }, put(make("label", { for: "amount" }), "result.amount"), output), range,
    make("div", { class: "amount-ends small muted", "aria-hidden": "true" }, put(make("span"), "result.less"), put(make("span"), "result.more")));
}

function save(done, blend) {
  const words = put(make("span"), done.kind === "clip" ? "result.save-clip" : "result.save");
  const link = make("a", { class: "button primary large", id: "save", href: address(done, "/after", "&download=1"), download: "" }, icon("save"), words);
  link.addEventListener("click", async (event) => {
    if (!blend || blend.k === 1) return;
    event.preventDefault();
    const own = URL.createObjectURL(await blend.file());
    make("a", { href: own, download: `coloured-${new Date().toISOString().slice(0, 10)}.jpg` }).click();
    setTimeout(() => URL.revokeObjectURL(own), 60_000);
  });
  return link;
}

function takeaway(done) {
  const picture = make("img", { src: done.qr, class: "qr", width: "160", height: "160" });
  picture.setAttribute("data-words-alt", "result.qr-alt");
  picture.alt = say("result.qr-alt");
  return make("div", { class: "takeaway" }, picture, make("div", {},
    put(make("h2"), "result.take"), put(make("p", { class: "small muted" }), "result.take-how"),
    make("a", { class: "small address", href: done.page }, done.page)));
}

function wall(done, blend) {
  const place = make("form", { class: "to-wall", novalidate: true });
  const consent = make("input", { type: "checkbox", id: "consent" });
  const caption = make("input", { type: "text", id: "caption", maxlength: CAPTION, autocomplete: "off", value: done.caption ?? "" });
  const said = make("p", { class: "small muted", role: "status" });
  const post = put(make("button", { type: "submit" }), "wall.post");
  const off = put(make("button", { type: "button" }), "wall.take-off");
  const words = make("div", { class: "field" }, put(make("label", { for: "caption", class: "small" }), "wall.caption"), caption);
  const fields = make("label", { class: "tick" }, consent, put(make("span"), "wall.consent"));
  const title = make("h2");
  const show = (isThere) => {
    put(title, isThere ? "wall.there" : "wall.heading");
    for (const one of [fields, post]) one.hidden = isThere || !done.may_post;
    title.hidden = !isThere && !done.may_post;
    words.hidden = isThere || !consent.checked;
    off.hidden = !isThere;
    // The title says it to the eye already.
    said.classList.toggle("unseen", isThere);
  };
  consent.addEventListener("change", () => show(false));
  place.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!consent.checked) {
      put(said, "wall.tick-first");
      consent.focus();
      return;
    }
    await attempt(said, async () => {
      await ask("PUT", address(done, "/wall"), { json: { saturation: blend?.k ?? 1, caption: caption.value.trim() } });
      show(true);
      put(said, "wall.posted");
      off.focus();
    });
  });
  off.addEventListener("click", () => attempt(said, async () => {
    await ask("DELETE", address(done, "/wall"));
    consent.checked = false;
    show(false);
    put(said, "wall.taken-off");
    (done.may_post ? post : document.querySelector("#result-title")).focus();
  }));
  place.append(make("div", { class: "to-wall-head" }, title, post, off), fields, words, said);
  show(Boolean(done.on_wall));
  return place;
}

function endings(done, restart) {
  const said = make("p", { class: "small muted", role: "status" });
  const remove = make("button", { type: "button", class: "bare", id: "delete" }, icon("delete"), put(make("span"), "result.delete"));
  remove.addEventListener("click", async () => {
    if (!(await sure("result.delete-sure", "result.delete-yes"))) return;
    await attempt(said, async () => {
      await ask("DELETE", address(done));
      if (restart) restart();
      else document.dispatchEvent(new Event("deleted"));
    });
  });
  const again = restart && make("button", { type: "button", id: "again", onclick: restart }, icon("again"), put(make("span"), "again"));
  return make("div", { class: "endings" }, make("div", { class: "row" }, again, remove), said);
}

/** Do it; where the stand refuses, say why in the line beside it. */
async function attempt(said, what) {
  try {
    await what();
  } catch (error) {
    said.removeAttribute("data-words");
    said.classList.remove("unseen");
    said.textContent = error.message;
  }
}
