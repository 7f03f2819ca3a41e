/**
 * The captions of the customer's call, in the language of their page. Whether they read, and that their words may be written, is kept by the
 * browser; a refusal is for this call, so that they are asked again.
 */
import { Captions, type Call } from "../../protocol";
import { locale } from "../../text/texts";
import type { App } from "../app";
import { choose, chosen } from "./memory";

export function captionsOf(app: App, call: Call, { speechWriter }: typeof import("../../media")): Captions {
  const { maySpeech, captions = false } = chosen();
  const made = new Captions(app.link, call.conversation_id, speechWriter(locale().tag), maySpeech || null, (allowed) => choose({ maySpeech: allowed }));
  made.read(captions);
  return made;
}
