/** How `<tresen-ui-chart>` looks: uPlot's own rules, which have to be inside the shadow root, and ours. */
import { css, unsafeCSS } from "lit";
import plotCss from "uplot/dist/uPlot.min.css?raw";

export const chartStyles = [
  unsafeCSS(plotCss),
  css`
    :host {
      display: block;
      min-inline-size: 0;
      color: var(--ink);
      font: var(--text-13) / 1.4 var(--font);
    }
    header {
      display: flex;
      align-items: center;
      gap: 16px;
      min-block-size: var(--control-small);
    }
    .title {
      flex: 1;
      font-weight: 600;
    }
    /* The same height whether the pointer is there or not: nothing below may jump. */
    .legend {
      display: flex;
      flex-wrap: wrap;
      gap: 4px 16px;
      margin-block: 0 8px;
      margin-inline: 0;
      padding: 0;
      list-style: none;
      color: var(--grey-text);
    }
    .legend li {
      display: flex;
      align-items: center;
      gap: 6px;
    }
    .legend b {
      color: var(--ink);
      font-weight: 500;
      font-variant-numeric: tabular-nums;
    }
    .key {
      inline-size: 10px;
      block-size: 10px;
      border-radius: 3px;
      forced-color-adjust: none;
    }
    .at {
      margin-inline-start: auto;
      font-variant-numeric: tabular-nums;
    }
    /* uPlot lays out its layers from the left; which way time runs in them is told to it. */
    .plot {
      direction: ltr;
      min-inline-size: 0;
    }
    .plot.none {
      display: none;
    }
    .uplot,
    .uplot * {
      font-family: inherit;
    }
    .u-cursor-x {
      border-color: var(--grey-control) !important;
    }
    .u-cursor-pt {
      forced-color-adjust: none;
    }
    .scroll {
      max-block-size: 260px;
      overflow: auto;
    }
    table {
      inline-size: 100%;
      border-collapse: collapse;
      font-variant-numeric: tabular-nums;
    }
    th,
    td {
      padding: 6px 8px;
      border-block-end: 1px solid var(--line);
      text-align: end;
      font-weight: 400;
    }
    thead th {
      position: sticky;
      inset-block-start: 0;
      background: var(--raised);
      color: var(--grey-text);
      font-weight: 500;
    }
    th:first-child {
      text-align: start;
    }
    .nothing {
      display: grid;
      place-content: center;
      color: var(--grey-text);
    }
  `,
];
