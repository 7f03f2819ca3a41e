/** The console's words, in six languages. */
import { texts } from "../text/texts";
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

/** The text under `prefix.word` where there is one, else `fallback`: for words that the server or a shop makes up. */
export function worded(prefix: string, word: string | null | undefined, fallback = word ?? ""): string {
  const key = `${prefix}.${word ?? ""}`;
  return key in en ? t(key as Key) : fallback;
}
