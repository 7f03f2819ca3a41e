/**
 * `<console-queue .app>`: the left column. Offers to answer, one's own conversations, who waits, and what is nobody's: sorted by who needs
 * attention (attention.ts), each with what it is about and how long somebody has waited.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { LocaleController } from "../text/texts";
import { Watch } from "../protocol";
import "../ui/badge";
import "../ui/button";
import "../ui/empty";
import "../ui/skeleton";
import "../ui/strip";
import { base } from "../ui/tokens";
import type { App } from "./app";
import { rows, type Kind, type Row } from "./attention";
import { heardOf } from "./heard";
import { inWords } from "./problems";
import "./queue-row";
import { router } from "./router";
import { t } from "./texts";
import { Tick } from "./tick";

const SECTIONS: Kind[] = ["offer", "mine", "waiting", "unclaimed"];
const DEFAULT_THRESHOLD_S = 60;

@customElement("console-queue")
export class ConsoleQueue extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-block-size: 0;
        background: var(--paper);
      }
      .scroll {
        flex: 1;
        min-block-size: 0;
        overflow: auto;
        overscroll-behavior: contain;
        padding-block-end: var(--space-6);
      }
      h2 {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        position: sticky;
        inset-block-start: 0;
        z-index: 1;
        margin: 0;
        padding: var(--space-3) var(--space-4) var(--space-1);
        background: var(--paper);
        color: var(--grey-text);
        font: 600 var(--text-12) / 1.5 var(--font);
      }
      ul {
        margin: 0;
        padding: 0 var(--space-2);
        list-style: none;
      }
      .loading {
        display: grid;
        gap: var(--space-2);
        padding: var(--space-4);
      }
      .none {
        margin: 0;
        padding: 0 var(--space-4) var(--space-2);
        color: var(--grey-text);
        font: var(--text-13) / 1.5 var(--font);
      }
    `,
  ];

  @property({ attribute: false }) app!: App;

  protected readonly words = new LocaleController(this);
  protected readonly tick = new Tick(this);
  protected readonly watchDesk = new Watch(this);
  protected readonly watchApp = new Watch(this);

  override willUpdate(): void {
    this.watchDesk.value = this.app.desk;
    this.watchApp.value = this.app;
  }

  /** As they stand now, for the keys that go from one to the next. */
  rows(): Row[] {
    const { desk, me } = this.app;
    return rows({
      me: me.id,
      conversations: desk.conversations,
      work: desk.work,
      lobby: desk.lobby,
      offerEnds: desk.offerEnds,
      threshold: (id) => Number(desk.queues.get(id)?.settings["threshold_s"] ?? DEFAULT_THRESHOLD_S),
      heard: (id) => {
        const opened = this.app.opened.get(id);
        const last = desk.lastSaid.get(id);
        if (opened?.log.seq) return heardOf(opened);
        return last ? { unread: 0, said: last.text, typing: false, unansweredSince: null, lastAt: Date.parse(last.at) } : null;
      },
    });
  }

  override render(): TemplateResult {
    const { desk } = this.app;
    if (!desk.read) return this.unread();
    const all = this.rows();
    const available = desk.rep?.status === "available";
    return html`<div class="scroll" tabindex="-1">
      ${SECTIONS.map((kind) => this.section(kind, all.filter((row) => row.kind === kind)))}
      ${all.length === 0
        ? html`<tresen-ui-empty icon="inbox" heading=${t(available ? "queue.empty" : "queue.away")}>
            ${t(available ? "queue.empty.more" : "queue.away.more")}
            ${available ? nothing : html`<tresen-ui-button slot="actions" kind="primary" size="small" @click=${() => void this.come()}>${t("status.go_available")}</tresen-ui-button>`}
          </tresen-ui-empty>`
        : nothing}
    </div>`;
  }

  private async come(): Promise<void> {
    await this.app.setStatus("available");
  }

  private unread(): TemplateResult {
    const { problem } = this.app.desk;
    if (problem)
      return html`<tresen-ui-empty tone="danger" icon="circle-alert" heading=${t("queue.failed")}>
        ${inWords(problem)}<tresen-ui-button slot="actions" size="small" @click=${() => void this.app.desk.refresh()}>${t("again")}</tresen-ui-button>
      </tresen-ui-empty>`;
    return html`<div class="loading" aria-busy="true" aria-label=${t("loading")} role="status">
      ${[1, 2, 3, 4].map(() => html`<tresen-ui-skeleton shape="row"></tresen-ui-skeleton>`)}
    </div>`;
  }

  private section(kind: Kind, found: Row[]): TemplateResult | typeof nothing {
    if (!found.length) return nothing;
    const solid = kind === "offer" ? "accent" : "neutral";
    return html`<section aria-labelledby="of-${kind}">
      <h2 id="of-${kind}">${t(`queue.${kind}`)}<tresen-ui-badge tone=${solid}>${found.length}</tresen-ui-badge></h2>
      <ul>
        ${repeat(
          found,
          (row) => `${row.kind} ${row.conversationId} ${row.place?.id ?? ""}`,
          (row) => html`<li><console-queue-row .app=${this.app} .row=${row} .now=${Date.now()} ?selected=${this.shown(row)}></console-queue-row></li>`,
        )}
      </ul>
    </section>`;
  }

  private shown(row: Row): boolean {
    return router.route.page === "desk" && this.app.current?.id === row.conversationId;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-queue": ConsoleQueue;
  }
}
