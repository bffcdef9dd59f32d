// The way of one picture through the parts of the machine, as bars over time.

import { make } from "./dom.js";
import { digits, knows, put } from "./words.js";

/** Show a trace, [{stage, who, at_ms, seconds}]; the bar of the function itself has the accent. */
export function showTrace(place, steps) {
  if (!steps.length) {
    place.replaceChildren(put(make("p", { class: "muted" }), "machine.trace-none"));
    return;
  }
  const start = Math.min(...steps.map((one) => one.at_ms));
  const end = Math.max(...steps.map((one) => one.at_ms + (one.seconds ?? 0) * 1000), start + 1);
  const list = make("dl", { class: "trace" });
  for (const { stage, who, at_ms: at, seconds } of steps) {
    const bar = make("div", { class: "span", "aria-hidden": "true", "data-function": /^colou?r|function/.test(stage) });
    bar.style.setProperty("--from", `${((at - start) / (end - start)) * 100}%`);
    bar.style.setProperty("--length", `${(((seconds ?? 0) * 1000) / (end - start)) * 100}%`);
    const title = knows(`trace.${stage}`) ? put(make("b"), `trace.${stage}`) : stage;
    const where = who && (knows(`machine.kind.${who}`) ? put(make("span"), `machine.kind.${who}`) : make("span", {}, who));
    list.append(make("dt", {}, title, where || null), make("dd", {}, bar),
      make("dd", { class: "figure small" }, `${digits(seconds ?? 0, 2)} s`));
  }
  const total = put(make("p", { class: "small muted figure" }), "machine.trace-total", { seconds: digits((end - start) / 1000, 2) });
  place.replaceChildren(list, total);
}
