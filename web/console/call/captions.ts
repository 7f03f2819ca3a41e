/**
 * The captions of a call at the console, in the customer's language. Whether somebody reads, and that their words may be written, is kept by
 * the browser; a refusal is for this call, so that they are asked again.
 */
import { speechWriter } from "../../media";
import { Captions } from "../../protocol";
import { locale } from "../../text/texts";
import type { App } from "../app";
import type { Opened } from "../opened";
import { keep, kept } from "./kept";

export function captionsOf(app: App, { log, conversation }: Opened): Captions {
  const { maySpeech, captions = false } = kept();
  const language = conversation?.locale || locale().tag;
  const made = new Captions(app.link, log.id, speechWriter(language), maySpeech || null, (allowed) => keep({ maySpeech: allowed }));
  made.read(captions);
  return made;
}
