/** `<console-call-quality .active>`: how good the connections are: everybody's in words, one's own in figures, both ways. */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Direction, Figures } from "../../media";
import { Problem, Watch, type Answer } from "../../protocol";
import { number, percent } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import { base } from "../../ui/tokens";
import type { ActiveCall, LegQuality } from "./active";
import { ENTERED, type Leg } from "./controls";
import { t } from "./texts";
import { legReason, levelWords, reasonWords } from "./words";

const LOOK_MS = 2000;
type Stats = Answer<"call.stats">;

const dash = "–";
const or = (value: number | null | undefined, format: (value: number) => string): string => (value == null ? dash : format(value));
const ms = (value: number): string => number(Math.round(value), { style: "unit", unit: "millisecond" });
const rate = (bps: number): string => (bps >= 1e6 ? number(bps / 1e6, { style: "unit", unit: "megabit-per-second", maximumFractionDigits: 1 }) : number(bps / 1e3, { style: "unit", unit: "kilobit-per-second", maximumFractionDigits: 0 }));

@customElement("console-call-quality")
export class CallQuality extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        font: var(--text-14) / 1.5 var(--font);
        color: var(--ink);
      }
      p {
        margin: 0 0 16px;
      }
      h3 {
        margin: 16px 0 4px;
        font: 600 var(--text-14) / 1.4 var(--font);
      }
      .scroll {
        overflow-x: auto;
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
        text-align: start;
        font-weight: 400;
        overflow-wrap: break-word;
      }
      thead th {
        color: var(--grey-text);
        font-size: var(--text-13);
      }
      td {
        text-align: end;
      }
      thead th:not(:first-child) {
        text-align: end;
      }
    `,
  ];

  @property({ attribute: false })
  set active(active: ActiveCall) {
    this.watch.value = active;
  }
  get active(): ActiveCall {
    return this.watch.value!;
  }
  @state() private figures: Figures | null = null;
  @state() private stats: Stats | null = null;
  private readonly watch = new Watch<ActiveCall>(this);
  protected readonly words = new LocaleController(this);
  #timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#look();
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    this.figures = (await this.active.media?.measure()) ?? null;
    try {
      this.stats = await this.active.app.link.ask("call.stats", { call_id: this.active.id });
    } catch (error) {
      // The last figures stay; the next look brings others.
      if (!(error instanceof Problem)) throw error;
    }
  }

  override render(): TemplateResult {
    const { active } = this;
    const own = active.media?.quality ?? null;
    const receiving = this.figures?.receiving ?? null;
    const sending = this.figures?.sending ?? null;
    const row = (words: string, show: (one: Direction) => string): TemplateResult =>
      html`<tr><th scope="row">${words}</th><td><bdi>${receiving ? show(receiving) : dash}</bdi></td><td><bdi>${sending ? show(sending) : dash}</bdi></td></tr>`;
    return html`
      <p role="status">${own ? t(levelWords(own.level)) : t("quality.unknown")}${own?.reason ? `. ${t(reasonWords(own.reason))}` : ""}</p>
      <div class="scroll" role="region" tabindex="0" aria-label=${t("details.title")}>
        <table>
          <thead><tr><th scope="col">${t("details.figure")}</th><th scope="col">${t("details.in")}</th><th scope="col">${t("details.out")}</th></tr></thead>
          <tbody>
            ${row(t("details.bitrate"), (one) => rate(one.bitrate_bps))}
            ${row(t("details.loss"), (one) => percent(one.loss, 1))}
            ${row(t("details.rtt"), (one) => or(one.rtt_ms, ms))}
            ${row(t("details.jitter"), (one) => or(one.jitter_ms, ms))}
            ${row(t("details.resolution"), (one) => (one.width && one.height ? `${one.width} × ${one.height}` : dash))}
            ${row(t("details.fps"), (one) => or(one.fps, (value) => number(Math.round(value))))}
            ${row(t("details.video"), (one) => one.videoCodec ?? dash)}
            ${row(t("details.audio"), (one) => one.audioCodec ?? dash)}
          </tbody>
        </table>
      </div>
      <h3>${t("details.people")}</h3>
      <div class="scroll" role="region" tabindex="0" aria-label=${t("details.people")}>
        <table>
          <thead><tr><th scope="col">${t("details.person")}</th><th scope="col">${t("details.quality")}</th><th scope="col">${t("details.rtt")}</th><th scope="col">${t("details.loss")}</th></tr></thead>
          <tbody>${active.call.legs.filter((leg) => ENTERED.has(leg.state)).map((leg) => this.#person(leg))}</tbody>
        </table>
      </div>
    `;
  }

  /** A leg as the media server sees it, and what the timeline last said of it. */
  #person(leg: Leg): TemplateResult {
    const said: LegQuality | null = this.active.qualityOf(leg.id);
    const measured = figuresOf(this.stats, leg.id);
    const level = said?.level ?? "good";
    const reason = legReason(said);
    const because = reason === "loss" ? t("reason.loss", { loss: percent((said?.loss_percent ?? 0) / 100, 1) }) : reason === "late" ? t("reason.late", { ms: ms(said?.rtt_ms ?? 0) }) : "";
    return html`<tr>
      <th scope="row">${this.active.name(leg.person_id)}</th>
      <td>${t(levelWords(level))}${because ? `. ${because}` : ""}</td>
      <td><bdi>${or(measured.rttMs, ms)}</bdi></td>
      <td><bdi>${or(measured.loss, (value) => percent(value, 1))}</bdi></td>
    </tr>`;
  }
}

/** Round trip and loss towards a participant, over all their sessions: the worst of them. */
export function figuresOf(stats: Stats | null, legId: string): { rttMs: number | null; loss: number | null } {
  const found = (stats?.participants ?? []).filter((each) => String(each["identity"]).replace(/\.screen$/, "") === legId);
  let rttMs: number | null = null;
  let loss: number | null = null;
  for (const session of found.flatMap((each) => each["sessions"] as Record<string, unknown>[])) {
    const [rtt, sent, lost] = [Number(session["rtt_us"] ?? 0), Number(session["acknowledged"] ?? 0), Number(session["reported_lost"] ?? 0)];
    if (rtt > 0) rttMs = Math.max(rttMs ?? 0, rtt / 1000);
    if (sent + lost > 0) loss = Math.max(loss ?? 0, lost / (sent + lost));
  }
  return { rttMs, loss };
}

declare global {
  interface HTMLElementTagNameMap {
    "console-call-quality": CallQuality;
  }
}
