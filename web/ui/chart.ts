/**
 * `<tresen-ui-chart heading="Waits" .times=${[...]} .series=${[{ label: "Waiting", values }]}>`: lines or bars over time (or over `.labels`),
 * drawn by uPlot in the tokens' colours, with the same figures as a table one press away.
 *
 * Only faces with a board import this: uPlot is larger than all other parts together. Times are milliseconds; `.format` writes a
 * value (`(n) => percent(n)`). The legend tells the last value, or the one under the pointer.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import uPlot from "uplot";
import { clock, moment, number } from "../text/formats";
import { LocaleController } from "../text/texts";
import "./button";
import { chartStyles } from "./chart-styles";
import "./icons-desk";
import { styleMap } from "./style-map";
import { t } from "./texts";
import { base } from "./tokens";

export interface Series {
  label: string;
  /** Null is a gap. */
  values: (number | null)[];
  kind?: "line" | "area" | "bar";
  /** One of the four chart colours; in turn when left out. */
  colour?: 1 | 2 | 3 | 4;
}

const COLOURS = 4;
/** Whether some value has none beside it, so that no line leads to it. */
const alone = (values: readonly (number | null)[]): boolean => values.some((value, at) => value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null);

@customElement("tresen-ui-chart")
export class Chart extends LitElement {
  static override styles = [base, ...chartStyles];

  @property() heading = "";
  /** Milliseconds since 1970, rising. */
  @property({ attribute: false }) times: number[] = [];
  /** Instead of times: what each place along the axis is. */
  @property({ attribute: false }) labels: string[] = [];
  @property({ attribute: false }) series: Series[] = [];
  @property({ attribute: false }) format: (value: number) => string = (value) => number(value);
  @property({ type: Number }) height = 180;
  @state() private asTable = false;
  @state() private hovered: number | null = null;
  @query(".plot") private readonly place?: HTMLElement;

  protected readonly words = new LocaleController(this);
  private plot: uPlot | undefined;
  private readonly sizes = new ResizeObserver(() => this.fit());
  private readonly scheme = matchMedia("(prefers-color-scheme: dark)");
  private readonly redraw = (): void => this.draw();
  private readonly attributeChanges = new MutationObserver(this.redraw);

  override connectedCallback(): void {
    super.connectedCallback();
    this.scheme.addEventListener("change", this.redraw);
    this.attributeChanges.observe(document.documentElement, { attributeFilter: ["data-scheme", "lang", "dir"] });
    if (this.hasUpdated) this.draw();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.scheme.removeEventListener("change", this.redraw);
    this.attributeChanges.disconnect();
    this.sizes.disconnect();
    this.plot?.destroy();
    this.plot = undefined;
  }

  override updated(changed: PropertyValues): void {
    if (["series", "times", "labels", "format", "height", "asTable"].some((name) => changed.has(name))) this.draw();
  }

  private get count(): number {
    return this.labels.length || this.times.length;
  }

  private xText(at: number, long = false): string {
    return this.labels[at] ?? (this.times[at] === undefined ? "" : (long ? moment : clock)(this.times[at]));
  }

  private colour(series: Series, at: number): string {
    return `var(--chart-${series.colour ?? (at % COLOURS) + 1})`;
  }

  private fit(): void {
    const width = this.place?.clientWidth ?? 0;
    if (this.plot && width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: this.height });
  }

  private draw(): void {
    this.plot?.destroy();
    this.plot = undefined;
    const { place } = this;
    if (!place || this.asTable || this.count === 0) return;
    const token = this.colours();
    const rtl = getComputedStyle(this).direction === "rtl";
    const x = this.labels.length ? this.labels.map((_, at) => at) : this.times.map((time) => time / 1000);
    const font = `12px ${getComputedStyle(this).fontFamily || "sans-serif"}`;
    const axis = { stroke: token("--grey-text"), font, ticks: { show: false }, gap: 6 };
    const grid = { stroke: token("--line"), width: 1 };

    this.plot = new uPlot(
      {
        width: Math.max(1, place.clientWidth),
        height: this.height,
        padding: rtl ? [8, 0, 0, 8] : [8, 8, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
        scales: { x: { time: this.labels.length === 0, range: this.range(x), dir: rtl ? -1 : 1 }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1] } },
        axes: [
          { ...axis, grid: { show: false }, size: 28, space: this.labels.length ? 40 : 64, values: (_, splits) => splits.map((split) => (this.labels.length ? (this.labels[split] ?? "") : clock(split * 1000))), ...(this.labels.length ? { incrs: [1, 2, 5, 10] } : {}) },
          { ...axis, grid, side: rtl ? 1 : 3, size: this.gutter(font), space: 30, values: (_, splits) => splits.map((split) => this.format(split)) },
        ],
        series: [{}, ...this.series.map((series, at) => this.line(series, token(this.colour(series, at).slice(4, -1))))],
        hooks: { setCursor: [(plot) => (this.hovered = plot.cursor.idx ?? null)] },
      },
      [x, ...this.series.map((series) => series.values)] as uPlot.AlignedData,
      place,
    );
    this.sizes.observe(place);
  }

  /** How a token's colour looks here and now, for the canvas, which knows neither variables nor schemes. */
  private colours(): (name: string) => string {
    const swatch = this.renderRoot.querySelector<HTMLElement>(".swatch")!;
    return (name) => {
      swatch.style.color = `var(${name})`;
      return getComputedStyle(swatch).color;
    };
  }

  /** Room for half a bar at both ends. */
  private range(x: number[]): uPlot.Range.Function {
    const barred = this.series.some((series) => series.kind === "bar");
    const half = barred && x.length > 1 ? (x[1]! - x[0]!) / 2 : barred ? 0.5 : 0;
    return (_, low, high) => [low - half, high + half];
  }

  /** As wide as the longest value needs, measured in the axis' own type. */
  private gutter(font: string): number {
    const most = Math.max(1, ...this.series.flatMap((series) => series.values.map((value) => value ?? 0))) * 1.1;
    const pen = document.createElement("canvas").getContext("2d");
    if (!pen) return 48;
    pen.font = font;
    return Math.ceil(Math.max(...[0, most / 2, most].map((value) => pen.measureText(this.format(value)).width))) + 14;
  }

  private line(series: Series, stroke: string): uPlot.Series {
    if (series.kind === "bar") return { label: series.label, stroke, fill: stroke, width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.6, 36], radius: 0.15 }) };
    const fill = series.kind === "area" ? `color-mix(in srgb, ${stroke} 14%, transparent)` : undefined;
    return { label: series.label, stroke, width: 2, points: { show: alone(series.values), size: 6 }, ...(fill && { fill }), paths: uPlot.paths.spline!() };
  }

  private legend(): TemplateResult {
    const at = this.hovered ?? this.count - 1;
    return html`<ul class="legend">
      ${this.series.map((series, index) => {
        const value = series.values[at];
        return html`<li>
          <span class="key" style=${styleMap({ background: this.colour(series, index) })}></span>${series.label}<b><bdi>${value === null || value === undefined ? "–" : this.format(value)}</bdi></b>
        </li>`;
      })}
      <li class="at" aria-hidden="true">${this.xText(at)}</li>
    </ul>`;
  }

  private table(): TemplateResult {
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${this.heading}>
      <table>
        <thead>
          <tr>
            <th scope="col">${t("chart.time")}</th>
            ${this.series.map((series) => html`<th scope="col">${series.label}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${Array.from({ length: this.count }, (_, at) => at).map(
            (at) => html`<tr>
              <th scope="row">${this.xText(at, true)}</th>
              ${this.series.map(({ values }) => html`<td>${values[at] === null || values[at] === undefined ? "–" : this.format(values[at])}</td>`)}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  override render(): TemplateResult {
    const empty = this.count === 0;
    return html`
      <header>
        ${this.heading ? html`<span class="title">${this.heading}</span>` : nothing}
        ${empty
          ? nothing
          : html`<tresen-ui-button
              size="small"
              kind="quiet"
              icon=${this.asTable ? "chart-line" : "list"}
              label=${`${this.heading}: ${t(this.asTable ? "chart.picture" : "chart.table")}`}
              @click=${() => (this.asTable = !this.asTable)}
            ></tresen-ui-button>`}
      </header>
      ${empty ? nothing : this.legend()}
      ${empty ? html`<div class="nothing" style=${styleMap({ height: `${this.height}px` })}>${t("chart.empty")}</div>` : nothing}
      ${this.asTable ? this.table() : nothing}
      <span class="swatch unseen"></span>
      <div class="plot ${this.asTable || empty ? "none" : ""}" role="img" aria-label=${this.heading}></div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-chart": Chart;
  }
}
