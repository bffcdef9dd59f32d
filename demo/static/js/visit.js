// One picture on its way: sent, followed, and sent again where the connection broke.

import { OFFLINE, ask } from "./api.js";
import { follow } from "./following.js";

/** Waits before a picture that did not arrive is sent again, in milliseconds; the last one repeats. */
const WAITS = [1000, 2000, 4000, 8000];

/**
 * Send a file (a Blob) or a sample ({sample: id}) and follow it.
 *
 * `told` hears, any of them: `accepted({id, token, kind})`, `stage({stage, at_ms})`, `progress({done, of, preview})`,
 * and then one of `done(data)` or `failed(code, reason)`; and between them `lost()` and `back()` of the connection.
 * Returns a function that stops following; the picture goes on without us.
 */
export function visit(source, told) {
  let stopped = false;
  let stop = () => {};
  const tell = (name, ...values) => {
    if (!stopped) told[name]?.(...values);
  };
  const finish = (name, ...values) => {
    stop();
    tell(name, ...values);
    stopped = true;
  };

  async function send() {
    for (let tries = 0; !stopped; tries += 1) {
      try {
        const asked = source instanceof Blob ? { body: source, type: source.type || "application/octet-stream" } : { json: source };
        const accepted = await ask("POST", "/api/visits", asked);
        if (tries) tell("back");
        return accepted;
      } catch (error) {
        if (error.code !== OFFLINE) {
          finish("failed", error.code, error.message);
          return null;
        }
        tell("lost");
        await new Promise((resolve) => { setTimeout(resolve, WAITS[Math.min(tries, WAITS.length - 1)]); });
      }
    }
    return null;
  }

  send().then((accepted) => {
    if (!accepted || stopped) return;
    tell("accepted", accepted);
    stop = follow(accepted.events, {
      stage: (data) => tell("stage", data),
      progress: (data) => tell("progress", data),
      done: (data) => finish("done", { ...accepted, ...data }),
      failed: (data) => finish("failed", data.code, data.reason),
    }, { open: () => tell("back"), lost: () => tell("lost"), hides: false });
  });

  return () => {
    stopped = true;
    stop();
  };
}

/** The address of something that belongs to a visit. */
export function address({ id, token }, part = "", more = "") {
  return `/api/visits/${encodeURIComponent(id)}${part}?token=${encodeURIComponent(token)}${more}`;
}
