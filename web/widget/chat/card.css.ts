/** What product, payment and order cards have in common. */
import { css } from "lit";

export const card = css`
  :host {
    display: block;
    inline-size: 260px;
    max-inline-size: 100%;
    overflow: hidden;
    border: 1px solid var(--line);
    border-radius: var(--radius-large);
    background: var(--raised);
    color: var(--ink);
    font: var(--text-13) / 1.45 var(--font);
  }
  .inside {
    display: grid;
    gap: 6px;
    padding: 12px;
  }
  h3,
  p {
    margin: 0;
    overflow-wrap: anywhere;
  }
  h3 {
    font: 600 var(--text-14) / 1.35 var(--font);
  }
  .money {
    font: 600 var(--text-16) / 1.3 var(--font);
    font-variant-numeric: tabular-nums;
  }
  .quiet {
    color: var(--grey-text);
  }
  .line {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 8px;
  }
  .with-icon {
    display: flex;
    gap: 6px;
    align-items: flex-start;
    --icon-size: 16px;
  }
  a {
    color: var(--accent-text);
  }
`;
