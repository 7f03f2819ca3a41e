/**
 * Colours as numbers: reading hexadecimal ones, contrast by WCAG 2.2, and moving a colour until it can be seen.
 *
 * Pure; for the shop's accent (accent.ts) and for the test of the tokens.
 */
export type Rgb = readonly [number, number, number];

/** "#0b6b5d" or "#abc"; null for anything else. */
export function hex(text: string): Rgb | null {
  const found = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (!found) return null;
  const long = found.length === 3 ? [...found].map((digit) => digit + digit).join("") : found;
  return [0, 2, 4].map((at) => parseInt(long.slice(at, at + 2), 16)) as unknown as Rgb;
}

export const toHex = (colour: Rgb): string => `#${colour.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

/** WCAG's relative luminance, 0 black to 1 white. */
export function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG's contrast ratio, 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

export const mix = (one: Rgb, other: Rgb, share: number): Rgb => one.map((part, at) => part + (other[at]! - part) * share) as unknown as Rgb;

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];
const STEPS = 50;

/** The colour itself, or the nearest darker (on light ground) or lighter one that reaches the ratio. */
export function readable(colour: Rgb, ground: Rgb, ratio: number): Rgb {
  const towards = luminance(ground) > 0.18 ? BLACK : WHITE;
  for (let step = 0; step <= STEPS; step++) {
    // Rounded as it will be written, so that what is measured is what is shown.
    const moved = mix(colour, towards, step / STEPS).map(Math.round) as unknown as Rgb;
    if (contrast(moved, ground) >= ratio) return moved;
  }
  return towards;
}

/** White or black, whichever can be read on the colour: one of them always reaches 4.5:1. */
export const textOn = (colour: Rgb): Rgb => (contrast(WHITE, colour) >= 4.5 ? WHITE : BLACK);
