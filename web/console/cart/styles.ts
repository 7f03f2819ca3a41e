/** How the cart looks: lines with their pictures, and the soft flash of what somebody has just changed. */
import { css } from "lit";

export const cartStyles = css`
  .lines > li {
    display: grid;
    grid-template-columns: 48px minmax(0, 1fr) auto;
    gap: 2px 12px;
    padding-block: 10px;
    border-block-end: 1px solid var(--line);
  }
  .lines > li:last-child {
    border-block-end: 0;
  }
  .picture {
    grid-row: span 3;
    inline-size: 48px;
    block-size: 48px;
    border-radius: var(--radius);
    background: var(--sunken);
    object-fit: cover;
    display: grid;
    place-content: center;
    color: var(--grey-text);
  }
  .title {
    font-weight: 500;
  }
  .below {
    grid-column: 2 / -1;
  }
  .quantity {
    margin-inline-start: auto;
    display: inline-flex;
    align-items: center;
    gap: 2px;
  }
  .quantity output {
    min-inline-size: 2ch;
    text-align: center;
    font-variant-numeric: tabular-nums;
  }
  .fresh {
    animation: flash 1600ms ease-out 1;
  }
  @keyframes flash {
    from {
      background: var(--accent-ground);
    }
    to {
      background: transparent;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .fresh {
      animation: none;
    }
  }
  .news {
    display: flex;
    gap: 8px;
    align-items: baseline;
    min-block-size: 20px;
    color: var(--grey-text);
    font-size: var(--text-13);
  }
  .total {
    font-weight: 600;
    font-size: var(--text-16);
  }
  .codes li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 8px;
    padding-block: 2px;
  }
  .add {
    display: flex;
    gap: 8px;
    align-items: end;
  }
  .add tresen-ui-field {
    flex: 1;
  }
`;
