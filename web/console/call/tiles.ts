/** Who is to be seen on the stage, and how: from the call and its media. No page. */
import type { RemotePerson } from "../../media";
import { ENTERED, isOpen, type Leg } from "./controls";
import type { ActiveCall } from "./active";
import { t } from "./texts";
import type { Note } from "./tile";

export interface Seat {
  key: string;
  leg: Leg;
  name: string;
  caption: string;
  video: MediaStreamTrack | null;
  audio: MediaStreamTrack | null;
  notes: Note[];
  screen: boolean;
}

/** The others' seats, the customer's first, shared screens before people. */
export function seats(active: ActiveCall): Seat[] {
  const { call, media } = active;
  const remotes = new Map((media?.remotes ?? []).map((one) => [one.id, one]));
  const others = call.legs.filter((leg) => leg.person_id !== active.me && isOpen(leg)).sort((a, b) => rank(a) - rank(b));
  const people = others.map((leg): Seat => seat(active, leg, remotes.get(leg.id) ?? null));
  const screens = others.flatMap((leg): Seat[] => {
    const video = remotes.get(leg.id)?.screen ?? null;
    const name = active.name(leg.person_id);
    return video ? [{ key: `${leg.id}.screen`, leg, name, caption: t("tile.screen", { name }), video, audio: null, notes: [], screen: true }] : [];
  });
  return [...screens, ...people];
}

const rank = (leg: Leg): number => (leg.role === "customer" ? 0 : leg.role === "rep" ? 1 : 2);

function seat(active: ActiveCall, leg: Leg, remote: RemotePerson | null): Seat {
  const name = active.name(leg.person_id);
  const paying = active.call.payment_step && leg.role === "customer";
  return { key: leg.id, leg, name, caption: name, video: paying ? null : (remote?.video ?? null), audio: remote?.audio ?? null, notes: notes(leg, paying), screen: false };
}

export function notes(leg: Leg, paying = false): Note[] {
  const found: Note[] = [];
  if (leg.state === "ringing") found.push({ icon: "phone-call", words: t("tile.ringing") });
  else if (leg.state === "joining") found.push({ icon: "hourglass", words: t("tile.joining") });
  else if (leg.state === "away") found.push({ icon: "wifi-off", words: t("tile.away"), tone: "warning" });
  if (leg.held && ENTERED.has(leg.state)) found.push({ icon: "pause", words: t("tile.held") });
  if (leg.muted) found.push({ icon: "mic-off", words: t("tile.muted") });
  if (paying) found.push({ icon: "lock", words: t("tile.paying") });
  if (leg.supervising === "monitor" || leg.supervising === "whisper" || leg.supervising === "barge") found.push({ icon: "headphones", words: t(`tile.${leg.supervising}`) });
  return found;
}

