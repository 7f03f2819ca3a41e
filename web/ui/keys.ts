/**
 * Keys as text: "mod+k" is how a shortcut is written in code, "⌘ K" or "Ctrl K" how it is shown. `mod` is Command on Apple's
 * machines and Control elsewhere.
 */
export interface Combination {
  key: string;
  mod: boolean;
  alt: boolean;
  shift: boolean;
}

export const isApple = (): boolean => /mac|iphone|ipad/i.test(navigator.platform);

export function combination(text: string): Combination {
  const parts = text.toLowerCase().split("+");
  // "+" itself, alone or at the end.
  const key = text.endsWith("+") ? "+" : parts.at(-1)!;
  return { key, mod: parts.includes("mod"), alt: parts.includes("alt"), shift: parts.includes("shift") };
}

const SIGNS: Record<string, string> = { escape: "Esc", arrowup: "↑", arrowdown: "↓", arrowleft: "←", arrowright: "→", enter: "↵", space: "␣", backspace: "⌫" };

/** One text for each key cap. */
export function keyCaps(text: string): string[] {
  const { key, mod, alt, shift } = combination(text);
  const apple = isApple();
  const cap = SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key.charAt(0).toUpperCase() + key.slice(1));
  return [...(mod ? [apple ? "⌘" : "Ctrl"] : []), ...(alt ? [apple ? "⌥" : "Alt"] : []), ...(shift ? [apple ? "⇧" : "Shift"] : []), cap];
}

/** For `aria-keyshortcuts`. */
export function ariaKeys(text: string): string {
  const { key, mod, alt, shift } = combination(text);
  return [...(mod ? [isApple() ? "Meta" : "Control"] : []), ...(alt ? ["Alt"] : []), ...(shift ? ["Shift"] : []), key.length === 1 ? key.toUpperCase() : key.charAt(0).toUpperCase() + key.slice(1)].join("+");
}

/**
 * Whether the event is this combination. A letter counts by its place on the keyboard where the layout has no Latin letters (Greek),
 * a sign ("?") however it is reached.
 */
export function pressed(event: KeyboardEvent, { key, mod, alt, shift }: Combination): boolean {
  const command = isApple() ? event.metaKey : event.ctrlKey;
  const foreign = isApple() ? event.ctrlKey : event.metaKey;
  if (command !== mod || event.altKey !== alt || foreign) return false;
  const typed = event.key === " " ? "space" : event.key.toLowerCase();
  const letter = /^[a-z]$/.test(key);
  const byPlace = letter && !/^[\x20-\x7e]$/.test(event.key) && event.key.length === 1 && event.code === `Key${key.toUpperCase()}`;
  if (typed !== key && !byPlace) return false;
  return letter || key.length > 1 ? event.shiftKey === shift : true;
}
