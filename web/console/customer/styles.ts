/** What the parts of the customer's column share: quiet headings, definition lists, amounts that line up. */
import { css } from "lit";

export const columnStyles = css`
  :host {
    display: block;
    color: var(--ink);
    font: var(--text-14) / 1.45 var(--font);
    overflow-wrap: anywhere;
  }
  h3 {
    margin: 0;
    font: 600 var(--text-14) / 1.4 var(--font);
  }
  h4 {
    margin: 0 0 4px;
    font: 600 var(--text-13) / 1.4 var(--font);
    color: var(--grey-text);
  }
  p {
    margin: 0;
  }
  ul,
  ol {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  section {
    padding: 12px 16px;
  }
  section + section {
    border-block-start: 1px solid var(--line);
  }
  .quiet {
    color: var(--grey-text);
    font-size: var(--text-13);
  }
  .amount {
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
    text-align: end;
  }
  .spread {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    justify-content: space-between;
    gap: 4px 12px;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
  }
  dl {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 4px 12px;
    margin: 0;
  }
  dd {
    margin: 0;
  }
  a {
    color: var(--accent-text);
  }
  form,
  .form {
    display: grid;
    gap: 12px;
  }
`;
