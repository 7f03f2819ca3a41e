/** How a message looks. */
import { css } from "lit";

export const bubbleStyles = css`
  :host {
    display: block;
    padding-block-start: 2px;
    font: var(--text-14) / 1.5 var(--font);
  }
  :host([first]) {
    padding-block-start: var(--space-3);
  }
  .message {
    display: flex;
    align-items: flex-end;
    gap: var(--space-2);
  }
  .staff {
    flex-direction: row-reverse;
  }
  .who {
    flex: none;
    inline-size: 24px;
  }
  .column {
    display: grid;
    justify-items: start;
    min-inline-size: 0;
    max-inline-size: min(78%, 620px);
  }
  .staff .column {
    justify-items: end;
  }
  header {
    display: flex;
    align-items: baseline;
    gap: var(--space-2);
    padding-inline: var(--space-1);
    color: var(--grey-text);
    font-size: var(--text-12);
  }
  header bdi {
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  time {
    white-space: nowrap;
  }
  .line {
    display: flex;
    align-items: center;
    gap: var(--space-1);
    min-inline-size: 0;
    max-inline-size: 100%;
  }
  .staff .line {
    flex-direction: row-reverse;
  }
  .stack {
    display: grid;
    justify-items: inherit;
    gap: var(--space-1);
    min-inline-size: 0;
  }
  .staff .stack {
    justify-items: end;
  }
  .bubble {
    max-inline-size: 100%;
    padding: 7px 12px;
    border-radius: var(--radius-large);
    background: var(--bubble-other);
    color: var(--on-bubble-other);
  }
  .staff .bubble {
    background: var(--bubble-own);
    color: var(--on-bubble-own);
  }
  :host([last]) .customer .bubble {
    border-end-start-radius: 4px;
  }
  :host([last]) .staff .bubble {
    border-end-end-radius: 4px;
  }
  .sending .bubble {
    opacity: 0.7;
  }
  .text {
    display: block;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .gone {
    display: flex;
    align-items: center;
    gap: var(--space-2);
    background: none;
    border: 1px dashed var(--line-strong);
    color: var(--grey-text);
  }
  .message .gone {
    background: none;
    color: var(--grey-text);
  }
  blockquote {
    margin: 0 0 6px;
    padding-inline-start: var(--space-2);
    border-inline-start: 3px solid var(--accent);
    font-size: var(--text-13);
  }
  blockquote bdi {
    display: block;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  blockquote .quoted {
    font-weight: 400;
    display: -webkit-box;
    -webkit-line-clamp: 2;
    -webkit-box-orient: vertical;
    overflow: hidden;
  }
  .menu {
    opacity: 0;
  }
  .message:hover .menu,
  .menu:focus-within {
    opacity: 1;
  }
  @media (hover: none) {
    .menu {
      opacity: 1;
    }
  }
  .replies {
    display: flex;
    flex-wrap: wrap;
    justify-content: inherit;
    gap: var(--space-1);
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .replies li {
    padding: 3px 10px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-round);
    color: var(--grey-text);
    font-size: var(--text-13);
    overflow-wrap: anywhere;
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px;
    padding: 2px var(--space-1) 0;
    color: var(--grey-text);
    font-size: var(--text-12);
    --icon-size: 14px;
  }
  footer .read {
    color: var(--accent-text);
  }
  .failed {
    color: var(--danger);
  }
  .announced {
    margin: 0;
    padding: var(--space-1) var(--space-6);
    color: var(--grey-text);
    font-size: var(--text-13);
    text-align: center;
    overflow-wrap: anywhere;
  }
  .editor {
    display: grid;
    gap: var(--space-2);
    inline-size: min(480px, 70vw);
  }
  textarea {
    min-block-size: 72px;
    padding: var(--space-2) var(--space-3);
    border: 1px solid var(--grey-control);
    border-radius: var(--radius);
    background: var(--raised);
    color: var(--ink);
    font: var(--text-14) / 1.5 var(--font);
    resize: vertical;
  }
  .actions {
    display: flex;
    justify-content: flex-end;
    gap: var(--space-2);
  }
  @media (forced-colors: active) {
    .bubble {
      border: 1px solid CanvasText;
    }
  }
`;
