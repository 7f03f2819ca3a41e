/** How the board's tables look: rows to run an eye along, figures in columns. */
import { css } from "lit";

export const tableStyles = css`
  :host {
    display: block;
    color: var(--ink);
    font: var(--text-14) / 1.45 var(--font);
  }
  .scroll {
    overflow-x: auto;
  }
  table {
    inline-size: 100%;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  caption {
    text-align: start;
  }
  th,
  td {
    padding: 8px 12px 8px 0;
    border-block-end: 1px solid var(--line);
    text-align: start;
    vertical-align: middle;
    overflow-wrap: anywhere;
  }
  /* A word that fits is not taken apart to make room for others. */
  td.whole {
    overflow-wrap: break-word;
  }
  tr:last-child > td,
  tr:last-child > th[scope="row"] {
    border-block-end: 0;
  }
  thead th {
    padding-block: 4px;
    color: var(--grey-text);
    font: 500 var(--text-12) / 1.4 var(--font);
    white-space: nowrap;
  }
  th[scope="row"] {
    font-weight: 500;
  }
  .number {
    text-align: end;
    white-space: nowrap;
  }
  .who {
    display: flex;
    align-items: center;
    gap: 8px;
    min-inline-size: 120px;
  }
  .quiet {
    color: var(--grey-text);
    font-size: var(--text-13);
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 4px;
  }
  a {
    color: var(--accent-text);
  }
  tresen-ui-meter {
    inline-size: 72px;
  }
  @container board (max-width: 640px) {
    thead {
      position: absolute;
      inline-size: 1px;
      block-size: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    tr {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 4px 12px;
      padding-block: 10px;
      border-block-end: 1px solid var(--line);
    }
    tr:last-child {
      border-block-end: 0;
    }
    th,
    td {
      padding: 0;
      border: 0;
    }
    th[scope="row"] {
      flex: 1 0 100%;
    }
  }
`;
