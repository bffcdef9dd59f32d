// What a conversation with the bot looks like, for a timeline on which nobody has said anything yet.

import { icon, make } from "./dom.js";
import { postElement } from "./post.js";
import { put, say } from "./words.js";

const BEFORE = "/static/samples/dust-bowl.jpg";
const AFTER = "/static/attract/dust-bowl.jpg";

/** Show it in `place`, in the language of now; `take(file)` gets its grey picture when somebody wants to post it. */
export function example(place, take) {
  const question = { author: say("timeline.example-name"), text: say("timeline.example-text"), media: [{ url: BEFORE }] };
  const answer = { author: "colorisebot", is_bot: true, text: say("timeline.example-answer"), media: [{ url: AFTER }] };
  const button = make("button", { type: "button", onclick: async () => take(await file()) }, icon("file"), put(make("span"), "timeline.try"));
  place.replaceChildren(
    make("div", { class: "nothing-head" }, make("div", {}, put(make("p"), "timeline.nothing"), put(make("p", { class: "muted" }), "timeline.example")), button),
    make("div", { class: "card example" }, postElement(question, {}), postElement(answer, {})),
  );
}

async function file() {
  const answer = await fetch(BEFORE);
  return new File([await answer.blob()], BEFORE.split("/").pop(), { type: "image/jpeg" });
}
