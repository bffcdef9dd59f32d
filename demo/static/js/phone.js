// A visitor's own page, on the phone: the picture, to look at, to save and to delete.

import { sentence } from "./api.js";
import { find } from "./dom.js";
import { follow } from "./following.js";
import { begin, connection } from "./frame.js";
import { showResult } from "./result.js";
import { put } from "./words.js";

/** What the stand's address of this page says: /p/{token}. Its part before the first dot is the visit's id. */
const token = decodeURIComponent(location.pathname.split("/").pop());
const { visit: id = token.split(".")[0] } = document.documentElement.dataset;

/** Streams that break off before they said anything mean, after so many, that the picture is gone. */
const TRIES = 3;

function end(title, said) {
  find("#result").hidden = true;
  find("#trouble").hidden = false;
  put(find("#trouble-title"), title);
  if (said.key) put(find("#trouble-said"), said.key);
  else find("#trouble-said").textContent = said.text;
  find("#to-stand").hidden = false;
}

await begin({ ways: false });
let tries = 0;
const stop = follow(`/api/visits/${encodeURIComponent(id)}/events?token=${encodeURIComponent(token)}`, {
  stage: () => { tries = 0; },
  async done(data) {
    stop();
    connection(true);
    try {
      await showResult({ id, token, ...data }, { print: find("#print"), side: find("#result-side") });
    } catch (error) {
      console.info(`the picture cannot be shown: ${error.message}`);
      end("phone.gone", { key: "phone.gone-why" });
      return;
    }
    find("#trouble").hidden = true;
    find("#result").hidden = false;
  },
  failed({ code, reason }) {
    stop();
    end("trouble.title", { text: sentence(code, reason) });
  },
}, {
  open: () => connection(true),
  lost() {
    tries += 1;
    if (tries < TRIES) connection(false);
    else {
      stop();
      connection(true);
      end("phone.gone", { key: "phone.gone-why" });
    }
  },
});
document.addEventListener("deleted", () => end("phone.deleted", { key: "phone.deleted-said" }));
