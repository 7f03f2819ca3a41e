/** How the conversation looks. */
import { css } from "lit";

export const looks = css`
  :host {
    display: flex;
    flex-direction: column;
    position: relative;
  }
  .log {
    /* Words for screen readers lie absolutely: they scroll along and do not make the panel longer. */
    position: relative;
    flex: 1;
    min-block-size: 0;
    overflow-y: auto;
    overscroll-behavior: contain;
    padding: 12px 14px 4px;
    scrollbar-gutter: stable;
  }
  .log:focus-visible {
    outline-offset: -2px;
  }
  .day,
  .quiet-line {
    margin: 14px 0 10px;
    color: var(--grey-text);
    font: var(--text-12) / 1.4 var(--font);
    text-align: center;
    overflow-wrap: anywhere;
    unicode-bidi: plaintext;
  }
  .quiet-line {
    margin-block: 10px;
  }
  .day {
    font-weight: 600;
  }
  .group {
    display: grid;
    grid-template-columns: 28px minmax(0, 1fr);
    gap: 2px 8px;
    margin-block-end: 10px;
  }
  .group.own {
    display: block;
  }
  .group > tresen-ui-avatar {
    align-self: end;
    grid-row: 1;
  }
  .said {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    gap: 3px;
    min-inline-size: 0;
  }
  .own .said {
    align-items: flex-end;
  }
  .by {
    margin: 0 0 1px;
    color: var(--grey-text);
    font: var(--text-12) / 1.4 var(--font);
    font-variant-numeric: tabular-nums;
  }
  .message {
    position: relative;
    display: flex;
    flex-direction: column;
    align-items: inherit;
    gap: 4px;
    max-inline-size: 86%;
    min-inline-size: 0;
  }
  .group:not(.own) .message {
    max-inline-size: 96%;
  }
  :is(tresen-product, tresen-payment, tresen-order, tresen-attachment) {
    margin-block: 3px;
  }
  .bubble {
    padding: 8px 12px;
    border-radius: 14px;
    background: var(--bubble-other);
    color: var(--on-bubble-other);
    font: var(--text-14) / 1.45 var(--font);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    unicode-bidi: plaintext;
  }
  .own .bubble {
    background: var(--bubble-own);
    color: var(--on-bubble-own);
  }
  .group:not(.own) .message:last-child .bubble:last-of-type {
    border-end-start-radius: 4px;
  }
  .own .message:last-child .bubble:last-of-type {
    border-end-end-radius: 4px;
  }
  .bubble a {
    color: inherit;
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .bubble.deleted {
    background: none;
    border: 1px dashed var(--line-strong);
    color: var(--grey-text);
    font-style: italic;
  }
  .bubble.waits {
    opacity: 0.72;
  }
  .bubble.big {
    padding: 0;
    background: none;
    font-size: var(--text-28);
  }
  .quoted {
    display: block;
    max-inline-size: 100%;
    margin-block-end: 4px;
    padding-inline-start: 8px;
    border-inline-start: 3px solid var(--accent);
    color: var(--grey-text);
    font-size: var(--text-13);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .acts {
    position: absolute;
    inset-block-start: -14px;
    inset-inline-end: 4px;
    display: none;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--raised);
    box-shadow: var(--shadow);
  }
  .group:not(.own) .acts {
    inset-inline: auto -8px;
  }
  .message:hover .acts,
  .message:focus-within .acts {
    display: flex;
  }
  .state {
    display: flex;
    gap: 8px;
    align-items: center;
    color: var(--grey-text);
    font: var(--text-12) / 1.4 var(--font);
  }
  .state.failed {
    color: var(--danger);
  }
  .replies {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    margin-block: 4px;
  }
  .typing {
    display: flex;
    align-items: center;
    gap: 6px;
    min-block-size: 20px;
    padding: 0 14px 4px;
    color: var(--grey-text);
    font: var(--text-12) / 1.4 var(--font);
  }
  .dots {
    display: inline-flex;
    gap: 3px;
  }
  .dots i {
    inline-size: 5px;
    block-size: 5px;
    border-radius: 50%;
    background: currentColor;
    animation: nod 1.2s infinite ease-in-out;
  }
  .dots i:nth-child(2) {
    animation-delay: 150ms;
  }
  .dots i:nth-child(3) {
    animation-delay: 300ms;
  }
  @keyframes nod {
    30% {
      opacity: 0.35;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .dots i {
      animation: none;
    }
  }
  .newer {
    position: absolute;
    inset-block-end: 76px;
    inset-inline: 0;
    display: grid;
    justify-items: center;
    pointer-events: none;
  }
  .newer tresen-ui-button {
    pointer-events: auto;
  }
  .foot {
    display: grid;
    gap: 8px;
    padding: 12px 14px;
    border-block-start: 1px solid var(--line);
    background: var(--raised);
  }
  .hello {
    margin: 24px 12px;
    color: var(--grey-text);
    text-align: center;
  }
  .drop {
    position: absolute;
    inset: 6px;
    z-index: var(--z-overlay);
    display: grid;
    place-items: center;
    border: 2px dashed var(--accent);
    border-radius: var(--radius);
    background: color-mix(in srgb, var(--accent-ground) 92%, transparent);
    color: var(--accent-text);
    font-weight: 600;
    pointer-events: none;
  }
`;
