/**
 * The tokens of tokens.css for a shadow root: the widget's outermost element holds them, the parts below inherit.
 *
 * Pages link or import tokens.css itself; only what lives on a foreign page needs this. Measures in rem become pixels there, since
 * shops set their root's font size as they please (62.5 % is common) and the widget must not shrink with it.
 */
import { css, unsafeCSS, type CSSResult } from "lit";
import source from "./tokens.css?raw";

/** tokens.css with `:host` in the place of `:root`. */
export function forHost(text: string): string {
  return text
    .replace(/\/\*[^]*?\*\//g, "")
    .replace(/:root((?:\[[^\]]*\]|:not\([^)]*\))*)/g, (_, conditions: string) => (conditions ? `:host(${conditions})` : ":host"))
    .replace(/([\d.]+)rem\b/g, (_, size: string) => `${Number(size) * 16}px`)
    .replace(/\s+/g, " ");
}

export const tokens: CSSResult = unsafeCSS(forHost(source));

/** What every part needs besides its own looks. */
export const base: CSSResult = css`
  :host {
    box-sizing: border-box;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
  }
  button {
    font: inherit;
    color: inherit;
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    padding: 0;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
    border: 0;
  }
`;
