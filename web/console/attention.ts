/**
 * What stands in the left column, and in which order: who needs attention first. Pure: what is known goes in, rows come out.
 *
 * Offers first, the one that ends soonest on top; then one's own conversations, those where the customer waits for an answer by how
 * long they have waited, the others by when something last happened; then who waits in the queue, in the queue's own order; then
 * what is nobody's.
 */
import type { Conversation, Place } from "../protocol";

export type Kind = "offer" | "mine" | "waiting" | "unclaimed";
export interface Row {
  kind: Kind;
  conversationId: string;
  conversation: Conversation | null;
  place: Place | null;
  unread: number;
  /** What was said last, where it is known. */
  said: string;
  typing: boolean;
  /** Since when somebody waits: for a rep, or for an answer. Null where nobody does. Milliseconds since the epoch. */
  since: number | null;
  /** How long that may take, in ms. */
  patience: number;
  /** When an offer ends, in ms since the epoch. */
  endsAt: number | null;
  /** How far its priority was raised, in minutes of waiting. */
  boost: number;
}

/** What an open conversation's log tells of it. */
export interface Heard {
  unread: number;
  said: string;
  typing: boolean;
  /** When the customer said what is not answered yet. */
  unansweredSince: number | null;
  lastAt: number;
}

export interface Known {
  me: string;
  conversations: ReadonlyMap<string, Conversation>;
  work: readonly Place[];
  lobby: readonly Place[];
  offerEnds: ReadonlyMap<string, number>;
  /** Of a queue: how long somebody may wait there, in seconds. */
  threshold: (queueId: string) => number;
  heard: (conversationId: string) => Heard | null;
}

/** A customer who has written waits for an answer about as long as this before it is felt. */
export const ANSWER_WITHIN_MS = 120_000;

export function rows(known: Known): Row[] {
  const offered = known.work.filter((place) => place.state === "offered");
  const waiting = known.lobby.filter((place) => place.state === "waiting" || !offered.some((each) => each.id === place.id));
  const mine = [...known.conversations.values()].filter((each) => each.rep_id === known.me && each.status === "open");
  const waitingIds = new Set([...offered, ...waiting].map((place) => place.conversation_id));
  const unclaimed = [...known.conversations.values()].filter((each) => each.rep_id === null && each.status === "open" && !waitingIds.has(each.id));
  return [
    ...offered.map((place) => queued("offer", place, known)).sort((one, other) => (one.endsAt ?? Infinity) - (other.endsAt ?? Infinity)),
    ...mine.map((each) => own(each, known)).sort(byNeed),
    // A customer of one's own who waits for a call besides is listed once.
    ...waiting.filter((place) => !mine.some((each) => each.id === place.conversation_id)).map((place) => queued("waiting", place, known)),
    ...unclaimed.map((each) => free(each, known)).sort((one, other) => (one.since ?? 0) - (other.since ?? 0)),
  ];
}

/** Of the wait that is acceptable, how much is over: 0 to 1, and more. */
export function share(row: Row, now: number): number {
  return row.since === null ? 0 : Math.max(0, now - row.since) / row.patience;
}

export type Urgency = "calm" | "warning" | "danger";
export function urgency(row: Row, now: number): Urgency {
  const over = share(row, now);
  return over >= 1 ? "danger" : over >= 0.6 ? "warning" : "calm";
}

function queued(kind: "offer" | "waiting", place: Place, known: Known): Row {
  return {
    ...blank(kind, place.conversation_id, known),
    place,
    since: Date.parse(place.entered_at),
    patience: Math.max(1, known.threshold(place.queue_id)) * 1000,
    endsAt: kind === "offer" ? (known.offerEnds.get(place.id) ?? null) : null,
    boost: place.priority,
  };
}

function own(conversation: Conversation, known: Known): Row {
  const heard = known.heard(conversation.id);
  const place = known.work.find((each) => each.conversation_id === conversation.id && each.state === "assigned") ?? null;
  return { ...blank("mine", conversation.id, known), place, since: heard?.unansweredSince ?? null, patience: ANSWER_WITHIN_MS };
}

function free(conversation: Conversation, known: Known): Row {
  return { ...blank("unclaimed", conversation.id, known), since: Date.parse(conversation.created_at), patience: ANSWER_WITHIN_MS };
}

function blank(kind: Kind, conversationId: string, known: Known): Row {
  const heard = known.heard(conversationId);
  return {
    kind,
    conversationId,
    conversation: known.conversations.get(conversationId) ?? null,
    place: null,
    unread: heard?.unread ?? 0,
    said: heard?.said ?? "",
    typing: heard?.typing ?? false,
    since: null,
    patience: ANSWER_WITHIN_MS,
    endsAt: null,
    boost: 0,
  };
}

function byNeed(one: Row, other: Row): number {
  if ((one.since === null) !== (other.since === null)) return one.since === null ? 1 : -1;
  if (one.since !== null && other.since !== null) return one.since - other.since;
  return latest(other) - latest(one);
}

const latest = (row: Row): number => Date.parse(row.conversation?.updated_at ?? "") || 0;
