/** Answers to questions of consent, as the server wants them: a grant for the cart, a line of the ledger for the rest, a no that is told. */
import type { App } from "../app";
import { locale } from "../../text/texts";
import { GRANT_S, RECORDING_S, SCOPES, TEXT_VERSION, type Question } from "./questions";

export async function agree(app: App, { purpose, repId }: Question): Promise<void> {
  const conversation_id = app.log!.id;
  const scope = SCOPES[purpose];
  if (scope) {
    await app.link.ask("grant.create", { conversation_id, scopes: [scope], rep_id: repId, ttl_s: GRANT_S });
    return;
  }
  const recording = purpose === "recording";
  await app.link.ask("consent.give", {
    purpose,
    conversation_id,
    scope: recording ? "call" : "",
    text_version: TEXT_VERSION,
    locale: locale().tag,
    how: "widget",
    expires_at: recording ? new Date(Date.now() + RECORDING_S * 1000).toISOString() : null,
  });
}

export async function refuse(app: App, { purpose }: Question): Promise<void> {
  await app.link.ask("consent.refuse", { purpose, conversation_id: app.log!.id });
}
