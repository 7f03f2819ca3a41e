/** The words of calls, cart and consents; fetched with them, not before. */
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
export type Key = keyof typeof en;
