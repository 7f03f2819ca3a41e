/** The board's words. */
import { texts } from "../../text/texts";
import en from "./text/en.json";

export const t = texts(
  {
    de: () => import("./text/de.json"),
    pl: () => import("./text/pl.json"),
    ro: () => import("./text/ro.json"),
    el: () => import("./text/el.json"),
    "pt-BR": () => import("./text/pt-BR.json"),
  },
  en,
);
export type Key = Parameters<typeof t>[0];

/** The text `prefix.word`, for words that the server or a shop makes up; `fallback` where there is none. */
export function worded(prefix: string, word: string | null | undefined, fallback = word ?? ""): string {
  const key = `${prefix}.${word ?? ""}`;
  return key in en ? t(key as Key) : fallback;
}
