/**
 * Web addresses within what somebody typed, as parts of a text: never markup, never another scheme than http and https.
 *
 * A sentence's punctuation after an address is not part of it, nor is a closing bracket that it did not open.
 */
export interface Part {
  text: string;
  /** Set where it is an address: checked and complete. */
  href?: string;
}

/** Either with its scheme or beginning with www. Control characters and quotation marks end it. */
const ADDRESS = /\b(?:https?:\/\/|www\.)[^\s<>"'“”„‘’«»\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const AFTER = /[.,;:!?…*_~]+$/u;
const BRACKETS: Record<string, string> = { ")": "(", "]": "[", "}": "{" };
/** Longer is no address that anybody reads. */
const LENGTH_MOST = 2048;

function trimmed(found: string): string {
  let text = found.replace(AFTER, "");
  for (let last = text.at(-1) ?? ""; last in BRACKETS; last = text.at(-1) ?? "") {
    const opens = text.split(BRACKETS[last]!).length;
    const closes = text.split(last).length;
    if (closes <= opens) break;
    text = text.slice(0, -1).replace(AFTER, "");
  }
  return text;
}

function address(text: string): string | undefined {
  if (text.length > LENGTH_MOST) return undefined;
  const whole = /^www\./i.test(text) ? `https://${text}` : text;
  if (!URL.canParse(whole)) return undefined;
  const { protocol, hostname, href, username, password } = new URL(whole);
  // A name before an @ is there to look like a host.
  if ((protocol !== "https:" && protocol !== "http:") || !hostname || username || password) return undefined;
  return href;
}

/** The text in parts, in order; together they are the text. */
export function linkify(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const shown = trimmed(match[0]);
    const href = address(shown);
    if (!href) continue;
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    parts.push({ text: shown, href });
    at = match.index + shown.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}
