/** How the composer looks. */
import { css } from "lit";

export const composerStyles = css`
  :host {
    display: block;
    position: relative;
    padding: 0 var(--space-4) var(--space-3);
  }
  .box {
    max-inline-size: 900px;
    margin-inline: auto;
    border: 1px solid var(--grey-control);
    border-radius: var(--radius-large);
    background: var(--raised);
  }
  .box:focus-within {
    border-color: var(--focus);
    box-shadow: 0 0 0 1px var(--focus);
  }
  .note {
    background: var(--warning-ground);
  }
  .dropping {
    border-style: dashed;
    background: var(--accent-ground);
  }
  textarea {
    display: block;
    inline-size: 100%;
    min-block-size: 40px;
    padding: 10px var(--space-3) 4px;
    border: 0;
    outline: 0;
    background: none;
    color: var(--ink);
    font: var(--text-14) / 1.5 var(--font);
    resize: none;
  }
  textarea:focus-visible {
    outline: 0;
  }
  textarea::placeholder {
    color: var(--grey-text);
    opacity: 1;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px;
    padding: 0 var(--space-2) var(--space-2);
  }
  .space {
    flex: 1;
  }
  .quoted {
    display: flex;
    align-items: center;
    gap: var(--space-2);
    margin: var(--space-2) var(--space-2) 0;
    padding: var(--space-1) var(--space-2);
    border-inline-start: 3px solid var(--accent);
    color: var(--grey-text);
    font: var(--text-13) / 1.4 var(--font);
  }
  .quoted span {
    flex: 1;
    min-inline-size: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .who {
    font-weight: 600;
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-1);
    margin: 0;
    padding: var(--space-2) var(--space-2) 0;
    list-style: none;
  }
  .chips li {
    display: flex;
    align-items: center;
    gap: 4px;
    max-inline-size: 100%;
    padding-inline-start: var(--space-2);
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    font: var(--text-13) / 1.4 var(--font);
    color: var(--ink);
    --icon-size: 16px;
  }
  .chips bdi {
    max-inline-size: 220px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .chips .reply {
    border-radius: var(--radius-round);
  }
  .failed,
  .chips .failed {
    border-color: var(--danger);
    color: var(--danger);
  }
  .emoji {
    margin: 0;
    padding: 0;
    position: fixed;
    border: 1px solid var(--line);
    border-radius: var(--radius-large);
    background: var(--raised);
    box-shadow: var(--shadow);
    overflow: auto;
  }
  .closed {
    margin: 0;
    padding: var(--space-3);
    color: var(--grey-text);
    font: var(--text-13) / 1.5 var(--font);
    text-align: center;
  }
`;
