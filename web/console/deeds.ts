/**
 * What a rep does to conversations and tickets, each with the words for when it is refused. Whoever presses calls one of these; what
 * changed comes back by the socket.
 */
import { newId, type Conversation, type Place } from "../protocol";
import type { App } from "./app";
import { callingOf } from "./call/calling";
import { startCall } from "./call/start";
import type { Opened } from "./opened";
import { inWords } from "./problems";
import { router } from "./router";
import { t } from "./texts";

/** Takes an offer and puts its conversation in front. */
export async function accept(app: App, place: Place): Promise<void> {
  const done = await app.attempt(async () => {
    const taken = await app.link.ask("queue.accept", { ticket_id: place.id });
    app.desk.took(taken as Place);
  }, inWords);
  if (done) show(app, place.conversation_id);
  else void app.desk.refresh();
}

export async function decline(app: App, place: Place): Promise<void> {
  app.desk.dropped(place.id);
  await app.attempt(() => app.link.ask("queue.decline", { ticket_id: place.id }), inWords);
  void app.desk.refresh();
}

/** Takes somebody who waits, out of turn. */
export async function pick(app: App, place: Place): Promise<void> {
  const done = await app.attempt(() => app.link.ask("queue.pick", { ticket_id: place.id }), inWords);
  if (done) show(app, place.conversation_id);
  if (done && place.call_id) void callingOf(app).enter(place.call_id);
  void app.desk.refresh();
}

/** Takes a conversation that is nobody's: out of the queue where it waits there. */
export async function claim(app: App, opened: Opened): Promise<void> {
  const waiting = opened.places.find((each) => each.state === "waiting" && each.channel === "chat");
  const work = (): Promise<unknown> =>
    waiting
      ? app.link.ask("queue.pick", { ticket_id: waiting.id })
      : app.link.ask("conversation.claim", { conversation_id: opened.id }).then((conversation) => opened.put(conversation as Conversation));
  await app.attempt(work, inWords);
  void app.desk.refresh();
  void opened.refresh();
}

export async function boost(app: App, place: Place, points: number): Promise<void> {
  const done = await app.attempt(() => app.link.ask("queue.boost", { ticket_id: place.id, points, reason: "supervisor" }), inWords);
  if (done) app.notice(t("boost.done", { points }), "success");
  void app.desk.refresh();
}

/** Gives it to a rep: by the queue where a ticket is, else by the conversation itself. `force` is a supervisor's. */
export async function handToRep(app: App, opened: Opened, repId: string, name: string): Promise<boolean> {
  const { ticketId } = opened;
  const done = await app.attempt(
    () =>
      ticketId === null
        ? app.link.ask("conversation.assign", { conversation_id: opened.id, rep_id: repId, rep_name: name })
        : app.supervises && !opened.mine
          ? app.link.ask("queue.reassign", { ticket_id: ticketId, rep_id: repId, force: true })
          : app.link.ask("queue.transfer", { ticket_id: ticketId, rep_id: repId }),
    inWords,
  );
  if (done) app.notice(t("hand.done", { name }), "success");
  void opened.refresh();
  return done;
}

/** Puts it back to wait in a queue, at its age. */
export async function handToQueue(app: App, opened: Opened, queueId: string, name: string): Promise<boolean> {
  const { ticketId } = opened;
  const done = await app.attempt(
    () =>
      ticketId === null
        ? app.link.ask("conversation.release", { conversation_id: opened.id }).then(() => app.link.ask("queue.enter", { conversation_id: opened.id, queue_id: queueId }))
        : app.link.ask("queue.transfer", { ticket_id: ticketId, queue_id: queueId }),
    inWords,
  );
  if (done) app.notice(t("hand.done", { name }), "success");
  void opened.refresh();
  return done;
}

export async function release(app: App, opened: Opened): Promise<void> {
  const done = await app.attempt(() => app.link.ask("conversation.release", { conversation_id: opened.id }), inWords);
  if (done) app.notice(t("release.done"), "success");
  void opened.refresh();
}

export async function reopen(app: App, opened: Opened): Promise<void> {
  await app.attempt(() => app.link.ask("conversation.reopen", { conversation_id: opened.id }), inWords);
  void opened.refresh();
}

/** Says how it went, then ends the conversation. */
export async function close(app: App, opened: Opened, code: string, note: string): Promise<boolean> {
  const { ticketId, mine } = opened;
  const done = await app.attempt(async () => {
    if (ticketId !== null && mine && (code || note)) await app.link.ask("queue.sum_up", { ticket_id: ticketId, code, note });
    else if (note) await app.link.ask("conversation.note", { conversation_id: opened.id, id: newId("note"), text: note });
    await app.link.ask("conversation.close", { conversation_id: opened.id, reason: code });
  }, inWords);
  void opened.refresh();
  void app.desk.refresh();
  return done;
}

/** Rings the customer. The call's stage takes it from there. */
export async function callCustomer(_: App, opened: Opened, media: "voice" | "video"): Promise<void> {
  await startCall(opened, media);
}

/** Says how a piece of work went, after it has ended. */
export async function sumUp(app: App, ticketId: string, code: string, note: string): Promise<boolean> {
  return await app.attempt(() => app.link.ask("queue.sum_up", { ticket_id: ticketId, code, note }), inWords);
}

/** Puts it in front: followed from now on, and what the address says. */
export function show(app: App, conversationId: string): void {
  app.open(conversationId);
  router.toConversation(conversationId);
}
