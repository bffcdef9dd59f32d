// Server-sent events that come back by themselves, for pages that stand open for days.

/** Waits between tries when the stand refuses or is gone, in milliseconds; the last one repeats. */
const WAITS = [1000, 2000, 4000, 8000, 15000];

/**
 * Follow a stream of events. `heard` maps an event's name to a function of its data.
 *
 * `open` and `lost` tell of the connection. The browser reconnects by itself where the wire broke; where the stand
 * answered with an error, or had gone, it does not, so it is asked again here. A page that nobody sees lets go of the
 * stream (`hides`): a browser has six connections to one address, and each open page would hold one of them.
 * Returns a function that ends it.
 */
export function follow(path, heard, { open = () => {}, lost = () => {}, hides = true } = {}) {
  let source = null;
  let tries = 0;
  let timer = null;

  function begin() {
    clearTimeout(timer);
    source?.close();
    const now = new EventSource(path);
    source = now;
    now.onopen = () => {
      tries = 0;
      open();
    };
    now.onerror = () => {
      if (now !== source) return;
      lost();
      if (now.readyState === EventSource.CLOSED) {
        timer = setTimeout(begin, WAITS[Math.min(tries, WAITS.length - 1)]);
        tries += 1;
      }
    };
    for (const [name, told] of Object.entries(heard)) {
      now.addEventListener(name, (event) => {
        if (now === source) told(JSON.parse(event.data));
      });
    }
  }

  function rest() {
    clearTimeout(timer);
    const was = source;
    source = null;
    was?.close();
  }

  function seen() {
    if (document.hidden) rest();
    else if (!source) begin();
  }

  begin();
  if (hides) document.addEventListener("visibilitychange", seen);
  return () => {
    document.removeEventListener("visibilitychange", seen);
    rest();
  };
}
