/** The widget's words, for everything but the launcher. */
import { texts } from "../text/texts";
import { Problem } from "../protocol";
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

/** Refusals that a visitor can do something about, by the server's stable words. */
const KNOWN: Partial<Record<string, Key>> = {
  unreachable: "problem.unreachable",
  identify_silent: "problem.unreachable",
  rate: "problem.rate",
  rate_limited: "problem.rate",
  too_late: "problem.too_late",
  conversation_closed: "problem.closed",
  out_of_stock: "problem.out_of_stock",
  cart_conflict: "problem.cart_conflict",
  too_large: "problem.too_large",
  content_type: "problem.content_type",
  unverified: "problem.unverified",
  not_verified: "problem.unverified",
  no_place: "problem.ended",
  ended: "problem.ended",
};

/** A refusal in the visitor's language. The server's own sentence is English and for developers: it goes to the console. */
export function sayProblem(problem: Problem): string {
  const known = KNOWN[problem.code];
  if (known) return t(known);
  console.warn(`Tresen: ${problem.code}: ${problem.message}`);
  if (problem.status === 413) return t("problem.too_large");
  if (problem.status === 429) return t("problem.rate");
  return problem.passing ? t("problem.unreachable") : t("problem.other");
}

/** "2nd", "2.", "2º": how this language numbers places. */
export function ordinal(position: number): string {
  const category = new Intl.PluralRules("en", { type: "ordinal" }).select(position);
  const keys = { one: "ordinal.one", two: "ordinal.two", few: "ordinal.few" } as const;
  return t(category === "one" || category === "two" || category === "few" ? keys[category] : "ordinal.other", { position });
}
