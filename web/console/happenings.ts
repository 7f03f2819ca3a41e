/**
 * Entries of a timeline in words: what happened, with an icon and the part of the conversation it belongs to. Entries that only machines
 * care about have none. Texts that somebody typed are put in as they are, and shown as text.
 */
import { duration, money, percent } from "../text/formats";
import type { IconName } from "../ui/icon";
import type { Actor, Cart, Entry, Money, Order } from "../protocol";
import { called } from "./called";
import { t, worded, type Key } from "./texts";
import { SAID_BY_EVENT } from "./threads";

export type Subject = "message" | "call" | "cart" | "order" | "payment" | "consent" | "conversation";
export type Mood = "plain" | "success" | "warning" | "danger";
export interface Happening {
  subject: Subject;
  icon: IconName;
  mood: Mood;
  text: string;
}
/** How somebody is called, by their id. */
export type Naming = (id: string) => string;

type Data = Record<string, unknown>;
const text = (data: Data, name: string): string => (typeof data[name] === "string" ? (data[name] as string) : "");
const amount = (value: unknown): string => (value ? money(value as Money) : "");

/** How the one who did it is called. */
export function actorName(actor: Actor | null | undefined, named: Naming): string {
  if (!actor) return t("who.system");
  if (actor.kind === "rep") return actor.name || named(actor.id) || t("who.rep");
  if (actor.kind === "customer") return called(actor.name || named(actor.id));
  return t(`who.${actor.kind}`);
}

interface Telling {
  subject: Subject;
  icon: IconName;
  mood?: Mood;
  /** The key, where it is not `did.<type>`. */
  key?: (data: Data, entry: Entry) => Key;
  values?: (data: Data, named: Naming) => Record<string, string | number>;
}

const person = (data: Data, named: Naming): Record<string, string> => ({ person: named(text(data, "person_id")) || (text(data, "role") === "customer" ? called(null) : worded("who", text(data, "role"), t("who.somebody"))) });
const media = (data: Data): Record<string, string> => ({ media: worded("media", text(data, "media")) });
const toRep = (data: Data, named: Naming): Record<string, string> => ({ rep: text(data, "rep_name") || named(text(data, "rep_id")) || t("who.rep") });
const paid = (data: Data): Record<string, string> => ({ amount: amount(data["amount"]) });
const ordered = (data: Data): Record<string, string> => {
  const order = data["order"] as Order | undefined;
  return { number: order?.number ?? "", total: amount(order?.totals?.total) };
};
const suggested = (data: Data): Record<string, string> => {
  const suggestion = data["suggestion"] as { title?: string | null; reason?: string; operation?: Data } | undefined;
  return { title: suggestion?.title || worded("operation", String(suggestion?.operation?.["kind"] ?? "")), reason: suggestion?.reason ?? "" };
};
const purpose = (data: Data): Record<string, string> => ({
  purpose: worded("purpose", text(data, "purpose")),
  scope: worded("scope", text(data, "scope"), text(data, "scope")),
});
const because = (prefix: string) => (data: Data): Record<string, string> => ({ reason: worded(prefix, text(data, "reason")) });

const call = (icon: IconName, more: Partial<Telling> = {}): Telling => ({ subject: "call", icon, ...more });
const payment = (mood: Mood = "plain", more: Partial<Telling> = {}): Telling => ({ subject: "payment", icon: "credit-card", mood, values: paid, ...more });

const TELLINGS: Record<string, Telling> = {
  "message.created": {
    subject: "message",
    icon: "message-circle",
    key: (data, entry) => (data["deleted"] === true || data["id"] === undefined ? "did.message.gone" : entry.actor?.kind === "system" ? "did.message.system" : saidKey(data)),
    values: (data) => ({ text: text(data, "text"), count: (data["attachments"] as unknown[] | undefined)?.length ?? 0 }),
  },
  "message.updated": { subject: "message", icon: "pencil", values: (data) => ({ text: text(data, "text") }) },
  "message.deleted": { subject: "message", icon: "trash-2" },
  "message.read": { subject: "message", icon: "check-check" },
  "note.created": { subject: "message", icon: "sticky-note", values: (data) => ({ text: text(data, "text") }) },

  "conversation.created": { subject: "conversation", icon: "messages-square", values: (data) => ({ channel: worded("channel", text(data, "channel")) }) },
  "conversation.assigned": { subject: "conversation", icon: "user-check", values: toRep },
  "conversation.transferred": { subject: "conversation", icon: "arrow-right-left", values: toRep },
  "conversation.released": { subject: "conversation", icon: "inbox" },
  "conversation.closed": { subject: "conversation", icon: "circle-check", values: because("wrapup"), key: (data) => (text(data, "reason") ? "did.conversation.closed.reason" : "did.conversation.closed") },
  "conversation.reopened": { subject: "conversation", icon: "refresh-cw" },
  "conversation.updated": { subject: "conversation", icon: "info" },
  "customer.identified": { subject: "conversation", icon: "badge-check", mood: "success" },
  "help.requested": {
    subject: "conversation",
    icon: "hand",
    mood: "warning",
    values: (data) => ({ reason: worded("reason", text(data, "reason")), note: text(data, "note") }),
    key: (data) => (text(data, "note") ? "did.help.requested.note" : "did.help.requested"),
  },
  "csat.submitted": { subject: "conversation", icon: "star", values: (data) => ({ score: Number(data["score"] ?? 0), comment: text(data, "comment") }), key: (data) => (text(data, "comment") ? "did.csat.submitted.comment" : "did.csat.submitted") },
  "transcript.mailed": { subject: "conversation", icon: "mail" },
  "privacy.erased": { subject: "conversation", icon: "trash-2" },
  "queue.entered": { subject: "conversation", icon: "hourglass" },
  "queue.position_changed": { subject: "conversation", icon: "zap", values: (data) => ({ points: Number(data["points"] ?? 0) }), key: (data) => (data["points"] !== undefined ? "did.queue.boosted" : "did.queue.position_changed") },
  "queue.callback_offered": { subject: "conversation", icon: "phone-incoming" },
  "queue.callback_kept": { subject: "conversation", icon: "phone-incoming" },
  "queue.left": { subject: "conversation", icon: "log-out", values: (data) => ({ waited: duration(Number(data["waited_s"] ?? 0)), reason: worded("left", text(data, "reason")) }) },

  "call.requested": call("phone", { values: media }),
  "call.queued": call("hourglass"),
  "call.ringing": call("phone-incoming", { values: (data, named) => ({ rep: named(text(data, "rep_id")) || t("who.rep") }) }),
  "call.accepted": call("phone-call"),
  "call.leg_accepted": call("phone-call"),
  "call.declined": call("phone-off", { mood: "warning" }),
  "call.missed": call("phone-missed", { mood: "warning", values: person }),
  "call.connected": call("phone-call", { mood: "success", values: media }),
  "call.ended": call("phone-off", {
    values: (data) => ({ reason: worded("ended", text(data, "reason")), talked: duration(Number(data["talked_ms"] ?? 0) / 1000) }),
    key: (data) => (Number(data["talked_ms"] ?? 0) > 0 ? "did.call.ended.talked" : "did.call.ended"),
  }),
  "call.held": call("circle-pause"),
  "call.resumed": call("play"),
  "call.left": call("log-out", { values: person }),
  "call.muted": call("mic-off", { values: person }),
  "call.unmuted": call("mic", { values: person }),
  "call.media_changed": call("video", { values: media }),
  "call.reconnecting": call("wifi-off", { mood: "warning" }),
  "call.reconnected": call("wifi-off", { mood: "success" }),
  "call.screen_started": call("monitor-up", { values: person }),
  "call.screen_stopped": call("monitor-off", { values: person }),
  "call.quality_changed": call("signal-medium", {
    values: (data, named) => ({ ...person(data, named), quality: worded("quality", text(data, "quality")), loss: percent(Number(data["loss_percent"] ?? 0) / 100), rtt: Number(data["rtt_ms"] ?? 0) }),
  }),
  "call.transfer_started": call("phone-forwarded"),
  "call.consulting": call("users"),
  "call.transferred": call("phone-forwarded", { mood: "success" }),
  "call.transfer_ended": call("phone-forwarded"),
  "supervisor.joined": call("headphones", { values: (data) => ({ how: worded("supervision", text(data, "how")) }) }),
  "supervisor.changed": call("headphones", { values: (data) => ({ how: worded("supervision", text(data, "how")) }) }),
  "supervisor.left": call("headphones"),
  "recording.started": call("circle-dot"),
  "recording.paused": call("circle-pause"),
  "recording.resumed": call("circle-dot"),
  "recording.stopped": call("circle-dot"),
  "recording.saved": call("download", { values: (data) => ({ folder: text(data, "folder") }), key: (data) => (data["complete"] === false ? "did.recording.partly" : "did.recording.saved") }),

  "cart.updated": { subject: "cart", icon: "shopping-cart" },
  "cart.conflict": { subject: "cart", icon: "triangle-alert", mood: "warning" },
  "cart.suggested": { subject: "cart", icon: "sparkles", values: suggested, key: (data) => (suggested(data)["reason"] ? "did.cart.suggested.reason" : "did.cart.suggested") },
  "cart.suggestion_accepted": { subject: "cart", icon: "thumbs-up", mood: "success", values: suggested },
  "cart.suggestion_refused": { subject: "cart", icon: "thumbs-down", values: suggested },
  "order.placed": { subject: "order", icon: "package", mood: "success", values: ordered },
  "order.status_changed": {
    subject: "order",
    icon: "truck",
    values: (data) => ({ ...ordered(data), status: changes(data) }),
  },
  "payment.link_created": payment(),
  "payment.processing": payment(),
  "payment.succeeded": payment("success"),
  "payment.declined": payment("warning"),
  "payment.failed": payment("danger"),
  "payment.expired": payment("warning"),
  "payment.cancelled": payment(),
  "payment.mismatch": payment("danger"),
  "payment.refunded": payment("plain", { values: (data) => ({ amount: amount(data["refund"] ?? data["amount"]) }) }),
  "payment.step_entered": payment("plain", { icon: "eye-off" }),
  "payment.step_left": payment("plain", { icon: "eye" }),
  "consent.asked": { subject: "consent", icon: "shield-check", values: purpose },
  "consent.refused": { subject: "consent", icon: "shield-check", mood: "warning", values: purpose },
  "consent.granted": { subject: "consent", icon: "shield-check", mood: "success", values: purpose },
  "consent.revoked": { subject: "consent", icon: "shield-check", values: purpose },
};

const saidKey = (data: Data): Key => {
  const block = (data["blocks"] as { type?: string }[] | undefined)?.[0]?.type;
  if (block === "product_card") return "did.message.product";
  if (block === "payment_card") return "did.message.payment";
  return text(data, "text") ? "did.message.created" : "did.message.files";
};

const changes = (data: Data): string =>
  Object.values((data["changed"] as Record<string, { to?: string }> | undefined) ?? {})
    .map((change) => worded("order", change.to))
    .join(", ");

/** What happened; null where it is nothing for a reader's eyes. */
export function happening(entry: Entry, named: Naming): Happening | null {
  const telling = TELLINGS[entry.type];
  const data = entry.data ?? {};
  if (!telling || repeated(entry, data)) return null;
  const who = actorName(entry.actor, named);
  const said = { subject: telling.subject, icon: telling.icon, mood: telling.mood ?? "plain" };
  if (entry.type.startsWith("cart.") && data["redacted"] !== undefined) return { ...said, icon: "eye-off", text: t("did.cart.hidden") };
  if (entry.type === "cart.updated") return { ...said, text: t("did.by", { who, what: operation(data) }) };
  const key = telling.key?.(data, entry) ?? (`did.${entry.type}` as Key);
  return { ...said, text: t(key, { who, ...telling.values?.(data, named) }) };
}

/** What was done to a cart: "2 × Gooseneck kettle added". */
function operation(data: Data): string {
  const done = (data["operation"] as Data | undefined) ?? {};
  const cart = data["cart"] as Cart | undefined;
  const line = cart?.lines.find((each) => each.id === done["line_id"] || (done["variant_id"] !== undefined && each.variant_id === done["variant_id"]));
  const shipping = cart?.shipping_options.find((each) => each.id === (done["option_id"] ?? done["shipping_id"] ?? cart.selected_shipping));
  return worded(
    "operation",
    text(done, "kind"),
    t("operation.other"),
  )
    .replace("{title}", line?.title || t("operation.article"))
    .replace("{quantity}", String(done["quantity"] ?? 1))
    .replace("{code}", text(done, "code"))
    .replace("{shipping}", shipping?.title ?? "")
    .replace("{step}", worded("step", text(done, "step")));
}

/** What another entry tells too: the shop's own announcement of it, and how far the staff have read, which is every few seconds. */
function repeated(entry: Entry, data: Data): boolean {
  if (entry.type === "message.created") return SAID_BY_EVENT.has(text(data, "system"));
  return entry.type === "message.read" && entry.actor?.kind !== "customer";
}

/** All types that are told, for the test that none lacks its words. */
export const TOLD: readonly string[] = Object.keys(TELLINGS);
