/** The board's figures, made from what the server told. Pure: present things and the time go in, numbers come out. */
import type { Answer, Place } from "../../protocol";

type Told = Answer<"board.read">;
export type Hour = Required<Told["hours"][number]>;
/** The server leaves nothing out of an hour, though its model has defaults. */
export type Board = Omit<Told, "hours"> & { hours: Hour[] };
export type LiveCall = Board["calls"][number];
export type RepView = Answer<"rep.list">["data"][number];

export interface Tiles {
  waiting: number;
  /** Seconds. */
  longest: number;
  /** A share between 0 and 1; null of nothing. */
  level: number | null;
  free: number;
  present: number;
  poor: number;
  calls: number;
}

export const waitOf = (place: Place, now: number): number => Math.max(0, (now - Date.parse(place.entered_at)) / 1000);

/** Whether a rep could be given something now. */
export function free(rep: RepView): boolean {
  return rep.status === "available" && Object.entries(rep.capacity).some(([channel, most]) => (rep.load[channel] ?? 0) < most);
}

export function tilesOf(board: Board | null, lobby: readonly Place[], reps: Iterable<RepView>, now: number): Tiles {
  const all = [...reps];
  const calls = board?.calls ?? [];
  return {
    waiting: lobby.length,
    longest: Math.max(0, ...lobby.map((place) => waitOf(place, now))),
    level: levelOf(board?.queues ?? []),
    free: all.filter(free).length,
    present: all.filter((rep) => rep.status !== "offline").length,
    poor: calls.filter((call) => call.quality === "poor").length,
    calls: calls.length,
  };
}

interface Judged {
  answered: number;
  answered_within_threshold: number;
  abandoned: number;
}

/** Answered in time, of all who waited for an answer or gave up. */
export function levelOf(parts: readonly Judged[]): number | null {
  const of = (name: keyof Judged): number => parts.reduce((sum, part) => sum + part[name], 0);
  const judged = of("answered") + of("abandoned");
  return judged ? of("answered_within_threshold") / judged : null;
}

/** Hours run together where more of them would be a comb rather than a curve. */
export function gathered(hours: readonly Hour[], each: number): Hour[][] {
  const found: Hour[][] = [];
  for (let at = hours.length % each; at <= hours.length; at += each) {
    const part = hours.slice(Math.max(0, at - each), at);
    if (part.length) found.push(part);
  }
  return found;
}

const sum = (part: readonly Hour[], of: (hour: Hour) => number): number => part.reduce((total, hour) => total + of(hour), 0);
/** The mean of a figure that some hours do not have, weighed by how many stand behind it. */
function mean(part: readonly Hour[], value: (hour: Hour) => number | null, weight: (hour: Hour) => number): number | null {
  const known = part.filter((hour) => value(hour) !== null && weight(hour) > 0);
  const weights = sum(known, weight);
  return weights ? sum(known, (hour) => value(hour)! * weight(hour)) / weights : null;
}

export const CHANNELS = ["chat", "voice", "video", "email"] as const;

export interface Curves {
  times: number[];
  meanWait: (number | null)[];
  longestWait: (number | null)[];
  level: (number | null)[];
  channels: Record<(typeof CHANNELS)[number], number[]>;
  orders: number[];
  assisted: number[];
  csat: (number | null)[];
}

export function curvesOf(hours: readonly Hour[], each = 1): Curves {
  const parts = gathered(hours, each);
  return {
    times: parts.map((part) => Date.parse(part[0]!.at)),
    meanWait: parts.map((part) => mean(part, (hour) => hour.mean_wait_s, (hour) => hour.answered)),
    longestWait: parts.map((part) => part.reduce<number | null>((most, hour) => (hour.longest_wait_s === null ? most : Math.max(most ?? 0, hour.longest_wait_s)), null)),
    level: parts.map(levelOf),
    channels: Object.fromEntries(CHANNELS.map((channel) => [channel, parts.map((part) => sum(part, (hour) => hour.conversations[channel] ?? 0))])) as Curves["channels"],
    orders: parts.map((part) => sum(part, (hour) => hour.orders)),
    assisted: parts.map((part) => sum(part, (hour) => hour.assisted)),
    csat: parts.map((part) => mean(part, (hour) => hour.csat, (hour) => hour.csat_count)),
  };
}

/** Of the conversations that were begun, the share that led to an order; null of none. */
export function conversion(hours: readonly Hour[]): number | null {
  const begun = sum(hours, (hour) => Object.values(hour.conversations).reduce((total, count) => total + count, 0));
  return begun ? sum(hours, (hour) => hour.assisted) / begun : null;
}

/** The same bounds as the server's: what is heard as loss, what makes people talk over each other. */
const FAIR_LOSS = 2;
const FAIR_RTT_MS = 300;

/** Why a line is not good: packets are lost, they take long, or both; null where it is good or unknown. */
export function reasonOf(call: LiveCall): "loss" | "delay" | "both" | null {
  if (call.quality === null || call.quality === "good") return null;
  const loss = (call.loss_percent ?? 0) > FAIR_LOSS;
  const delay = (call.rtt_ms ?? 0) > FAIR_RTT_MS;
  return loss && delay ? "both" : delay ? "delay" : "loss";
}

/** "billing 3, returns" -> {billing: 3, returns: 1}; null where something is no skill. */
export function skillsOf(typed: string): Record<string, number> | null {
  const found: Record<string, number> = {};
  for (const part of typed.split(/[,\n]/).map((each) => each.trim()).filter(Boolean)) {
    const match = /^([a-z][a-z0-9_-]{0,39})(?:\s+(\d{1,3}))?$/.exec(part);
    const level = Number(match?.[2] ?? 1);
    if (!match || level > 100) return null;
    found[match[1]!] = level;
  }
  return found;
}

export const skillsTyped = (skills: Record<string, number>): string => Object.entries(skills).map(([name, level]) => `${name} ${level}`).join(", ");

/** "de, pt-BR" -> tags; null where one is none. */
export function tagsOf(typed: string): string[] | null {
  const tags = typed.split(/[,\s]+/).filter(Boolean);
  return tags.every((tag) => /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$/.test(tag)) ? tags : null;
}
