// What was asked for is not here, or not any more.

import { find } from "./dom.js";
import { begin } from "./frame.js";
import { knows, put } from "./words.js";

await begin();
// The stand may say on the page why: <html data-code="…">.
const { code } = document.documentElement.dataset;
if (code && knows(`error.${code}`)) put(find("#said"), `error.${code}`);
