// The scene with the camera: the finder, three, two, one, and the picture.

import { openFinder, shot, whyFailed } from "./camera.js";
import { find } from "./dom.js";

/** Seconds that are counted before the picture is taken. */
const COUNT = 3;

/** The camera's scene; `taken(blob)` gets the picture, `failed(key)` the reason why there is none. */
export class Finder {
  constructor({ taken, failed }) {
    this.taken = taken;
    this.failed = failed;
    this.video = find("#finder");
    this.count = find("#count");
    this.flash = find("#flash");
    this.button = find("#shoot");
    this.button.addEventListener("click", () => this.#countdown());
  }

  /** Switch the camera on; false where that failed and `failed` was told. */
  async open() {
    this.button.disabled = true;
    const turn = (this.turn = {});
    try {
      const close = await openFinder(this.video);
      // The visitor may have left while the browser asked.
      if (this.turn !== turn) close();
      else this.off = close;
    } catch (error) {
      if (this.turn === turn) this.failed(whyFailed(error));
      return false;
    }
    this.button.disabled = false;
    this.button.focus();
    return true;
  }

  /** Switch it off, whatever it does. */
  close() {
    this.turn = null;
    this.off?.();
    this.off = null;
    this.count.textContent = "";
  }

  async #countdown() {
    const { turn } = this;
    this.button.disabled = true;
    for (let left = COUNT; left > 0; left -= 1) {
      this.count.textContent = `${left}`;
      this.count.dataset.beat = `${left}`;
      await new Promise((resolve) => { setTimeout(resolve, 1000); });
      if (this.turn !== turn) return;
    }
    this.count.textContent = "";
    this.flash.classList.add("flashing");
    setTimeout(() => this.flash.classList.remove("flashing"), 400);
    const picture = await shot(this.video);
    if (this.turn === turn) this.taken(picture);
  }
}
