// A stand that nobody touches starts over for the next visitor, and says so before it does.

/** Seconds of the countdown that is seen. */
const WARNING = 10;

/** What counts as somebody being there. */
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "input"];

/** Counts down while it is watched; any sign of a person begins anew. */
export class Idle {
  /** `warned(seconds)` is told each second of the countdown, and null when it is over; `gone()` at its end. */
  constructor(seconds, warned, gone) {
    this.seconds = seconds;
    this.warned = warned;
    this.gone = gone;
    this.said = null;
    for (const sign of SIGNS) document.addEventListener(sign, () => this.#touched(), { passive: true, capture: true });
  }

  /** Begin, or begin anew. */
  watch() {
    this.rest();
    if (!this.seconds) return;
    this.last = Date.now();
    this.timer = setInterval(() => this.#look(), 250);
  }

  /** Nobody needs to be there: while a picture is on its way, or nothing was begun. */
  rest() {
    clearInterval(this.timer);
    this.timer = null;
    this.#say(null);
  }

  #touched() {
    if (!this.timer) return;
    this.last = Date.now();
    this.#say(null);
  }

  #look() {
    const left = Math.ceil(this.seconds - (Date.now() - this.last) / 1000);
    if (left <= 0) {
      this.rest();
      this.gone();
    } else if (left <= Math.min(WARNING, Math.ceil(this.seconds / 2))) this.#say(left);
  }

  #say(left) {
    if (left === this.said) return;
    this.said = left;
    this.warned(left);
  }
}
