/** People and figures for the gallery. */
import type { Presence } from "../avatar";
import type { Tone } from "../badge";
import type { Series } from "../chart";

interface Person {
  name: string;
  presence: Presence;
  detail: string;
  wait: string;
  badge?: string;
  tone: Tone;
}

export const people: Person[] = [
  { name: "Maria Oliveira", presence: "online", detail: "My card was declined twice, what now?", wait: "0:48", badge: "payment", tone: "warning", },
  { name: "Jakub Wiśniewski", presence: "online", detail: "Does the large one fit into the blue case?", wait: "2:05", tone: "neutral" },
  { name: "Ελένη Παπαδοπούλου", presence: "away", detail: "Delivery to Thessaloniki before Friday", wait: "3:31", badge: "video", tone: "accent" },
  { name: "Unknown visitor from a very long place name that does not fit", presence: "offline", detail: "Checkout, step 2", wait: "6:12", badge: "late", tone: "danger" },
  { name: "Rita Sommer", presence: "busy", detail: "", wait: "", tone: "neutral" },
];

const NINE = Date.UTC(2026, 2, 11, 8, 0);
const QUARTER_MS = 15 * 60_000;
export const hours: number[] = Array.from({ length: 33 }, (_, at) => NINE + at * QUARTER_MS);
const wave = (at: number, phase: number): number => 3 + 2.4 * Math.sin(at / 5 + phase) + 0.6 * Math.sin(at * 1.7 + phase);
export const waits: Series[] = [
  { label: "Longest", values: hours.map((_, at) => (at === 20 ? null : wave(at, 0) + 2.5)) },
  { label: "Usual", kind: "area", values: hours.map((_, at) => Math.max(0.4, wave(at, 0.6) - 1)), colour: 3 },
];
