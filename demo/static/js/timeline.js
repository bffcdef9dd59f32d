// The pretend network: conversations, live; and the form that begins or continues one.

import { ask } from "./api.js";
import { sure } from "./asking.js";
import { find, icon, make, taste } from "./dom.js";
import { example } from "./example.js";
import { follow } from "./following.js";
import { begin, connection } from "./frame.js";
import { postElement } from "./post.js";
import { label, put } from "./words.js";

/** Posts that are kept on the page; the oldest conversations go first. */
const KEPT = 200;

/** Pictures of one post. */
const FILES = 4;

/** Own posts that this browser remembers, so that whoever wrote them can delete them. */
const OWN = 50;

/** Milliseconds in which what was there before is told when a stream begins: it is not news. */
const TOLD = 1500;

await begin();
const feed = find("#feed");
const form = find("#compose");
const name = find("#name");
const text = find("#text");
/** id → {post, element, thread}; a thread is the list item of a conversation. */
const posts = new Map();
/** Answers that came before what they answer: id of that → posts. */
const early = new Map();
let told = new Set();
let since = 0;
let files = [];
let replyTo = null;
let own = JSON.parse(taste.get("posts") ?? "[]");

name.value = taste.get("name") ?? "";
find("#add-files").prepend(icon("file"));

function arrived(post) {
  told.add(post.id);
  if (posts.has(post.id)) return;
  const parent = post.reply_to ? posts.get(post.reply_to) : null;
  const isNew = Date.now() - since > TOLD;
  const element = postElement(post, { reply, isNew, remove: own.includes(post.id) ? remove : null });
  let thread;
  if (parent) {
    thread = parent.thread;
    thread.append(element);
    const isShown = thread.parentNode === feed;
    // A conversation that goes on comes up again.
    if (isNew && isShown && feed.firstChild !== thread) feed.prepend(thread);
  } else {
    thread = make("li", { class: "card thread", "data-at": `${new Date(post.at).getTime()}` }, element);
    const at = Number(thread.dataset.at);
    const older = [...feed.children].find((other) => Number(other.dataset.at) <= at);
    feed.insertBefore(thread, older ?? null);
    if (post.reply_to) early.set(post.reply_to, [...(early.get(post.reply_to) ?? []), post]);
  }
  posts.set(post.id, { post, element, thread });
  for (const answer of early.get(post.id) ?? []) {
    // It stood alone until now: it moves to what it answers.
    const lonely = posts.get(answer.id);
    if (!lonely) continue;
    const moved = [...lonely.thread.children];
    lonely.thread.remove();
    thread.append(...moved);
    for (const entry of posts.values()) if (moved.includes(entry.element)) entry.thread = thread;
  }
  early.delete(post.id);
  if (isNew) put(find("#news"), post.is_bot ? "timeline.news-bot" : "timeline.news", { name: post.author });
  trim();
  nothing();
}

function gone({ id }) {
  const entry = posts.get(id);
  if (!entry) return;
  posts.delete(id);
  entry.element.remove();
  if (!entry.thread.children.length) entry.thread.remove();
  nothing();
}

/** Where nobody has said anything, an example stands, with a picture to begin with. */
function nothing() {
  const place = find("#nothing");
  place.hidden = posts.size > 0;
  if (posts.size) place.replaceChildren();
  else if (!place.firstChild) example(place, begun);
}

function begun(file) {
  if (!files.length) add([file]);
  mention();
}

function mention() {
  if (!text.value.includes("@colorisebot")) text.value = `@colorisebot ${text.value}`;
  (name.value.trim() ? text : name).focus();
}

function trim() {
  while (posts.size > KEPT && feed.children.length > 1) {
    for (const element of [...feed.lastChild.children]) posts.delete(element.dataset.id);
    feed.lastChild.remove();
  }
}

function reply(post) {
  replyTo = post.id;
  const line = find("#replying");
  line.hidden = false;
  const cancel = label(make("button", { type: "button", class: "bare round", onclick: anew }, icon("close")), "timeline.no-reply");
  line.replaceChildren(icon("reply"), put(make("span"), "timeline.replying", { name: post.author }), cancel);
  if (post.is_bot && !text.value) text.value = "@colorisebot ";
  form.scrollIntoView({ block: "center" });
  text.focus();
}

async function remove(post) {
  if (!(await sure("timeline.delete-sure", "timeline.delete-yes"))) return;
  try {
    await ask("DELETE", `/api/timeline/posts/${encodeURIComponent(post.id)}`);
    gone(post);
  } catch (error) {
    say(error.message);
  }
}

/** A post may come by the stream before the answer says that it is ours: it is drawn anew. */
function mine(id) {
  own = [...own, id].slice(-OWN);
  taste.set("posts", JSON.stringify(own));
  const entry = posts.get(id);
  if (!entry) return;
  const again = postElement(entry.post, { reply, isNew: false, remove });
  entry.element.replaceWith(again);
  entry.element = again;
}

function say(sentence) {
  const said = find("#compose-said");
  said.removeAttribute("data-words");
  said.textContent = sentence;
}

function anew() {
  replyTo = null;
  find("#replying").hidden = true;
  text.value = "";
  files = [];
  chosen();
}

function chosen() {
  const list = find("#chosen");
  for (const old of list.querySelectorAll("img, video")) URL.revokeObjectURL(old.src);
  list.replaceChildren(...files.map((file) => {
    const src = URL.createObjectURL(file);
    const remove = make("button", { type: "button", class: "round", onclick: () => {
      files = files.filter((one) => one !== file);
      chosen();
      find("#add-files").focus();
    } }, icon("close"));
    label(remove, "timeline.remove", { file: file.name });
    return make("li", {}, file.type.startsWith("video/") ? make("video", { src, "aria-label": file.name }) : make("img", { src, alt: file.name }), remove);
  }));
}

function add(more) {
  files = [...files, ...more].slice(0, FILES);
  chosen();
}

async function send(event) {
  event.preventDefault();
  const said = find("#compose-said");
  if (!text.value.trim() && !files.length) {
    put(said, "timeline.say-something");
    text.focus();
    return;
  }
  const body = new FormData();
  body.set("name", name.value.trim());
  body.set("text", text.value.trim());
  if (replyTo) body.set("reply_to", replyTo);
  for (const file of files) body.append("files", file, file.name);
  const button = find("[type=submit]", form);
  button.disabled = true;
  try {
    mine((await ask("POST", "/api/timeline/posts", { body })).id);
    taste.set("name", name.value.trim());
    anew();
    put(said, "timeline.posted");
  } catch (error) {
    say(error.message);
  } finally {
    button.disabled = false;
  }
}

form.addEventListener("submit", send);
find("#add-files").addEventListener("click", () => find("#files").click());
find("#files").addEventListener("change", (event) => {
  add(event.target.files);
  event.target.value = "";
});
text.addEventListener("paste", (event) => add(event.clipboardData?.files ?? []));
find("#mention").addEventListener("click", () => {
  mention();
  text.focus();
});
document.addEventListener("spoken", () => {
  find("#nothing").replaceChildren();
  nothing();
});
follow("/api/timeline/events", { post: arrived, deleted: gone }, {
  open() {
    connection(true);
    told = new Set();
    since = Date.now();
    setTimeout(() => {
      for (const id of posts.keys()) if (!told.has(id)) gone({ id });
      nothing();
    }, TOLD);
  },
  lost: () => connection(false),
});
