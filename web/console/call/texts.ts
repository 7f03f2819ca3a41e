/** The words of calls at the console; only this folder uses them. */
import { texts } from "../../text/texts";
import en from "./text/en.json";

export type TextKey = keyof typeof en;
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
