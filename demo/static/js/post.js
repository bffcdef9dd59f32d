// One post of the pretend network, as an element.

import { icon, make } from "./dom.js";
import { clock, label, put } from "./words.js";

/**
 * The post with its pictures. `reply(post)` is called when somebody wants to answer it, `remove(post)` deletes it; what is
 * not given is not offered.
 */
export function postElement(post, { reply, remove, isNew = false }) {
  const isBot = Boolean(post.is_bot);
  const face = make("span", { class: "face", "aria-hidden": "true", "data-bot": isBot }, isBot ? "" : letter(post.author));
  const head = make("div", { class: "post-head" }, make("h3", {}, post.author),
    isBot ? put(make("span", { class: "badge" }), "timeline.bot") : null,
    post.at ? make("time", { class: "small muted", datetime: new Date(post.at).toISOString() }, clock(post.at)) : null);
  const answer = reply && label(make("button", { type: "button", class: "bare", onclick: () => reply(post) }, icon("reply"),
    put(make("span"), "timeline.reply")), "timeline.reply-to", { name: post.author });
  const off = remove && make("button", { type: "button", class: "bare", onclick: () => remove(post) }, icon("delete"), put(make("span"), "timeline.delete"));
  return make("article", { class: "post", "data-id": post.id, "data-bot": isBot, "data-new": isNew },
    face, make("div", {}, head, make("p", { class: "post-text" }, ...marked(post.text ?? "")), pictures(post.media ?? []), answer || off ? make("div", { class: "row" }, answer, off) : null));
}

/** Names in the text are marked. */
function marked(text) {
  return text.split(/(@\w+)/).map((part) => (part.startsWith("@") ? make("b", {}, part) : part));
}

function letter(name) {
  return [...(name || "?").replace(/^@/, "")][0].toUpperCase();
}

function pictures(media) {
  if (!media.length) return null;
  return make("div", { class: "media", "data-count": Math.min(4, media.length) }, media.slice(0, 4).map(({ url, kind, alt, width, height }) => {
    if (/video|clip|gif/.test(kind ?? "") && !/image/.test(kind)) {
      return make("video", { src: url, controls: true, loop: true, playsinline: true, preload: "metadata", width, height, "aria-label": alt || null });
    }
    const image = make("img", { src: url, alt: alt ?? "", loading: "lazy", width, height });
    const button = make("button", { type: "button", onclick: () => large(url, alt) }, image);
    // A picture without words still needs a name for its button.
    if (!alt) label(button, "timeline.picture");
    return button;
  }));
}

function large(url, alt) {
  const close = label(make("button", { type: "button", class: "round", onclick: () => dialog.close() }, icon("close")), "close");
  const dialog = make("dialog", { class: "lightbox" }, make("img", { src: url, alt: alt ?? "" }), alt ? make("p", { "aria-hidden": "true" }, alt) : null, close);
  label(dialog, "timeline.picture");
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}
