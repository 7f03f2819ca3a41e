/** `<tresen-call-quality .calling>`: how good the connection is, in words and why; the figures one press away; and what would help. */
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { Figures } from "../../media";
import { Watch } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/icon";
import "../../ui/strip";
import { base } from "../../ui/tokens";
import "../../ui/icons-more";
import type { Calling } from "./calling";
import { Patience } from "./patience";
import { callStyles } from "./styles";
import { t } from "./texts";
import { figureRows, qualityWords } from "./words";

const FIGURES_EACH_MS = 2000;

@customElement("tresen-call-quality")
export class CallQuality extends LitElement {
  static override styles = [
    base,
    callStyles,
    css`
      .line {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        padding: var(--space-1) var(--space-3);
        font-size: var(--text-13);
        color: var(--grey-text);
      }
      .line span {
        flex: 1;
      }
      .dot {
        flex: none;
        inline-size: 8px;
        block-size: 8px;
        border-radius: 50%;
        background: var(--success);
      }
      .fair .dot {
        background: var(--warning);
        border-radius: 2px;
      }
      .poor .dot {
        background: var(--danger);
        border-radius: 0;
        transform: rotate(45deg);
      }
      table {
        inline-size: 100%;
        border-collapse: collapse;
        padding: 0 var(--space-3);
        font-size: var(--text-12);
        font-variant-numeric: tabular-nums;
      }
      .figures {
        padding: 0 var(--space-3) var(--space-2);
      }
      th,
      td {
        padding: 2px 0;
        text-align: start;
        font-weight: 400;
        color: var(--grey-text);
      }
      td {
        color: var(--ink);
      }
    `,
  ];

  @property({ attribute: false }) calling!: Calling;
  @state() private figures: Figures | null = null;
  @state() private suggest = false;
  @query(".figures") private readonly shown!: HTMLElement | null;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<Calling>(this);
  private readonly patience = new Patience();
  private timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.calling;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
    this.timer = undefined;
    this.figures = null;
  }

  override willUpdate(): void {
    const quality = this.calling.media?.quality ?? null;
    // Where nothing arrives at all, less to send is no help.
    const helps = this.calling.cameraOn && quality?.reason !== "reconnecting" && quality?.reason !== "no_media";
    this.suggest = this.patience.take(helps ? (quality?.level ?? null) : null, performance.now());
  }

  /** What was asked for is in sight, however much is above it. */
  override updated(changed: PropertyValues): void {
    if (changed.get("figures") === null) this.shown?.scrollIntoView({ block: "nearest" });
  }

  private toggle(): void {
    clearInterval(this.timer);
    if (this.figures) {
      this.figures = null;
      return;
    }
    const read = async (): Promise<void> => {
      this.figures = (await this.calling.media?.measure()) ?? null;
    };
    void read();
    this.timer = setInterval(() => void read(), FIGURES_EACH_MS);
  }

  private refuse(): void {
    this.patience.refuse(performance.now());
    this.suggest = false;
    this.requestUpdate();
  }

  override render(): TemplateResult | typeof nothing {
    const quality = this.calling.media?.quality ?? null;
    const open = this.figures !== null;
    // Nothing is known before there is a connection, and nothing is said then.
    if (!quality) return nothing;
    return html`
      <div class="line ${quality?.level ?? "good"}">
        <i class="dot" aria-hidden="true"></i>
        <span role="status">${qualityWords(quality)}</span>
        <tresen-ui-button size="small" kind="quiet" id="details" icon="info" label=${t(open ? "details.hide" : "details")} .pressed=${open} @click=${this.toggle}></tresen-ui-button>
      </div>
      ${this.suggest
        ? html`<tresen-ui-strip tone="warning" icon="video-off"
            >${t("quality.suggest")}
            <tresen-ui-button slot="action" size="small" kind="primary" @click=${() => this.calling.voiceOnly()}>${t("quality.suggest.yes")}</tresen-ui-button>
            <tresen-ui-button slot="action" size="small" @click=${this.refuse}>${t("quality.suggest.no")}</tresen-ui-button>
          </tresen-ui-strip>`
        : nothing}
      ${this.figures ? this.table(this.figures) : nothing}
    `;
  }

  private table(figures: Figures): TemplateResult {
    return html`<div class="figures">
      <table>
        <caption class="unseen">
          ${t("details")}
        </caption>
        <thead>
          <tr>
            <th scope="col"><span class="unseen">${t("detail.what")}</span></th>
            <th scope="col">${t("detail.in")}</th>
            <th scope="col">${t("detail.out")}</th>
          </tr>
        </thead>
        <tbody>
          ${figureRows(figures).map(
            ([label, received, sent]) =>
              html`<tr>
                <th scope="row">${label}</th>
                <td>${received}</td>
                <td>${sent}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }
}
