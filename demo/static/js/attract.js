// What a stand shows while nobody is there: pictures that get their colours, one after the other.

import { isStill, make } from "./dom.js";

/** Pictures that come with the stand, in grey and as its own network coloured them. */
const SHIPPED = ["dust-bowl", "nagasaki", "hopper", "alps"].map((name) => ({
  before: `/static/samples/${name}.jpg`, after: `/static/attract/${name}.jpg`,
}));

/** Milliseconds from one picture to the next; its style knows when the colours come within them. */
const EACH = 7000;

/** Show pictures in `place` until it is ended; returns the function that ends it. */
export function attract(place, samples = []) {
  const own = samples.filter((sample) => sample.before && sample.after);
  const pictures = own.length ? own : SHIPPED;
  let at = 0;
  let timer = null;

  async function next() {
    const { before, after } = pictures[at % pictures.length];
    at += 1;
    const under = make("img", { src: before, alt: "" });
    const over = make("img", { src: after, alt: "", class: "showing-colour" });
    const slide = make("div", { class: "slide" }, under, over, make("span", { class: "showing-line" }));
    try {
      await Promise.all([under.decode(), over.decode()]);
    } catch {
      // A picture that cannot be shown is passed over.
      timer = setTimeout(next, EACH);
      return;
    }
    const old = [...place.children];
    place.append(slide);
    // The new one fades in over the old one, which goes when it is covered.
    setTimeout(() => { for (const one of old) one.remove(); }, isStill() ? 0 : 1200);
    timer = setTimeout(next, EACH);
  }

  next();
  return () => {
    clearTimeout(timer);
    place.replaceChildren();
  };
}
