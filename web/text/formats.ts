/**
 * Money, numbers, times and lists as the page's locale writes them. Everything is Intl's; nothing here is a text of ours.
 *
 * Times come in as milliseconds since 1970, a Date, or RFC 3339 as the API sends it; durations in seconds.
 */
import { held, locale } from "./locale";

export interface Money {
  /** Minor units: 5900 is 59.00 EUR, 5900 JPY, 5.900 KWD. */
  amount: number;
  currency: string;
}
export type Time = number | string | Date;

/* ISO 4217's digits after the point, where they are not two. Not Intl's: browsers round HUF, COP or IDR to whole units as shops do,
   which would make an amount in minor units a hundred times too large. The same table as the server's `signalling/commerce/currencies.py`. */
const EXPONENTS: Record<number, string> = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
  3: "BHD IQD JOD KWD LYD OMR TND",
  4: "CLF UYW",
};

export function exponent(currency: string): number {
  return Number(Object.keys(EXPONENTS).find((digits) => EXPONENTS[Number(digits)]!.split(" ").includes(currency)) ?? 2);
}

const made = new Map<string, unknown>();

/** Intl's formats are slow to make and cheap to keep. */
function kept<Format>(kind: string, options: object, make: (tag: string) => Format): Format {
  const { tag } = locale();
  const key = `${kind} ${tag} ${JSON.stringify(options)}`;
  let found = made.get(key) as Format | undefined;
  if (!found) made.set(key, (found = make(tag)));
  return found;
}

const numbers = (options: Intl.NumberFormatOptions): Intl.NumberFormat => kept("number", options, (tag) => new Intl.NumberFormat(tag, options));
const times = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => kept("time", options, (tag) => new Intl.DateTimeFormat(tag, options));
const date = (time: Time): Date => (time instanceof Date ? time : new Date(time));

/** "59,00 €". `whole: true` leaves out empty cents, for tiles and charts. */
export function money({ amount, currency }: Money, options: { whole?: boolean; sign?: boolean } = {}): string {
  const digits = exponent(currency);
  const written = numbers({
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    ...(options.whole && { trailingZeroDisplay: "stripIfInteger" }),
    ...(options.sign && { signDisplay: "exceptZero" }),
  } as Intl.NumberFormatOptions).format(amount / 10 ** digits);
  return held(written);
}

export const number = (value: number, options: Intl.NumberFormatOptions = {}): string => numbers(options).format(value);
/** "1.2K", for tiles. */
export const compact = (value: number): string => held(numbers({ notation: "compact", maximumFractionDigits: 1 }).format(value));
/** A share between 0 and 1 as "83 %". */
export const percent = (share: number, digits = 0): string => held(numbers({ style: "percent", maximumFractionDigits: digits }).format(share));

/** "14:05" */
export const clock = (time: Time): string => held(times({ hour: "numeric", minute: "2-digit" }).format(date(time)));
/** "14:05:09", where order within a minute matters. */
export const clockSeconds = (time: Time): string => held(times({ hour: "numeric", minute: "2-digit", second: "2-digit" }).format(date(time)));
/** "3 Mar 2026" */
export const day = (time: Time): string => held(times({ dateStyle: "medium" }).format(date(time)));
/** "3 Mar 2026, 14:05", also for `title` and for `datetime` in words. */
export const moment = (time: Time): string => held(times({ dateStyle: "medium", timeStyle: "short" }).format(date(time)));

const DAY_MS = 86_400_000;
const dayNumber = (time: Date): number => Math.round(Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()) / DAY_MS);
const capital = (text: string): string => held(text.charAt(0).toLocaleUpperCase(locale().tag) + text.slice(1));

/** What stands between two days of a conversation: "Today", "Yesterday", "Monday", "3 March 2025". */
export function dayHeading(time: Time, now: Time = Date.now()): string {
  const days = dayNumber(date(time)) - dayNumber(date(now));
  if (days === 0 || days === -1) return capital(kept("relative", { numeric: "auto" }, (tag) => new Intl.RelativeTimeFormat(tag, { numeric: "auto" })).format(days, "day"));
  if (days < 0 && days > -7) return capital(times({ weekday: "long" }).format(date(time)));
  const sameYear = date(time).getFullYear() === date(now).getFullYear();
  return held(times({ day: "numeric", month: "long", ...(sameYear ? {} : { year: "numeric" }) }).format(date(time)));
}

/** "3 minutes ago", "in 2 hours". */
export function ago(time: Time, now: Time = Date.now()): string {
  const seconds = (date(time).getTime() - date(now).getTime()) / 1000;
  const [unit, size] = (
    [["day", 86_400], ["hour", 3600], ["minute", 60]] as [Intl.RelativeTimeFormatUnit, number][]
  ).find(([, one]) => Math.abs(seconds) >= one) ?? ["second" as Intl.RelativeTimeFormatUnit, 1];
  return held(kept("relative", { numeric: "auto" }, (tag) => new Intl.RelativeTimeFormat(tag, { numeric: "auto" })).format(Math.trunc(seconds / size), unit));
}

type Unit = "second" | "minute" | "hour" | "day";
const unit = (value: number, of: Unit, display: "short" | "long" | "narrow"): string => held(numbers({ style: "unit", unit: of, unitDisplay: display }).format(value));

/** A length of time in its largest unit: "45 sec", "3 min", "2 hr"; `long` for sentences: "3 minutes". */
export function duration(seconds: number, display: "short" | "long" | "narrow" = "short"): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return unit(whole, "second", display);
  if (whole < 3600) return unit(Math.round(whole / 60), "minute", display);
  if (whole < 86_400) return unit(Math.round(whole / 3600), "hour", display);
  return unit(Math.round(whole / 86_400), "day", display);
}

/** An expected wait for a sentence ("about {wait}"): whole minutes, never less than one. */
export const wait = (seconds: number): string => duration(Math.max(60, Math.ceil(seconds / 60) * 60), "long");

/** A running clock: "3:07", "1:02:09". */
export function stopwatch(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => numbers({ minimumIntegerDigits: 2 }).format(value);
  const minutes = Math.floor(whole / 60);
  const parts = whole < 3600 ? [number(minutes), two(whole % 60)] : [number(Math.floor(minutes / 60)), two(minutes % 60), two(whole % 60)];
  return held(parts.join(":"));
}

/** "480 kB", "2.4 MB". */
export function fileSize(bytes: number): string {
  const sizes = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = Math.min(sizes.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const options = { style: "unit", unit: sizes[step], unitDisplay: step === 0 ? "long" : "short", maximumFractionDigits: step < 2 ? 0 : 1 } as const;
  return held(numbers(options).format(bytes / 1000 ** step));
}

/** "Anna, Ben and Cem". */
export function list(items: readonly string[], type: "conjunction" | "disjunction" = "conjunction"): string {
  return kept("list", { type }, (tag) => new Intl.ListFormat(tag, { type })).format(items);
}

/** "German (Austria)", in the reader's language or in one of its own; what is no language tag stays as it is. */
export function languageName(tag: string, within: string = locale().tag): string {
  try {
    return new Intl.DisplayNames([within], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
