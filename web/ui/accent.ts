/**
 * A shop's own accent colour: checked, moved until it can be seen in both schemes, and set on the element that holds the tokens.
 *
 * The shop's colour comes from a setting, so it is taken as a hexadecimal colour or not at all: nothing else reaches the style.
 */
import { contrast, hex, mix, readable, textOn, toHex, type Rgb } from "./contrast";

/** Grounds of tokens.css on which accents stand; a test holds them to the file. */
export const GROUNDS = { light: "#f3f1ec", dark: "#1e2427" } as const;
const CONTROL = 3;
const TEXT = 4.5;

export interface Accent {
  accent: string;
  on: string;
  text: string;
  /** A tint of it, for what is chosen and for one's own messages. */
  ground: string;
}

/** The accent as it is shown in both schemes; null when it is no colour. */
export function accentOf(colour: string): Record<"light" | "dark", Accent> | null {
  const own = hex(colour);
  if (!own) return null;
  const shown = (paper: Rgb, tinted: Rgb, share: number): Accent => {
    const accent = readable(own, paper, CONTROL);
    const ground = mix(tinted, own, share);
    return { accent: toHex(accent), on: toHex(textOn(accent)), text: toHex(readable(readable(accent, paper, TEXT), ground, TEXT)), ground: toHex(ground) };
  };
  return { light: shown(hex(GROUNDS.light)!, hex("#ffffff")!, 0.12), dark: shown(hex(GROUNDS.dark)!, hex("#15191b")!, 0.2) };
}

/** Sets the shop's accent on `host` (a page's root, or the widget's element). False, and nothing set, when it is no colour. */
export function accent(host: HTMLElement, colour: string): boolean {
  const schemes = accentOf(colour);
  if (!schemes) return false;
  for (const [suffix, { accent, on, text, ground }] of [["", schemes.light], ["-dark", schemes.dark]] as const) {
    host.style.setProperty(`--own-accent${suffix}`, accent);
    host.style.setProperty(`--own-on-accent${suffix}`, on);
    host.style.setProperty(`--own-accent-text${suffix}`, text);
    host.style.setProperty(`--own-accent-ground${suffix}`, ground);
  }
  return true;
}

/** Whether a colour can be seen as it is on both grounds, for a settings form that wants to say so. */
export const unchanged = (colour: string): boolean =>
  hex(colour) !== null && Object.values(GROUNDS).every((ground) => contrast(hex(colour)!, hex(ground)!) >= CONTROL);
