// A small chart over the last minute: the figure of now, its course, and the same as a table.

import { draw, make } from "./dom.js";
import { put } from "./words.js";

/** The drawing's own units; the page stretches it. */
const WIDTH = 300;
const HEIGHT = 100;

/** A card with a chart; `shape` is "line" or "bars", `unit` the key of the unit's text. */
export class Chart {
  constructor({ title, unit, shape, format }) {
    this.shape = shape;
    this.format = format;
    this.number = make("span", { class: "figure" }, "–");
    this.svg = draw("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.rows = make("tbody");
    const head = make("tr", {}, put(make("th", { scope: "col" }), "chart.ago"), put(make("th", { scope: "col" }), title));
    this.details = make("details", { ontoggle: () => this.#table() }, put(make("summary"), "chart.table"),
      make("div", { tabindex: "0", role: "region", "data-words-label": title }, make("table", {}, make("thead", {}, head), this.rows)));
    this.element = make("article", { class: "card chart" }, put(make("h3"), title),
      make("p", { class: "now" }, this.number, put(make("small"), unit)), this.svg, this.details);
    this.points = [];
  }

  /** Show the course, one value a second (null where there was none), and the figure of now. */
  show(points, now) {
    this.points = points;
    this.number.textContent = now === null || now === undefined ? "–" : this.format(now);
    const values = points.map((one) => one ?? 0);
    const most = Math.max(1e-9, ...values) * 1.12;
    const x = (index) => (values.length < 2 ? WIDTH : (index / (values.length - 1)) * WIDTH);
    const y = (value) => HEIGHT - (value / most) * HEIGHT;
    const base = draw("line", { class: "plot-base", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT });
    if (points.every((one) => one === null)) this.svg.replaceChildren(base);
    else if (this.shape === "bars") {
      const wide = WIDTH / Math.max(1, values.length);
      this.svg.replaceChildren(base, ...values.map((value, index) =>
        draw("rect", { class: "plot-bar", x: index * wide + wide * 0.15, width: wide * 0.7, y: y(value), height: HEIGHT - y(value) })));
    } else {
      const line = values.map((value, index) => `${index ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`).join("");
      this.svg.replaceChildren(draw("path", { class: "plot-area", d: `${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z` }),
        base, draw("path", { class: "plot-line", d: line }));
    }
    this.#table();
  }

  /** Only while somebody reads it. */
  #table() {
    if (!this.details.open) return;
    const last = this.points.length - 1;
    this.rows.replaceChildren(...this.points.map((value, index) => make("tr", {}, make("td", {}, `${last - index} s`),
      make("td", {}, value === null ? "–" : this.format(value)))).reverse());
  }
}
