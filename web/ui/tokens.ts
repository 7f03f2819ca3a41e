/**
 * The tokens of tokens.css for a shadow root: the widget's outermost element holds them, the parts below inherit.
 *
 * Pages link or import tokens.css itself; only what lives on a foreign page needs this.
 */
import { css, unsafeCSS, type CSSResult } from "lit";
import { hostTokens } from "./host";

export { forHost } from "./host";

export const tokens: CSSResult = unsafeCSS(hostTokens());

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
