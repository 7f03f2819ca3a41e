/** The captions of the customer's call: in the language of their page, their answer and whether they read kept by the browser. */
import { Captions, type Call } from "../../protocol";
import { locale } from "../../text/texts";
import type { App } from "../app";
import { choose, chosen } from "./memory";

export function captionsOf(app: App, call: Call, { speechWriter }: typeof import("../../media")): Captions {
  const { maySpeech = null, captions = false } = chosen();
  const made = new Captions(app.link, call.conversation_id, speechWriter(locale().tag), maySpeech, (allowed) => choose({ maySpeech: allowed }));
  made.read(captions);
  return made;
}
