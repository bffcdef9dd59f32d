// The machine room: what the functions do, and what becomes of it when one is killed.

import { ask } from "./api.js";
import { Chart } from "./chart.js";
import { find, icon, make } from "./dom.js";
import { follow } from "./following.js";
import { begin, connection } from "./frame.js";
import { jobName } from "./job.js";
import { showTrace } from "./trace.js";
import { WorkerBox } from "./worker.js";
import { clock, digits, knows, put, say } from "./words.js";

/** Moments that are kept on the page, the newest. */
const MOMENTS = 120;

/** Seconds that the charts show. */
const COURSE = 60;

/** Milliseconds after which a way without an end is looked at again. */
const LOOK_AGAIN = 1000;

/** Jobs drawn one by one in the queue; more become a number. */
const BEADS = 60;

await begin();
const charts = {
  speed: new Chart({ title: "chart.speed", unit: "chart.per-second", shape: "line", format: (value) => digits(value) }),
  latency: new Chart({ title: "chart.latency", unit: "chart.seconds", shape: "line", format: (value) => digits(value, 2) }),
  waiting: new Chart({ title: "chart.waiting", unit: "chart.pictures", shape: "bars", format: (value) => digits(value, 0) }),
};
const workers = new Map();
const latency = [];
let seen = new Set();
/** Looks again for the end of the way that is shown. */
let again = null;
let traced = new URLSearchParams(location.search).get("trace");

find("#charts").append(...Object.values(charts).map((chart) => chart.element));
find("#add").prepend(icon("plus"));
find("#add").addEventListener("click", () => attempt("machine.adding", () => ask("POST", "/api/machine/workers")));

function state({ queue = {}, workers: told = [], control, finished_per_second: speed, median_seconds: median, history = [] }) {
  const course = history.slice(-COURSE);
  latency.push(median ?? null);
  latency.splice(0, latency.length - COURSE);
  const waiting = Object.values(queue).reduce((sum, one) => sum + (one.waiting ?? 0), 0);
  charts.speed.show(course.map(([, finished]) => finished), speed);
  charts.latency.show(latency, median);
  charts.waiting.show(course.map(([, , one]) => one), waiting);
  charts.waiting.element.toggleAttribute("data-hot", waiting > 0);
  boxes(told);
  lanes(queue);
  put(find("#no-workers"), control?.said ? "error.no-control" : "machine.no-workers");
  // The particulars are for whoever runs the stand, in the language of its log.
  find("#no-control").textContent = control?.said ?? "";
}

function boxes(told) {
  const names = new Set(told.map((one) => one.name));
  for (const [name, box] of workers) {
    if (names.has(name)) continue;
    box.element.remove();
    workers.delete(name);
  }
  for (const one of told) {
    if (!workers.has(one.name)) {
      const box = new WorkerBox(one.name, { kill, remove });
      workers.set(one.name, box);
      find("#workers").append(box.element);
    }
    workers.get(one.name).show(one);
  }
  find("#none").hidden = told.length > 0;
}

function lanes(queue) {
  find("#lanes").replaceChildren(...Object.entries(queue).map(([kind, { waiting = 0, in_hand: inHand = 0 }]) => {
    const beads = [...Array(Math.min(BEADS, inHand)).fill(true), ...Array(Math.min(BEADS, waiting)).fill(false)];
    return make("li", {}, put(make("span"), knows(`machine.kind.${kind}`) ? `machine.kind.${kind}` : kind),
      put(make("span", { class: "figure muted" }), "machine.lane", { waiting, hand: inHand }),
      make("span", { class: "beads", "aria-hidden": "true" }, beads.map((isInHand) => make("i", { "data-in-hand": isInHand }))));
  }));
}

function kill(name) {
  return attempt("machine.killed", async () => {
    await ask("POST", `/api/machine/workers/${encodeURIComponent(name)}/kill`);
    workers.get(name)?.shake();
  }, { name });
}

function remove(name) {
  return attempt("machine.removing", () => ask("DELETE", `/api/machine/workers/${encodeURIComponent(name)}`), { name });
}

async function attempt(key, what, values) {
  const said = find("#workers-said");
  try {
    await what();
    put(said, key, values);
  } catch (error) {
    said.removeAttribute("data-words");
    said.textContent = error.message;
  }
}

function moment(data) {
  const mark = JSON.stringify(data);
  if (seen.has(mark)) return;
  seen.add(mark);
  if (seen.size > 4 * MOMENTS) seen = new Set([...seen].slice(-MOMENTS));
  const { at, what, worker, job, said, code } = data;
  // In the visitor's language where there are words for it; what else the stand says comes as it is.
  const line = knows(`moment.${what}`)
    ? make("p", {}, put(make("b"), `moment.${what}`, { worker: worker || say("moment.some-worker") }), job ? ` ${jobName(job)}` : null)
    : make("p", {}, said || what);
  if (code) line.append(" ", put(make("span", { class: "muted" }), knows(`error.${code}`) ? `error.${code}` : "error.failed"));
  const show = job && put(make("button", { type: "button", onclick: () => trace(job) }), "machine.show-trace");
  find("#log-none").hidden = true;
  const log = find("#log");
  log.prepend(make("li", { "data-what": what }, make("time", { class: "figure muted", datetime: new Date(at).toISOString() }, clock(at)), line, show || null));
  while (log.children.length > MOMENTS) log.lastChild.remove();
  // The newest finished picture is traced by itself, until somebody asks for one.
  if (what === "finished" && job && !traced) trace(job, { isAsked: false });
}

/** Show the way of a picture; its reply comes after it is done, and is looked for so many times more. */
async function trace(job, { isAsked = true, looks = 5 } = {}) {
  if (isAsked) traced = job;
  clearTimeout(again);
  try {
    const steps = await ask("GET", `/api/machine/traces/${encodeURIComponent(job)}`);
    showTrace(find("#trace"), steps);
    find("#trace-job").textContent = jobName(job);
    clearTimeout(again);
    if (looks && !steps.some((one) => one.stage === "reply")) {
      again = setTimeout(() => trace(job, { isAsked: false, looks: looks - 1 }), LOOK_AGAIN);
    }
  } catch (error) {
    // A picture that is gone, or was no visitor's, has no trace; what is shown stays.
    if (isAsked) find("#trace").replaceChildren(make("p", { class: "muted" }, error.message));
  }
}

follow("/api/machine/events", { message: state, state, moment }, { open: () => connection(true), lost: () => connection(false) });
if (traced) trace(traced);
