/** How the timeline looks. */
import { css } from "lit";

export const timelineStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    font: var(--text-13) / 1.5 var(--font);
    container-type: inline-size;
  }
  .frame {
    flex: 1;
    display: flex;
    flex-direction: column;
    min-block-size: 0;
  }
  .controls {
    display: flex;
    align-items: center;
    gap: var(--space-2);
    padding: var(--space-2) var(--space-4);
  }
  input[type="range"] {
    flex: 1;
    min-inline-size: 60px;
    block-size: 24px;
    accent-color: var(--accent);
  }
  .at {
    min-inline-size: 72px;
    color: var(--grey-text);
    font-variant-numeric: tabular-nums;
    text-align: center;
  }
  .filters {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-1);
    padding: 0 var(--space-4) var(--space-2);
    border-block-end: 1px solid var(--line);
  }
  .filter {
    min-block-size: 26px;
    padding: 0 10px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-round);
    background: none;
    color: var(--grey-text);
    font-size: var(--text-12);
    cursor: pointer;
  }
  .filter[aria-pressed="true"] {
    border-color: transparent;
    background: var(--accent-ground);
    color: var(--accent-text);
  }
  .both {
    flex: 1;
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(200px, 260px);
    min-block-size: 0;
  }
  .scroll {
    min-block-size: 0;
    overflow: auto;
    overscroll-behavior: contain;
    padding: var(--space-3) var(--space-4) var(--space-6);
  }
  .scroll:focus-visible {
    outline-offset: -2px;
  }
  console-then {
    min-block-size: 0;
    overflow: auto;
    border-inline-start: 1px solid var(--line);
  }
  @container (max-width: 560px) {
    .both {
      grid-template-columns: minmax(0, 1fr);
      grid-template-rows: minmax(0, 1fr) auto;
    }
    console-then {
      max-block-size: 40cqh;
      border-inline-start: 0;
      border-block-start: 1px solid var(--line);
    }
  }
  ol {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  li {
    position: relative;
    display: grid;
    grid-template-columns: 72px 26px minmax(0, 1fr);
    align-items: start;
    gap: var(--space-2);
  }
  li::before {
    content: "";
    position: absolute;
    inset-block: 0;
    inset-inline-start: calc(72px + var(--space-2) + 12px);
    inline-size: 2px;
    background: var(--line);
  }
  li time {
    padding-block-start: 5px;
    color: var(--grey-text);
    font-size: var(--text-12);
    font-variant-numeric: tabular-nums;
    text-align: end;
    white-space: nowrap;
  }
  .icon {
    position: relative;
    display: grid;
    place-content: center;
    inline-size: 26px;
    block-size: 26px;
    margin-block: 2px;
    border-radius: 50%;
    background: var(--sunken);
    color: var(--grey-text);
    --icon-size: 15px;
  }
  .success .icon {
    background: var(--success-ground);
    color: var(--success);
  }
  .warning .icon {
    background: var(--warning-ground);
    color: var(--warning);
  }
  .danger .icon {
    background: var(--danger-ground);
    color: var(--danger);
  }
  li button {
    padding: 4px var(--space-2);
    border: 0;
    border-radius: 6px;
    background: none;
    color: var(--ink);
    font: inherit;
    text-align: start;
    overflow-wrap: anywhere;
    cursor: pointer;
  }
  li button bdi {
    display: -webkit-box;
    -webkit-line-clamp: 4;
    -webkit-box-orient: vertical;
    overflow: hidden;
  }
  li button:hover {
    background: var(--hover);
  }
  .now button {
    background: var(--accent-ground);
    font-weight: 500;
  }
  .later time,
  .later button {
    color: var(--grey-text);
  }
  .later .icon {
    background: var(--paper);
    border: 1px dashed var(--line-strong);
    color: var(--grey-text);
  }
`;
