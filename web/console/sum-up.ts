/**
 * `<console-sum-up .opened>`: after a call or chat of this rep's has ended: how it went, with the time that is left for it. Only until it is
 * written down or waved away.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { stopwatch } from "../text/formats";
import { LocaleController } from "../text/texts";
import { Watch, type Place } from "../protocol";
import "../ui/button";
import { base } from "../ui/tokens";
import { codesOf, type ConsoleCodes } from "./codes";
import "./codes";
import { sumUp } from "./deeds";
import { inWords } from "./problems";
import type { Opened } from "./opened";
import { t, worded } from "./texts";
import { Tick } from "./tick";

@customElement("console-sum-up")
export class ConsoleSumUp extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        padding-inline: var(--space-4);
      }
      section {
        display: grid;
        gap: var(--space-3);
        max-inline-size: 900px;
        margin: 0 auto var(--space-3);
        padding: var(--space-3) var(--space-4);
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-large);
        background: var(--paper);
      }
      header {
        display: flex;
        align-items: baseline;
        gap: var(--space-3);
      }
      h3 {
        flex: 1;
        margin: 0;
        font: 600 var(--text-14) / 1.4 var(--font);
      }
      header span {
        color: var(--grey-text);
        font: var(--text-13) / 1.4 var(--font);
        font-variant-numeric: tabular-nums;
      }
      .actions {
        display: flex;
        justify-content: flex-end;
        gap: var(--space-2);
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @state() private busy = false;
  @query("console-codes") private readonly codes!: ConsoleCodes;

  protected readonly words = new LocaleController(this);
  protected readonly watch = new Watch(this);
  protected readonly tick = new Tick(this, () => this.place !== null);

  override willUpdate(): void {
    this.watch.value = this.opened.app.desk;
  }

  /** A chat that was handed on has not ended. */
  private get place(): Place | null {
    return [...this.opened.app.desk.finished.values()].findLast((each) => each.conversation_id === this.opened.id && (each.channel !== "chat" || !this.opened.open)) ?? null;
  }

  private async save(place: Place): Promise<void> {
    const { app } = this.opened;
    this.busy = true;
    if (await sumUp(app, place.id, this.codes.code, this.codes.note.trim())) await this.end(place);
    this.busy = false;
  }

  /** Through with it: the next customer may come. */
  private async end(place: Place): Promise<void> {
    const { app } = this.opened;
    app.desk.settle(place.id);
    if (app.status?.status === "wrap_up") await app.attempt(async () => app.desk.put(await app.link.ask("rep.end_wrap_up", {})), inWords);
  }

  override render(): TemplateResult | typeof nothing {
    const { place } = this;
    if (!place) return nothing;
    const { desk } = this.opened.app;
    const until = desk.rep?.status === "wrap_up" && desk.rep.wrap_up_until ? Date.parse(desk.rep.wrap_up_until) : null;
    return html`<section aria-labelledby="title">
      <header>
        <h3 id="title">${worded("sumup.title", place.channel, t("sumup.title.other"))}</h3>
        ${until === null ? nothing : html`<span role="timer">${t("sumup.left", { time: stopwatch(Math.max(0, (until - Date.now()) / 1000)) })}</span>`}
      </header>
      <console-codes .codes=${codesOf(desk, place.queue_id)}></console-codes>
      <div class="actions">
        <tresen-ui-button size="small" kind="quiet" @click=${() => void this.end(place)}>${t("sumup.skip")}</tresen-ui-button>
        <tresen-ui-button size="small" kind="primary" ?busy=${this.busy} @click=${() => void this.save(place)}>${t("sumup.save")}</tresen-ui-button>
      </div>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-sum-up": ConsoleSumUp;
  }
}
