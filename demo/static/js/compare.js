// The line between grey and colour: by pointer, touch and keyboard.

import { draw, isStill, make } from "./dom.js";
import { digits, label, put, say } from "./words.js";

/** Percent a key moves the line. */
const STEP = 2;
const LEAP = 10;

/** Seconds the colours take to come in, and where the line settles so that both sides are seen. */
const COMING_SECONDS = 2.2;
const SETTLED = 72;

/**
 * Two equally large elements over each other; the second is seen left of the line.
 * What the line says, its value, is the share of the picture in colour, in percent.
 */
export class Compare {
  constructor(under, over, { width, height, alt = "" }) {
    over.classList.add("compare-over");
    this.value = 0;
    this.line = make("div", { class: "compare-line", role: "slider", tabindex: "0", "aria-valuemin": "0", "aria-valuemax": "100", "aria-orientation": "horizontal" },
      make("div", { class: "compare-grip", "aria-hidden": "true" },
        draw("svg", { class: "icon", viewBox: "0 0 24 24" }, draw("path", { d: "M9 6l-6 6 6 6M15 6l6 6-6 6" }))));
    label(this.line, "compare.label");
    const tags = [
      put(make("span", { class: "compare-tag compare-tag-after" }), "compare.after"),
      put(make("span", { class: "compare-tag compare-tag-before" }), "compare.before"),
    ];
    this.element = make("div", { class: "compare", role: "group", "aria-label": alt || null }, under, over, this.line, ...tags);
    this.element.style.setProperty("--shape", `${width / height}`);
    this.element.addEventListener("pointerdown", (event) => this.#grasp(event));
    this.line.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("spoken", () => this.move(this.value));
    this.move(0);
  }

  /** Put the line where so many percent are in colour. */
  move(percent) {
    this.value = Math.min(100, Math.max(0, percent));
    this.element.style.setProperty("--at", `${this.value}%`);
    // Half the grip, at the ends: it comes in, so that it can be seen and grasped there.
    const inward = this.value < 6 ? (6 - this.value) / 6 : this.value > 94 ? (94 - this.value) / 6 : 0;
    this.element.style.setProperty("--inward", `${inward * 2.1}rem`);
    this.element.dataset.end = this.value > 88 ? "after" : this.value < 12 ? "before" : "";
    this.line.setAttribute("aria-valuenow", `${Math.round(this.value)}`);
    this.line.setAttribute("aria-valuetext", say("compare.value", { percent: digits(this.value, 0) }));
  }

  /** Let the colours come in from the left; ends early when the visitor takes the line. */
  async reveal() {
    this.coming = true;
    if (!isStill()) {
      await this.#glide(0, 100, COMING_SECONDS);
      await this.#pause(900);
      await this.#glide(100, SETTLED, 0.9);
    }
    if (this.coming) this.move(SETTLED);
    this.coming = false;
  }

  #glide(from, to, seconds) {
    return new Promise((resolve) => {
      const start = performance.now();
      const step = (now) => {
        if (!this.coming) return resolve();
        const part = Math.min(1, Math.max(0, (now - start) / 1000 / seconds));
        const eased = part < 0.5 ? 4 * part ** 3 : 1 - (2 - 2 * part) ** 3 / 2;
        this.move(from + (to - from) * eased);
        return part < 1 ? requestAnimationFrame(step) : resolve();
      };
      requestAnimationFrame(step);
    });
  }

  #pause(milliseconds) {
    return this.coming ? new Promise((resolve) => { setTimeout(resolve, milliseconds); }) : null;
  }

  #grasp(event) {
    if (event.button !== 0) return;
    this.coming = false;
    const follow = (now) => {
      const { left, width } = this.element.getBoundingClientRect();
      this.move(((now.clientX - left) / width) * 100);
    };
    this.element.setPointerCapture(event.pointerId);
    follow(event);
    this.element.addEventListener("pointermove", follow);
    const release = () => this.element.removeEventListener("pointermove", follow);
    this.element.addEventListener("pointerup", release, { once: true });
    this.element.addEventListener("pointercancel", release, { once: true });
    this.line.focus({ focusVisible: false, preventScroll: true });
    event.preventDefault();
  }

  #key(event) {
    const step = event.shiftKey ? LEAP : STEP;
    const to = {
      ArrowRight: this.value + step, ArrowUp: this.value + step, ArrowLeft: this.value - step, ArrowDown: this.value - step,
      PageUp: this.value + LEAP, PageDown: this.value - LEAP, Home: 0, End: 100,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.coming = false;
    this.move(Math.round(to));
  }
}
