/** States of a call in words: one sentence for each, and what to do about it. Plain functions, so that each can be tested. */
import type { CallMedia, CaptureTrouble, Figures, Quality } from "../../media";
import { duration, list, number, percent, stopwatch, wait } from "../../text/formats";
import type { Ended, NextStep, Stage } from "./states";
import { outcome } from "./states";
import { t, type Key } from "./texts";

export interface Place {
  position: number | null;
  eta_s: number | null;
}

/** "Rita", or whoever it is before anybody has a name. */
export const who = (name: string): string => name || t("team");

/** The state as a heading. */
export function stageWords(stage: Stage, name: string, place: Place | null): string {
  switch (stage) {
    case "asked":
      return name ? t("asked.rep", { name }) : t("asked");
    case "queued":
      return queueWords(place);
    case "rung":
      return t("rung", { name: who(name) });
    case "connecting":
      return t("connecting", { name: who(name) });
    case "held":
      return t("held");
    case "reconnecting":
      return t("reconnecting");
    case "active":
      return t("active", { name: who(name) });
    case "elsewhere":
      return t("elsewhere");
    case "none":
      return "";
  }
}

/** "You are 2nd in line, about 3 minutes." */
export function queueWords(place: Place | null): string {
  if (!place?.position) return t("queued");
  const position = place.position === 1 ? t("queued.next") : t("queued.position", { position: place.position });
  return place.eta_s === null ? position : t("queued.eta", { position, wait: wait(place.eta_s) });
}

/** What the end of a call is called, and how long it was. */
export function endedWords(ended: Ended, name: string): { title: string; detail: string; steps: NextStep[] } {
  const { words, steps } = outcome(ended);
  const title = t(`ended.${words}` as Key, { name: who(name) });
  const talked = ended.talkedMs > 0 ? t("ended.talked", { time: duration(Math.max(1, Math.round(ended.talkedMs / 1000)), "long") }) : "";
  // Where both have talked there is nothing to console anybody for.
  const hint = ended.talkedMs > 0 && words !== "lost" ? "" : t(`ended.${words}.hint` as Key, { name: who(name) });
  return { title, detail: [talked, hint].filter(Boolean).join(" "), steps };
}

/** Why a device could not be had, and what that means for the call. */
export function troubleWords(trouble: CaptureTrouble): { title: string; detail: string } {
  return { title: t(`trouble.${trouble}`), detail: t(`trouble.${trouble}.hint`) };
}

export const qualityWords = (quality: Quality | null): string =>
  !quality || quality.level === "good" ? t("quality.good") : quality.reason ? t(`quality.${quality.reason}`) : t(`quality.${quality.level}`);

/** Who else is in it: "Rita and Sue". */
export const peopleWords = (names: readonly string[]): string => list(names.map(who));

const rate = (bps: number): string => t("detail.kbit", { value: number(Math.round(bps / 1000)) });

/** The figures as rows of a table: label, what comes in, what goes out. */
export function figureRows({ receiving, sending }: Figures): [string, string, string][] {
  const both = (label: Key, show: (way: NonNullable<Figures["receiving"]>) => string | null): [string, string, string] => [
    t(label),
    (receiving && show(receiving)) || "–",
    (sending && show(sending)) || "–",
  ];
  return [
    both("detail.rate", (way) => rate(way.bitrate_bps)),
    both("detail.loss", (way) => percent(way.loss, 1)),
    both("detail.rtt", (way) => (way.rtt_ms === null ? null : t("detail.ms", { value: number(Math.round(way.rtt_ms)) }))),
    both("detail.size", (way) => (way.width && way.height ? `${way.width} × ${way.height}` : null)),
    both("detail.codec", (way) => [way.videoCodec, way.audioCodec].filter(Boolean).join(", ") || null),
  ];
}

/** How long both have been in it, as a running clock. */
export const talkedWords = (connectedAt: string | null, nowMs: number): string => (connectedAt ? stopwatch(Math.max(0, (nowMs - Date.parse(connectedAt)) / 1000)) : "");

/** What the connection is doing, where it is not simply there. */
export const mediaWords = (media: CallMedia | null): string => (media?.state === "reconnecting" ? t("reconnecting") : "");
