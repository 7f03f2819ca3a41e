/** What the views besides the conversation have in common: one column with room around it. */
import { css } from "lit";

export const view = css`
  :host {
    display: block;
    overflow-y: auto;
    overscroll-behavior: contain;
    padding: 20px 16px max(20px, env(safe-area-inset-bottom));
    font: var(--text-14) / 1.5 var(--font);
  }
  h2 {
    margin: 0 0 6px;
    font: 600 var(--text-20) / 1.3 var(--font);
    overflow-wrap: anywhere;
  }
  p {
    margin: 0 0 12px;
    color: var(--grey-text);
  }
  form,
  .stack {
    display: grid;
    gap: 14px;
  }
  .quiet {
    color: var(--grey-text);
    font-size: var(--text-13);
  }
`;
