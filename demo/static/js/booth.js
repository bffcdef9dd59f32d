// The booth: from a picture in black and white to one in colour, and back to the next visitor.

import { attract } from "./attract.js";
import { whyNot, withoutColour } from "./camera.js";
import { find, icon, make } from "./dom.js";
import { Finder } from "./finder.js";
import { begin, connection } from "./frame.js";
import { Idle } from "./idle.js";
import { showResult } from "./result.js";
import { visit } from "./visit.js";
import { Work } from "./work.js";
import { digits, label, put, say } from "./words.js";

/** Codes of refusals after which the same picture may do well. */
const AGAIN = ["too-often", "failed", "busy", "stopping", "too-slow"];

const stand = await begin();
const scenes = document.querySelectorAll(".scene");
const file = find("#file");
const work = new Work();
const finder = new Finder({ taken: colour, failed: (key) => { restart(); explain(key); } });
const idle = new Idle(stand.idle_seconds, countdown, restart);

let endShowing = null;
let endVisit = () => {};
let endResult = () => {};
let last = null;

function show(name, { focus = true } = {}) {
  for (const scene of scenes) scene.hidden = scene.id !== name;
  document.documentElement.dataset.scene = name;
  scrollTo(0, 0);
  if (name === "attract") endShowing ??= attract(find("#showing"), stand.samples);
  else {
    endShowing?.();
    endShowing = null;
  }
  if (["camera", "result", "trouble"].includes(name)) idle.watch();
  else idle.rest();
  if (focus) find(`#${name}-title`).focus({ preventScroll: true });
}

function restart() {
  endVisit();
  endResult();
  finder.close();
  work.end();
  connection(true);
  last = null;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close("no");
  find("#print").replaceChildren();
  find("#result-side").replaceChildren();
  show("attract");
}

/** Say beside the buttons why there is no camera; the file is offered at once. */
function explain(key) {
  const why = find("#camera-why");
  why.hidden = false;
  put(why, key);
  find("#to-file").classList.add("primary");
  find("#to-camera").classList.remove("primary");
}

/** Send a picture (a Blob or {sample, thumbnail}) and show its way. */
function colour(source) {
  finder.close();
  last = source;
  if (source instanceof Blob && stand.max_bytes && source.size > stand.max_bytes) {
    trouble("too-large", say("error.too-large-here", { megabytes: digits(stand.max_bytes / 1_000_000, 0) }));
    return;
  }
  show("work");
  work.begin(source instanceof Blob ? source : source.thumbnail);
  endVisit = visit(source instanceof Blob ? source : { sample: source.sample }, {
    stage: (data) => work.stage(data),
    progress: (data) => work.progress(data),
    lost: () => connection(false),
    back: () => connection(true),
    done: finished,
    failed: trouble,
  });
}

async function finished(done) {
  try {
    const shown = await showResult(done, { print: find("#print"), side: find("#result-side"), restart });
    endResult = () => {
      shown.end();
      endResult = () => {};
    };
  } catch (error) {
    console.info(`the result cannot be shown: ${error.message}`);
    trouble("failed", say("error.no-show"));
    return;
  }
  work.end();
  show("result");
}

/** Never a dead end: the sentence, and what can be done about it. */
function trouble(code, reason) {
  work.end();
  connection(true);
  find("#trouble-said").textContent = reason;
  const ways = [];
  const again = last;
  if (code === "already-colour" && again instanceof Blob) {
    ways.push(way("trouble.grey", "camera", async () => {
      try {
        colour(await withoutColour(again));
      } catch {
        trouble("not-a-picture", say("error.not-a-picture"));
      }
    }));
  } else if (AGAIN.includes(code) && again) ways.push(way("trouble.retry", "again", () => colour(again)));
  ways.push(way("trouble.another", "file", () => file.click()), way("again", "back", restart));
  ways[0].classList.add("primary");
  find("#trouble-ways").replaceChildren(...ways);
  show("trouble");
}

function way(key, drawing, onclick) {
  return make("button", { type: "button", class: "large", onclick }, icon(drawing), put(make("span"), key));
}

function countdown(left) {
  const line = find("#idle");
  line.hidden = left === null;
  if (left === null) {
    line.replaceChildren();
    return;
  }
  if (!line.firstChild) {
    line.append(make("span", { class: "idle-count figure", "aria-hidden": "true" }), put(make("span"), "idle.soon"),
      put(make("button", { type: "button" }), "idle.stay"));
  }
  line.firstChild.textContent = `${left}`;
}

function samples() {
  const list = find("#samples");
  for (const { id, title, thumbnail } of stand.samples ?? []) {
    const button = make("button", { type: "button", class: "sample", onclick: () => colour({ sample: id, thumbnail }) },
      make("img", { src: thumbnail, alt: "", loading: "lazy" }));
    label(button, "booth.sample", { title });
    list.append(make("li", {}, button));
  }
  find(".samples").hidden = !list.children.length;
}

function dropping() {
  const cover = find("#drop");
  let depth = 0;
  const busy = () => ["work", "camera"].includes(document.documentElement.dataset.scene);
  addEventListener("dragenter", (event) => {
    if (busy() || !event.dataTransfer?.types.includes("Files")) return;
    depth += 1;
    cover.hidden = false;
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    cover.hidden = depth === 0;
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    cover.hidden = true;
    const [first] = event.dataTransfer?.files ?? [];
    if (first && !busy()) colour(first);
  });
  addEventListener("paste", (event) => {
    const [first] = event.clipboardData?.files ?? [];
    if (first && !busy()) colour(first);
  });
}

find("#to-camera").prepend(icon("camera"));
find("#to-file").prepend(icon("file"));
find("#camera-back").prepend(icon("back"));
find("#work-back").prepend(icon("back"));
find("#shoot").prepend(icon("camera"));
find("#to-camera").addEventListener("click", async () => {
  const why = whyNot();
  if (why) {
    explain(why);
    return;
  }
  show("camera");
  await finder.open();
});
find("#to-file").addEventListener("click", () => file.click());
find("#camera-back").addEventListener("click", restart);
find("#work-back").addEventListener("click", restart);
file.accept = (stand.accept ?? []).join();
file.addEventListener("change", () => {
  const [first] = file.files;
  if (first) colour(first);
  file.value = "";
});
samples();
dropping();
if (whyNot()) explain(whyNot());
show("attract", { focus: false });
