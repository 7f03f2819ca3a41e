/** Prefixed ULIDs, made here so that sending again is harmless: `newId("msg")` -> `msg_01JD3Q8Z6W0V7M9K4C2T5B8N1X`. */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/** Sorts by the time it was made, to the millisecond. */
export function newId(prefix: string, nowMs: number = Date.now()): string {
  let time = "";
  for (let rest = nowMs, digit = 0; digit < TIME_DIGITS; digit++, rest = Math.floor(rest / 32)) time = ALPHABET.charAt(rest % 32) + time;
  const random = crypto.getRandomValues(new Uint8Array(RANDOM_DIGITS));
  return `${prefix}_${time}${Array.from(random, (byte) => ALPHABET.charAt(byte & 31)).join("")}`;
}
