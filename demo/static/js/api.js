// Asking the stand. Every refusal is a Refused with a sentence for a person.

import { knows, language, say } from "./words.js";

/** The stand said no, or did not answer: `code` for the page, `message` for the person, `after` seconds to wait. */
export class Refused extends Error {
  constructor(code, reason, status, after = null) {
    super(sentence(code, reason));
    this.code = code;
    this.status = status;
    this.after = after;
  }
}

/** Nothing came back at all: worth trying again. */
export const OFFLINE = "offline";

/** Codes that the stand's front gives where no part of it had a word of its own. */
const BY_STATUS = { 403: "forbidden", 404: "gone", 410: "gone", 413: "too-large", 415: "not-a-picture", 429: "too-often" };

/**
 * Ask, and get the answer's JSON (null where there is none).
 * `json` is sent as JSON, `body` as it is (a file, a form).
 */
export async function ask(method, path, { json, body, type } = {}) {
  const headers = { "X-Stand": "1", "Accept-Language": language() };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  else if (type) headers["Content-Type"] = type;
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: json === undefined ? body : JSON.stringify(json) });
  } catch {
    throw new Refused(OFFLINE, null, 0);
  }
  if (answer.ok) return answer.status === 204 ? null : readJson(answer);
  const said = (await readJson(answer)) ?? {};
  const busy = answer.status >= 500 && !said.reason;
  const code = said.code ?? (busy ? OFFLINE : (BY_STATUS[answer.status] ?? "failed"));
  throw new Refused(code, said.reason ?? null, answer.status, Number(answer.headers.get("Retry-After")) || null);
}

/** The stand's own sentence; where it has none, ours for the code, or one for all. */
export function sentence(code, reason) {
  if (reason) return reason;
  return knows(`error.${code}`) ? say(`error.${code}`) : say("error.failed");
}

async function readJson(answer) {
  try {
    return await answer.json();
  } catch {
    return null;
  }
}
