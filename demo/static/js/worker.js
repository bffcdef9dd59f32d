// One worker as a box: what it does, and the button that kills it.

import { sure } from "./asking.js";
import { icon, make } from "./dom.js";
import { jobName } from "./job.js";
import { digits, knows, label, put } from "./words.js";

/** Milliseconds that the button is held before it kills: long enough to mean it. */
const HOLD = 800;

/** States of the stand that have a look of their own here; every other one looks like "idle". */
const LOOKS = { busy: "busy", working: "busy", colouring: "busy", dead: "dead", killed: "dead", gone: "dead", stopped: "dead" };

/** The box of a worker; `kill(name)` and `remove(name)` are called when somebody means it. */
export class WorkerBox {
  constructor(name, { kill, remove }) {
    this.name = name;
    this.state = make("span", { class: "worker-state" });
    this.job = make("p", { class: "worker-job" });
    this.figures = make("p", { class: "worker-figures figure" });
    this.button = label(make("button", { type: "button", class: "kill", "aria-describedby": "hold-how" },
      icon("bolt"), put(make("span"), "machine.kill")), "machine.kill-name", { name });
    hold(this.button, () => kill(name), async () => {
      if (await sure("machine.kill-sure", "machine.kill-yes", { name })) kill(name);
    });
    this.off = label(make("button", { type: "button", class: "round", onclick: () => remove(name) }, icon("close")), "machine.remove-name", { name });
    this.element = make("li", { class: "card worker", "data-name": name, "data-born": true },
      make("div", { class: "worker-head" }, make("h3", {}, name), this.state), this.job, this.figures,
      make("div", { class: "worker-ways" }, this.button, this.off));
    setTimeout(() => this.element.removeAttribute("data-born"), 1300);
  }

  /** Show what the stand says of it. */
  show({ state, pid, in_hand: inHand = [], done, memory_mb: memory, removable = true }) {
    const busy = inHand.length > 0;
    const look = LOOKS[state] ?? (busy ? "busy" : "idle");
    const said = busy && state === "ready" ? "busy" : state;
    this.element.dataset.state = look;
    if (knows(`machine.state.${said}`)) put(this.state, `machine.state.${said}`);
    else this.state.textContent = said;
    this.off.hidden = !removable;
    if (busy) {
      const [{ kind, job, seconds }, ...more] = inHand;
      const kindText = knows(`machine.kind.${kind}`) ? put(make("span"), `machine.kind.${kind}`) : kind;
      this.job.replaceChildren(make("b", {}, jobName(job ?? "")), kindText, ` · ${digits(seconds)} s`, more.length ? ` · +${more.length}` : "");
    } else this.job.replaceChildren(put(make("span"), look === "dead" ? "machine.dead-said" : "machine.idle-said"));
    this.figures.replaceChildren(...[
      ["machine.done", done], ["machine.memory", memory ? `${digits(memory, 0)} MB` : null], ["machine.pid", pid && `${pid}`],
    ].filter(([, value]) => value !== undefined && value !== null).map(([key, value]) =>
      make("span", {}, put(make("span"), key), " ", make("b", {}, typeof value === "number" ? digits(value, 0) : value))));
    this.button.disabled = look === "dead";
  }

  /** It was killed: the box shakes. */
  shake() {
    this.element.dataset.killed = "";
    setTimeout(() => this.element.removeAttribute("data-killed"), 700);
  }
}

/**
 * Call `meant` when the button was held by pointer or key; `asked` where it was pressed without holding being
 * possible (a switch, a screen reader), so that the way is open to everybody.
 */
function hold(button, meant, asked) {
  let start = null;
  let wasHeld = false;

  function begin() {
    if (start !== null || button.disabled) return;
    start = performance.now();
    wasHeld = true;
    button.dataset.holding = "";
    const step = (now) => {
      if (start === null) return;
      const part = Math.min(1, (now - start) / HOLD);
      button.style.setProperty("--held", `${part * 100}%`);
      if (part < 1) requestAnimationFrame(step);
      else {
        end();
        meant();
      }
    };
    requestAnimationFrame(step);
  }

  function end() {
    start = null;
    delete button.dataset.holding;
    button.style.setProperty("--held", "0%");
  }

  button.addEventListener("pointerdown", begin);
  for (const name of ["pointerup", "pointerleave", "pointercancel", "blur"]) button.addEventListener(name, end);
  button.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    begin();
  });
  button.addEventListener("keyup", end);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    if (!wasHeld) asked();
    wasHeld = false;
  });
}
