/** How `<tresen-ui-field>` looks: one box for all that is typed, a tick or a switch beside its label. */
import { css } from "lit";

export const fieldStyles = css`
  :host {
    display: block;
    font: var(--text-14) / 1.4 var(--font);
    color: var(--ink);
    min-inline-size: 0;
  }
  label {
    display: block;
    margin-block-end: 4px;
    font-size: var(--text-13);
    font-weight: 500;
  }
  .required {
    margin-inline-start: 2px;
    color: var(--danger);
  }
  .box {
    position: relative;
    display: flex;
    align-items: center;
    gap: 8px;
    padding-inline: 10px;
    min-block-size: var(--control);
    border: 1px solid var(--grey-control);
    border-radius: var(--radius);
    background: var(--raised);
    transition: border-color var(--motion);
  }
  .box > tresen-ui-icon,
  .box slot tresen-ui-icon {
    color: var(--grey-text);
    --icon-size: 18px;
  }
  .box:hover {
    border-color: var(--ink);
  }
  .box:focus-within {
    border-color: var(--focus);
    outline: 2px solid var(--focus);
    outline-offset: -1px;
  }
  input:not([type="checkbox"]),
  textarea,
  select {
    flex: 1;
    min-inline-size: 0;
    inline-size: 100%;
    align-self: stretch;
    margin: 0;
    padding: 7px 0;
    border: 0;
    outline: 0;
    background: none;
    color: inherit;
    font: inherit;
    font-variant-numeric: tabular-nums;
  }
  textarea {
    display: block;
    resize: none;
    line-height: 1.4;
  }
  ::placeholder {
    color: var(--grey-text);
    opacity: 1;
  }
  input[type="search"]::-webkit-search-cancel-button {
    display: none;
  }
  select {
    appearance: none;
    padding-inline-end: 26px;
    cursor: pointer;
    text-overflow: ellipsis;
  }
  option {
    background: var(--raised);
    color: var(--ink);
  }
  .box .chevron {
    position: absolute;
    inset-inline-end: 10px;
    pointer-events: none;
    --icon-size: 16px;
  }
  :host([disabled]) .box,
  :host([disabled]) .tick {
    opacity: 0.55;
  }
  .box:has([aria-invalid="true"]) {
    border-color: var(--danger);
  }
  .hint,
  .error {
    display: flex;
    gap: 4px;
    font-size: var(--text-13);
  }
  .hint:not(:empty),
  .error {
    margin-block-start: 4px;
  }
  .hint {
    color: var(--grey-text);
  }
  .error {
    color: var(--danger);
  }
  .error tresen-ui-icon {
    --icon-size: 16px;
    margin-block-start: 1px;
  }

  /* A tick, or a switch. */
  .tick {
    display: flex;
    align-items: center;
    gap: 10px;
    min-block-size: 28px;
  }
  .tick label {
    margin: 0;
    padding-block: 4px;
    font-size: var(--text-14);
    font-weight: 400;
    cursor: pointer;
  }
  .tick + #note {
    padding-inline-start: 28px;
    margin-block-start: 0;
  }
  :host([type="switch"]) .tick + #note {
    padding-inline-start: 46px;
  }
  input[type="checkbox"] {
    appearance: none;
    flex: none;
    position: relative;
    inline-size: 18px;
    block-size: 18px;
    margin: 0;
    border: 1.5px solid var(--grey-control);
    border-radius: 5px;
    background: var(--raised);
    cursor: pointer;
    transition: background-color var(--motion), border-color var(--motion);
  }
  /* The whole of 24 px can be hit. */
  input[type="checkbox"]::after {
    content: "";
    position: absolute;
    inset: -5px;
  }
  input[type="checkbox"]::before {
    content: "";
    position: absolute;
    inset-block-start: 2px;
    inset-inline-start: 5px;
    inline-size: 5px;
    block-size: 9px;
    border: solid var(--on-accent);
    border-width: 0 2px 2px 0;
    transform: rotate(45deg);
    opacity: 0;
  }
  input[type="checkbox"]:checked {
    border-color: var(--accent);
    background: var(--accent);
  }
  input[type="checkbox"]:checked::before {
    opacity: 1;
  }
  input[role="switch"] {
    inline-size: 36px;
    block-size: 20px;
    border-radius: var(--radius-round);
  }
  input[role="switch"]::before,
  input[role="switch"]:checked::before {
    inset-block-start: 2px;
    inset-inline-start: 2px;
    inline-size: 13px;
    block-size: 13px;
    border: 0;
    border-radius: 50%;
    background: var(--grey-control);
    opacity: 1;
    transform: none;
    transition: inset-inline-start var(--motion);
  }
  input[role="switch"]:checked::before {
    inset-inline-start: 18px;
    background: var(--on-accent);
  }
  @media (pointer: coarse) {
    .tick {
      min-block-size: 44px;
    }
    /* Smaller text makes phones zoom into the field. */
    input:not([type="checkbox"]),
    textarea,
    select {
      font-size: var(--text-16);
    }
  }
  @media (forced-colors: active) {
    input[type="checkbox"]:checked {
      forced-color-adjust: none;
      background: Highlight;
      border-color: Highlight;
    }
    input[type="checkbox"]:checked::before {
      border-color: HighlightText;
    }
    input[role="switch"]::before {
      background: ButtonText;
    }
    input[role="switch"]:checked::before {
      background: HighlightText;
    }
  }
`;
