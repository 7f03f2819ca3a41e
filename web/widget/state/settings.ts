/** How the shop wants the widget, by `tresen('boot', {...})`. */
export interface Settings {
  siteId: string;
  /** A BCP 47 tag, or "auto": the visitor's own. */
  locale: string;
  dir?: "ltr" | "rtl";
  /** The shop's colour, hexadecimal; it is moved until it can be seen. */
  accent?: string;
  /** Address of a small square picture. */
  logo?: string;
  /** The shop's name, for the header and for consent texts. */
  name?: string;
  /** On which side the launcher stands; "end" where nothing is said. */
  side?: "start" | "end";
  scheme?: "light" | "dark";
}

/** What the shop said by `tresen('page', {...})`, and where the visitor is. */
export interface PageContext {
  url: string;
  title: string;
  /** The checkout's step, for one. */
  step?: string;
  [more: string]: string | undefined;
}

export type View = "home" | "chat" | "call" | "offline" | "callback" | "csat";
export type Tone = "info" | "success" | "warning" | "danger";
export interface Notice {
  id: number;
  text: string;
  tone: Tone;
}

/** What the loader's part of the widget hands over to the app. */
export interface Boot {
  origin: string;
  settings: Settings;
  emit: (name: string, detail?: unknown) => void;
}
