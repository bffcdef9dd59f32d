// Two films in step, grey and coloured, under one line.

import { Compare } from "./compare.js";
import { icon, isStill, make } from "./dom.js";
import { digits, label, put } from "./words.js";

/** Seconds the two films may be apart before the grey one is set right: less than two pictures of a film. */
const APART = 0.07;

/** A player of both; `element` is what to show. */
export class ClipPlayer {
  constructor({ before, after, width, height, alt }) {
    const film = (src) => make("video", { src, muted: true, loop: true, playsinline: true, preload: "auto", tabindex: "-1" });
    this.grey = film(before);
    this.colour = film(after);
    // Muted as an attribute is not yet muted as a state, and only silent films may begin by themselves.
    this.grey.muted = true;
    this.colour.muted = true;
    this.compare = new Compare(this.grey, this.colour, { width, height, alt });
    this.button = make("button", { type: "button", class: "round", onclick: () => this.#toggle() });
    this.time = make("span", { class: "figure small muted" });
    this.seek = label(make("input", { type: "range", min: "0", max: "1000", step: "1", value: "0" }), "clip.seek");
    this.seek.addEventListener("input", () => this.#set((Number(this.seek.value) / 1000) * (this.colour.duration || 0)));
    this.sound = put(make("button", { type: "button", class: "bare", onclick: () => this.#hear() }), "clip.sound-on");
    this.element = make("div", {}, this.compare.element, make("div", { class: "player" }, this.button, this.seek, this.time, this.sound));
    for (const name of ["play", "pause"]) this.colour.addEventListener(name, () => this.#follow());
    this.colour.addEventListener("timeupdate", () => this.#show());
    this.colour.addEventListener("loadedmetadata", () => this.#show());
    this.#follow();
    if (!isStill()) this.colour.play().catch(() => this.#follow());
  }

  /** Stop both, and let go of their files. */
  end() {
    for (const film of [this.grey, this.colour]) {
      film.pause();
      film.removeAttribute("src");
      film.load();
    }
  }

  #toggle() {
    if (this.colour.paused) this.colour.play();
    else this.colour.pause();
  }

  #hear() {
    this.colour.muted = !this.colour.muted;
    put(this.sound, this.colour.muted ? "clip.sound-on" : "clip.sound-off");
  }

  #set(seconds) {
    this.colour.currentTime = seconds;
    this.grey.currentTime = seconds;
  }

  #follow() {
    if (this.colour.paused) this.grey.pause();
    else this.grey.play().catch(() => {});
    this.button.replaceChildren(icon(this.colour.paused ? "play" : "pause"));
    label(this.button, this.colour.paused ? "clip.play" : "clip.pause");
  }

  #show() {
    const { currentTime, duration } = this.colour;
    if (Math.abs(this.grey.currentTime - currentTime) > APART) this.grey.currentTime = currentTime;
    if (!duration) return;
    if (document.activeElement !== this.seek) this.seek.value = `${Math.round((currentTime / duration) * 1000)}`;
    this.seek.setAttribute("aria-valuetext", `${digits(currentTime)} s`);
    this.time.textContent = `${digits(currentTime)} / ${digits(duration)} s`;
  }
}
