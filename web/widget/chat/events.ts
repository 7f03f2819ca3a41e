/** What happened between the messages, in a line of words. */
import { duration } from "../../text/formats";
import type { Entry, Message } from "../../protocol";
import type { App } from "../app";
import { t } from "../words";

/** Entries that `rows` lets through. */
export function eventWords(entry: Entry): string {
  const { data } = entry;
  switch (entry.type) {
    case "call.connected":
      return data["media"] === "video" ? t("event.video") : t("event.call");
    case "call.ended":
      return (data["talked_ms"] as number) > 0 ? t("event.call_ended", { time: duration((data["talked_ms"] as number) / 1000, "long") }) : t("event.call_missed");
    case "recording.started":
      return t("event.recording");
    case "recording.stopped":
      return t("event.recording_ended");
    case "help.requested":
      return t("event.help");
    case "csat.submitted":
      return t("event.rated");
    case "queue.callback_kept":
      return t("event.callback");
    case "transcript.mailed":
      return t("event.mailed");
    case "conversation.reopened":
      return t("event.reopened");
    default:
      return "";
  }
}

/** A message that nobody wrote, in the visitor's own language; in the server's words where its code is a newer one. */
export function systemWords(app: App, message: Message): string {
  switch (message.system) {
    case "acknowledgement":
      // The shop may have words of its own for this.
      return message.text || t("system.acknowledgement");
    case "joined":
    case "transferred": {
      const assigned = app.log?.entries.findLast((entry) => /^conversation\.(assigned|transferred)$/.test(entry.type) && entry.seq < (message.seq ?? 0));
      const name = assigned?.data["rep_name"];
      if (typeof name !== "string" || !name) return message.text;
      return message.system === "joined" ? t("system.joined", { name }) : t("system.transferred", { name });
    }
    case "closed":
      return t("system.closed");
    default:
      return message.text;
  }
}
