/** `<board-charts .hours>`: how the day went, in five small charts; each shows the same figures as a table at a press. */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { duration, number, percent } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/card";
import "../../ui/chart";
import type { Series } from "../../ui/chart";
import { base } from "../../ui/tokens";
import { CHANNELS, curvesOf, type Hour } from "./figures";
import { t, worded } from "./texts";

/** More points than this are a comb. */
const POINTS_MOST = 48;
const HEIGHT = 150;

@customElement("board-charts")
export class BoardCharts extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr));
        gap: 16px;
      }
    `,
  ];

  @property({ attribute: false }) hours: readonly Hour[] = [];
  protected readonly words = new LocaleController(this);

  private chart(heading: string, times: number[], series: Series[], format: (value: number) => string): TemplateResult {
    return html`<tresen-ui-card><tresen-ui-chart heading=${heading} .times=${times} .series=${series} .format=${format} height=${HEIGHT}></tresen-ui-chart></tresen-ui-card>`;
  }

  override render(): TemplateResult {
    const each = Math.max(1, Math.ceil(this.hours.length / POINTS_MOST));
    const { times, ...curves } = curvesOf(this.hours, each);
    const whole = (value: number): string => number(value, { maximumFractionDigits: 1 });
    const used = CHANNELS.filter((channel) => channel === "chat" || curves.channels[channel].some(Boolean));
    return html`
      ${this.chart(t("chart.waits"), times, [{ label: t("chart.mean"), values: curves.meanWait, kind: "area" }, { label: t("chart.longest"), values: curves.longestWait, kind: "line", colour: 2 }], (value) => duration(value))}
      ${this.chart(t("chart.level"), times, [{ label: t("chart.in_time"), values: curves.level, kind: "area", colour: 3 }], (value) => percent(value))}
      ${this.chart(t("chart.conversations"), times, used.map((channel) => ({ label: worded("channel", channel), values: curves.channels[channel], kind: "line" as const })), whole)}
      ${this.chart(t("chart.orders"), times, [{ label: t("chart.all_orders"), values: curves.orders, kind: "bar", colour: 3 }, { label: t("chart.assisted"), values: curves.assisted, kind: "bar", colour: 1 }], whole)}
      ${this.chart(t("chart.csat"), times, [{ label: t("chart.stars"), values: curves.csat, kind: "line", colour: 4 }], (value) => number(value, { maximumFractionDigits: 1 }))}
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "board-charts": BoardCharts;
  }
}
