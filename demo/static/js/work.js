// A picture on its way, stage by stage, with the time.

import { find, icon, make } from "./dom.js";
import { digits, put } from "./words.js";

/** The stages in the order in which a picture passes them. */
const STAGES = ["received", "stored", "ordered", "colouring", "done"];

/** Shows the way of one picture. */
export class Work {
  constructor() {
    this.list = find("#stages");
    this.watch = find("#watch");
    this.picture = find("#bath");
    this.said = find("#work-said");
    this.meter = find("#meter");
  }

  /** Begin: with the picture in black and white where the browser can show it (a Blob or an address). */
  begin(picture) {
    this.start = performance.now();
    this.first = null;
    this.at = -1;
    this.meter.hidden = true;
    this.list.replaceChildren(...STAGES.map((stage) => make("li", { "data-stage": stage },
      make("span", { class: "stage-dot", "aria-hidden": "true" }, icon("tick")),
      put(make("span"), `stage.${stage}`), make("span", { class: "figure muted small" }))));
    this.#show(picture);
    this.say("stage.sending");
    clearInterval(this.timer);
    this.timer = setInterval(() => this.#tick(), 100);
    this.#tick();
  }

  /** A stage was reached; those before it were too. Told again by a stream that came back, it changes nothing. */
  stage({ stage, at_ms: at }) {
    const number = STAGES.indexOf(stage);
    this.first ??= at;
    if (number <= this.at) return;
    this.at = number;
    [...this.list.children].forEach((item, index) => {
      item.dataset.state = index < number || stage === "done" ? "past" : index === number ? "now" : "";
      item.toggleAttribute("aria-current", index === number);
    });
    this.list.children[number].lastChild.textContent = `${digits((at - this.first) / 1000, 2)} s`;
    this.say(`stage.${stage}`);
  }

  /** So many pictures of a film are done; the newest is shown. */
  progress({ done, of, preview }) {
    this.meter.hidden = false;
    find("progress", this.meter).value = of ? done / of : 0;
    put(find("p", this.meter), "work.frames", { done, of });
    if (preview) {
      this.picture.src = preview;
      this.picture.hidden = false;
      this.picture.dataset.colour = "";
    }
  }

  /** Say one thing to a screen reader, and under the stages as long as those have nothing to show. */
  say(key, values) {
    this.said.classList.toggle("unseen", this.at >= 0);
    put(this.said, key, values);
  }

  /** The clock stands. */
  end() {
    clearInterval(this.timer);
    if (this.own) URL.revokeObjectURL(this.own);
    this.own = null;
  }

  #show(picture) {
    if (this.own) URL.revokeObjectURL(this.own);
    this.own = picture instanceof Blob ? URL.createObjectURL(picture) : null;
    delete this.picture.dataset.colour;
    this.picture.hidden = true;
    this.picture.onload = () => { this.picture.hidden = false; };
    if (picture) this.picture.src = this.own ?? picture;
  }

  #tick() {
    this.watch.textContent = `${digits((performance.now() - this.start) / 1000)} s`;
  }
}
