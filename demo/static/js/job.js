// The names of orders, short enough for people.

/** Letters of a name that still tell it from the others on the page. */
const SHOWN = 7;

/** The end of an order's name; a short one is shown whole. */
export function jobName(job) {
  return job.length > SHOWN + 3 ? `…${job.slice(-SHOWN)}` : job;
}
