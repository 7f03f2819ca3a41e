/** How the console's frame is laid out: three columns, two and a drawer below 1100 px, one at a time on a phone. */
import { css } from "lit";

export const shellStyles = css`
  :host {
    display: grid;
    grid-template-rows: auto auto minmax(0, 1fr) auto;
    grid-template-columns: minmax(0, 1fr);
    block-size: 100%;
    background: var(--paper);
    color: var(--ink);
    font: var(--text-14) / 1.5 var(--font);
  }
  .skip {
    position: absolute;
    inset-block-start: -60px;
    inset-inline-start: var(--space-2);
    z-index: var(--z-toast);
    padding: var(--space-2) var(--space-4);
    border-radius: var(--radius);
    background: var(--raised);
    color: var(--accent-text);
    box-shadow: var(--shadow);
  }
  .skip:focus {
    inset-block-start: var(--space-2);
  }
  .bar {
    display: flex;
    align-items: center;
    gap: var(--space-3);
    min-block-size: 48px;
    padding-inline: var(--space-3);
    border-block-end: 1px solid var(--line);
    background: var(--paper);
  }
  .brand {
    display: grid;
    place-content: center;
    flex: none;
    inline-size: 28px;
    block-size: 28px;
    border-radius: 7px;
    background: var(--accent);
    color: var(--on-accent);
    font: 700 var(--text-16) / 1 var(--font);
  }
  .space {
    flex: 1;
  }
  .bar nav {
    display: flex;
    gap: 2px;
    min-inline-size: 0;
  }
  .bar nav button {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-block-size: 34px;
    padding: 0 var(--space-3);
    border: 0;
    border-radius: var(--radius);
    background: none;
    color: var(--grey-text);
    font: 500 var(--text-13) / 1 var(--font);
    cursor: pointer;
    --icon-size: 17px;
  }
  .bar nav button:hover {
    background: var(--hover);
  }
  .bar nav button[aria-current="page"] {
    background: var(--accent-ground);
    color: var(--accent-text);
  }
  console-connection {
    grid-row: 2;
  }
  .columns,
  console-history,
  console-board,
  :host > tresen-ui-empty {
    grid-row: 3;
    min-block-size: 0;
  }
  :host > tresen-ui-empty {
    margin: auto;
  }
  console-board {
    display: block;
    overflow: auto;
  }
  .columns {
    position: relative;
    display: grid;
    grid-template-columns: 280px minmax(0, 1fr) minmax(300px, 360px);
    grid-template-rows: minmax(0, 1fr);
  }
  .columns.alone {
    grid-template-columns: 280px minmax(0, 1fr);
  }
  .columns > * {
    min-block-size: 0;
    min-inline-size: 0;
  }
  .queue {
    display: grid;
    grid-template-rows: minmax(0, 1fr);
    border-inline-end: 1px solid var(--line);
  }
  .middle {
    display: grid;
    grid-template-rows: minmax(0, 1fr);
    grid-template-columns: minmax(0, 1fr);
    background: var(--raised);
  }
  .middle:focus {
    outline: 0;
  }
  .middle.two {
    grid-template-columns: repeat(2, minmax(0, 1fr));
  }
  .middle > tresen-ui-empty {
    margin: auto;
  }
  .one {
    position: relative;
    display: grid;
    grid-template-rows: minmax(0, 1fr);
    grid-template-columns: minmax(0, 1fr);
    min-block-size: 0;
  }
  .one + .one {
    border-inline-start: 1px solid var(--line);
  }
  .one.front::before {
    content: "";
    position: absolute;
    inset-block-start: 0;
    inset-inline: 0;
    z-index: 2;
    block-size: 2px;
    background: var(--accent);
  }
  .edge {
    display: flex;
    gap: 2px;
  }
  .opener {
    display: none;
  }
  .customer {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr);
    border-inline-start: 1px solid var(--line);
    background: var(--paper);
  }
  .customer console-customer {
    grid-row: 2;
    display: block;
    overflow: auto;
    min-block-size: 0;
  }
  .close {
    display: none;
    justify-content: flex-end;
    padding: var(--space-2);
  }
  .bottom {
    display: none;
  }
  @media (max-width: 1099px) {
    .columns {
      grid-template-columns: 280px minmax(0, 1fr);
    }
    .opener {
      display: inline-block;
    }
    .customer {
      position: absolute;
      inset-block: 0;
      inset-inline-end: 0;
      z-index: var(--z-strip);
      inline-size: min(380px, 100%);
      box-shadow: var(--shadow);
      visibility: hidden;
    }
    .drawer .customer {
      visibility: visible;
    }
    .close {
      display: flex;
    }
  }
  @media (max-width: 759px) {
    .brand {
      display: none;
    }
    /* Out of sight only: it is the button's name. */
    .bar nav span {
      position: absolute;
      inline-size: 1px;
      block-size: 1px;
      overflow: hidden;
      clip-path: inset(50%);
      white-space: nowrap;
    }
    .bar nav button {
      min-inline-size: 44px;
      min-block-size: 44px;
      justify-content: center;
      padding: 0;
    }
    .bar {
      gap: var(--space-1);
      padding-inline: var(--space-2);
    }
    .columns,
    .columns.alone {
      grid-template-columns: minmax(0, 1fr);
    }
    .columns > * {
      display: none;
    }
    .queue {
      border: 0;
    }
    .columns.on-queue .queue,
    .columns.on-conversation .middle,
    .columns.on-customer .customer {
      display: grid;
      grid-area: 1 / 1;
    }
    .customer {
      position: static;
      visibility: visible;
      inline-size: auto;
      border: 0;
      box-shadow: none;
    }
    .middle.two {
      grid-template-columns: minmax(0, 1fr);
    }
    .one:not(:first-child),
    .close,
    .edge {
      display: none;
    }
    .bottom {
      grid-row: 4;
      display: grid;
      grid-template-columns: repeat(3, 1fr);
      border-block-start: 1px solid var(--line);
      background: var(--raised);
      padding-block-end: env(safe-area-inset-bottom);
    }
    .bottom button {
      position: relative;
      display: grid;
      justify-items: center;
      gap: 2px;
      min-block-size: 52px;
      padding: 6px 0;
      border: 0;
      background: none;
      color: var(--grey-text);
      font: 500 var(--text-12) / 1.2 var(--font);
      --icon-size: 20px;
    }
    .bottom button:disabled {
      opacity: 0.45;
    }
    .bottom button[aria-pressed="true"] {
      color: var(--accent-text);
    }
    .bottom tresen-ui-badge {
      position: absolute;
      inset-block-start: 4px;
      inset-inline-start: calc(50% + 6px);
    }
  }
`;
