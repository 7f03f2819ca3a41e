/** `<console-board .app>`: the supervisor's board: what goes on now in tiles and tables, how the day went in small charts. */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Watch } from "../../protocol";
import { clockSeconds, percent, stopwatch } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/card";
import "../../ui/empty";
import "../../ui/field";
import type { Field } from "../../ui/field";
import "../../ui/icons-desk";
import "../../ui/skeleton";
import "../../ui/strip";
import "../../ui/tile";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import "./calls-table";
import "./charts";
import { Feed } from "./feed";
import { conversion, tilesOf, type Tiles } from "./figures";
import "./queue-table";
import { refusal } from "./refusals";
import "./reps-table";
import { t } from "./texts";

const SECOND_MS = 1000;
/** What a shop's counter promises where its queues say nothing else. */
const LEVEL_GOOD = 0.8;
const PERIODS = [8, 24, 168] as const;
const WAIT_LONG_S = 120;

@customElement("console-board")
export class ConsoleBoard extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        container: board / inline-size;
        block-size: 100%;
        overflow-y: auto;
        background: var(--paper);
        color: var(--ink);
        font: var(--text-14) / 1.45 var(--font);
      }
      .page {
        display: grid;
        gap: 16px;
        max-inline-size: 1440px;
        margin-inline: auto;
        padding: 20px 24px 32px;
      }
      .page > * {
        min-inline-size: 0;
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 16px;
      }
      h1 {
        margin: 0;
        font: 600 var(--text-20) / 1.3 var(--font);
      }
      header .quiet {
        margin-inline-end: auto;
      }
      .quiet {
        color: var(--grey-text);
        font-size: var(--text-13);
      }
      .tiles {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
        gap: 12px;
      }
      .halves {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 560px), 1fr));
        gap: 16px;
        align-items: start;
      }
      @container board (max-width: 640px) {
        .page {
          padding: 16px 12px;
        }
        .tiles {
          grid-template-columns: repeat(2, minmax(0, 1fr));
        }
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @state() private now = Date.now();
  protected readonly words = new LocaleController(this);
  private readonly feed = new Watch<Feed>(this);
  private timer: ReturnType<typeof setInterval> | undefined;
  private dropKeys: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.begin();
  }

  override willUpdate(): void {
    if (!this.hasUpdated) this.begin();
  }

  private begin(): void {
    if (!this.app.supervises) return;
    this.feed.value = new Feed(this.app);
    this.feed.value.begin();
    this.timer = setInterval(() => {
      if (!document.hidden) this.now = Date.now();
    }, SECOND_MS);
    const group = (): string => t("board");
    this.dropKeys = this.app.shortcuts.add({ keys: "alt+r", label: () => t("refresh"), group, run: () => void this.feed.value?.refresh(), typing: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
    this.feed.value?.end();
    this.dropKeys?.();
  }

  private tiles(figures: Tiles, sold: number | null): TemplateResult {
    const late = figures.level !== null && figures.level < LEVEL_GOOD;
    return html`<div class="tiles" role="group" aria-label=${t("tiles")}>
      <tresen-ui-tile label=${t("tile.waiting")} value=${String(figures.waiting)} icon="hourglass" tone=${figures.waiting > figures.free && figures.waiting > 0 ? "warning" : "neutral"}></tresen-ui-tile>
      <tresen-ui-tile label=${t("tile.longest")} value=${figures.waiting ? stopwatch(figures.longest) : "–"} icon="clock" tone=${figures.longest > WAIT_LONG_S ? "danger" : "neutral"}></tresen-ui-tile>
      <tresen-ui-tile label=${t("tile.level")} value=${figures.level === null ? "–" : percent(figures.level)} icon="gauge" hint=${t("tile.level_hint")} tone=${late ? "warning" : "neutral"}></tresen-ui-tile>
      <tresen-ui-tile label=${t("tile.free")} value=${String(figures.free)} icon="user-check" hint=${t("tile.present", { count: figures.present })} tone=${figures.free === 0 ? "warning" : "neutral"}></tresen-ui-tile>
      <tresen-ui-tile label=${t("tile.poor")} value=${String(figures.poor)} icon="signal" hint=${t("tile.calls", { count: figures.calls })} tone=${figures.poor ? "danger" : "neutral"}></tresen-ui-tile>
      <tresen-ui-tile label=${t("tile.conversion")} value=${sold === null ? "–" : percent(sold)} icon="shopping-bag" hint=${t("tile.conversion_hint")}></tresen-ui-tile>
    </div>`;
  }

  override render(): TemplateResult {
    if (!this.app.supervises) return html`<tresen-ui-empty icon="lock" heading=${t("guard")}>${t("guard_text")}</tresen-ui-empty>`;
    const feed = this.feed.value!;
    const { desk } = this.app;
    const { board, problem } = feed;
    if (!board)
      return problem
        ? html`<tresen-ui-empty icon="circle-alert" tone="danger" heading=${t("unread")}>${refusal(problem)}<tresen-ui-button slot="actions" icon="refresh-cw" @click=${() => void feed.refresh()}>${t("again")}</tresen-ui-button></tresen-ui-empty>`
        : html`<div class="page" aria-busy="true"><tresen-ui-skeleton shape="block"></tresen-ui-skeleton><tresen-ui-skeleton shape="row" lines="4"></tresen-ui-skeleton></div>`;
    const figures = tilesOf(board, desk.lobby, desk.reps.values(), this.now);
    const thresholds = new Map(board.queues.map((queue) => [queue.queue_id, queue.threshold_s]));
    const choose = (event: Event): void => void (feed.hours = Number((event.target as Field).value));
    return html`<div class="page">
      <header>
        <h1>${t("board")}</h1>
        <span class="quiet">${t("as_of", { time: clockSeconds(feed.at) })}</span>
        <tresen-ui-field type="select" hide-label label=${t("period")} .options=${PERIODS.map((hours) => ({ value: String(hours), label: t(`period.${hours}`) }))} value=${String(feed.hours)} @change=${choose}></tresen-ui-field>
        <tresen-ui-button icon="refresh-cw" label=${t("refresh")} @click=${() => void feed.refresh()}></tresen-ui-button>
      </header>
      ${problem ? html`<tresen-ui-strip tone="warning" icon="triangle-alert" rounded>${t("stale")}</tresen-ui-strip>` : ""} ${this.tiles(figures, conversion(board.hours))}
      <tresen-ui-card heading=${t("queue.heading")}><board-queue .app=${this.app} .places=${desk.lobby} .thresholds=${thresholds} .now=${this.now}></board-queue></tresen-ui-card>
      <div class="halves">
        <tresen-ui-card heading=${t("calls.heading")}><board-calls .app=${this.app} .calls=${board.calls} .now=${this.now}></board-calls></tresen-ui-card>
        <tresen-ui-card heading=${t("reps.heading")}><board-reps .app=${this.app} .reps=${[...desk.reps.values()]} .now=${this.now}></board-reps></tresen-ui-card>
      </div>
      <board-charts .hours=${board.hours}></board-charts>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-board": ConsoleBoard;
  }
}
