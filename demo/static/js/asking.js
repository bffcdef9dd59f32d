// A question before what cannot be undone.

import { make } from "./dom.js";
import { put } from "./words.js";

/** Ask in a dialog; true where the visitor says yes, false for no and for Escape. */
export function sure(question, yes, values) {
  return new Promise((resolve) => {
    const refuse = put(make("button", { type: "button", onclick: () => dialog.close("no") }), "no");
    const agree = put(make("button", { type: "button", class: "primary", onclick: () => dialog.close("yes") }), yes);
    const dialog = make("dialog", { "aria-labelledby": "sure-question" },
      put(make("h2", { id: "sure-question" }), question, values), make("div", { class: "row" }, refuse, agree));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    refuse.focus();
  });
}
