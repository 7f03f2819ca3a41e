/** The words of the customer's column: customer, cart, orders. */
import { texts, wordsOf } from "../../text/texts";
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
export const worded = wordsOf(t, en);
