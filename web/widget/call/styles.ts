/** What the views of a call share: the dark stage, the calm card with one next step. Everything by the tokens. */
import { css, type CSSResult } from "lit";

export const callStyles: CSSResult = css`
  :host {
    display: block;
    font: var(--text-14) / 1.45 var(--font);
    color: var(--ink);
  }
  h2 {
    margin: 0;
    font: 600 var(--text-16) / 1.35 var(--font);
    text-wrap: balance;
  }
  p {
    margin: 0;
  }
  .quiet {
    color: var(--grey-text);
    font-size: var(--text-13);
  }
  .card {
    display: flex;
    flex-direction: column;
    gap: var(--space-3);
    padding: var(--space-4);
    background: var(--raised);
    border-block-end: 1px solid var(--line);
  }
  .card.centred {
    align-items: center;
    text-align: center;
    padding-block: var(--space-6);
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-2);
  }
  .centred .actions {
    justify-content: center;
  }
  .head {
    display: flex;
    align-items: center;
    gap: var(--space-3);
    min-inline-size: 0;
  }
  .head > div {
    flex: 1;
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .pulse {
    border-radius: 50%;
    animation: pulse 2s ease-out infinite;
  }
  @keyframes pulse {
    from {
      box-shadow: 0 0 0 0 color-mix(in srgb, var(--accent) 45%, transparent);
    }
    70%,
    to {
      box-shadow: 0 0 0 16px transparent;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .pulse {
      animation: none;
      box-shadow: 0 0 0 4px color-mix(in srgb, var(--accent) 30%, transparent);
    }
  }
`;
