/** `<console-stage .active>`: the call as one sees it: how it stands, the people, own picture, what needs an answer, the controls. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { Watch, type Actor, type Captions } from "../../protocol";
import { percent, number, stopwatch } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/badge";
import "../../ui/button";
import "../../ui/captions";
import "../../ui/captions-bar";
import "../../ui/menu";
import type { MenuEntry } from "../../ui/menu";
import "../../ui/strip";
import { base } from "../../ui/tokens";
import "../../ui/tooltip";
import type { ActiveCall } from "./active";
import "./bar";
import type { Want } from "./bar";
import { runs } from "./controls";
import "./panels";
import { t } from "./texts";
import { Tick } from "../tick";
import "./tile";
import { seats, type Seat } from "./tiles";
import { sight, type Step } from "./transfers";
import { legReason, levelWords, reasonWords } from "./words";

const PLACE = "tresen.stage";

@customElement("console-stage")
export class Stage extends LitElement {
  static override styles = [
    base,
    css`
      /* Where there is little room the pictures give way, then what is asked; never the controls. */
      :host {
        display: flex;
        flex-direction: column;
        min-block-size: 0;
        background: var(--stage);
        color: var(--on-stage);
        font: var(--text-14) / 1.5 var(--font);
      }
      section {
        display: flex;
        flex-direction: column;
        min-block-size: 0;
        gap: 10px;
        padding: 10px 12px 12px;
      }
      header,
      console-call-bar {
        flex: none;
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        flex-wrap: wrap;
      }
      .state {
        flex: 1 1 110px;
        min-inline-size: 0;
        font-weight: 500;
        overflow-wrap: anywhere;
      }
      .time,
      .quality {
        color: var(--on-stage-quiet);
        font-size: var(--text-13);
        font-variant-numeric: tabular-nums;
      }
      .quality {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        min-block-size: 24px;
        padding: 2px 8px;
        border: 0;
        border-radius: 6px;
        background: none;
        cursor: pointer;
        text-align: start;
      }
      .quality:hover {
        background: var(--stage-control);
      }
      .quality.poor,
      .quality.fair {
        color: var(--on-stage);
      }
      .dot {
        inline-size: 8px;
        block-size: 8px;
        border-radius: 50%;
        background: var(--online);
      }
      .fair .dot {
        background: var(--away);
      }
      .poor .dot {
        background: var(--hang-up);
      }
      .scene {
        position: relative;
        display: grid;
        grid-auto-flow: row;
        grid-template-columns: repeat(var(--columns, 1), minmax(0, 1fr));
        gap: 8px;
        flex: 0 1 var(--scene, 148px);
        min-block-size: 96px;
      }
      .video .scene {
        --scene: clamp(200px, 34vh, 340px);
      }
      .large .scene {
        --scene: clamp(260px, 58vh, 640px);
      }
      .screens .scene {
        grid-template-columns: minmax(0, 4fr) minmax(0, 1fr);
        grid-auto-rows: minmax(0, 1fr);
      }
      .screens .scene > .screen {
        grid-row: 1 / span var(--rows, 1);
      }
      .own {
        position: absolute;
        inset-block-end: 8px;
        inset-inline-end: 8px;
        inline-size: min(160px, 28%);
        aspect-ratio: 4 / 3;
        border: 2px solid var(--stage);
      }
      /* Somebody else is below it. */
      .several .own {
        inline-size: min(112px, 18%);
      }
      .screens .own {
        position: relative;
        inset: 0;
        inline-size: auto;
        aspect-ratio: auto;
        border: 0;
      }
      .asks {
        display: flex;
        flex-direction: column;
        gap: 8px;
        flex: 0 1 auto;
        min-block-size: 40px;
        overflow: auto;
        color: var(--ink);
      }
      .asks > * {
        flex: none;
      }
      .asks:empty {
        display: none;
      }
      .recording {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        padding: 2px 8px;
        border-radius: 6px;
        background: var(--stage-control);
        font: 500 var(--text-12) / 1.5 var(--font);
      }
      .recording::before {
        content: "";
        inline-size: 8px;
        block-size: 8px;
        border-radius: 50%;
        background: var(--hang-up);
      }
      .recording.paused::before {
        background: var(--away);
      }
      .tool {
        --round: 32px;
      }
      .tile-menu {
        --round: 30px;
      }
      @media (max-width: 480px) {
        .state {
          flex-basis: 100%;
        }
        .quality {
          margin-inline-end: auto;
        }
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
  /** Its pictures are large; `resized` tells of another choice. */
  @property({ type: Boolean }) large = localStorage.getItem(PLACE) === "large";
  @state() private panel: Want | null = null;
  private readonly watch = new Watch<ActiveCall>(this);
  protected readonly words = new LocaleController(this);
  protected readonly tick = new Tick(this);

  /** Opens a panel, as its key does. */
  want(panel: Want): void {
    this.panel = panel;
  }

  override render(): TemplateResult {
    const { active } = this;
    const all = seats(active);
    const screens = all.filter((seat) => seat.screen).length;
    const people = all.length - screens;
    const video = all.some((seat) => seat.video) || active.cameraOn || active.call.media === "video";
    this.style.setProperty("--columns", String(screens ? 2 : Math.max(1, Math.ceil(Math.sqrt(all.length)))));
    this.style.setProperty("--rows", String(Math.max(1, people + Number(active.cameraOn))));
    return html`
      <section class="${video ? "video" : ""} ${this.large ? "large" : ""} ${screens ? "screens" : ""} ${all.length > 1 ? "several" : ""}" aria-label=${t("stage.label", { customer: active.customer })} @want=${(event: CustomEvent<Want>) => (this.panel = event.detail)}>
        ${this.#header()}
        <div class="scene">
          ${repeat(all, (seat) => seat.key, (seat) => this.#tile(seat))}
          ${active.cameraOn ? html`<console-call-tile class="own" small mirrored name=${active.name(active.me)} caption=${t("who.you")} .video=${active.media?.local.video ?? null}></console-call-tile>` : nothing}
        </div>
        ${this.#captions()}
        <div class="asks">${this.#asks()}</div>
        <console-call-bar .active=${active}></console-call-bar>
      </section>
      <console-call-panels .active=${active} .panel=${this.panel} @closed=${() => (this.panel = null)}></console-call-panels>
    `;
  }

  #header(): TemplateResult {
    const { active } = this;
    const { standing } = active.controls;
    const { call, media } = active;
    const broken = media?.state === "reconnecting";
    const says = broken ? t("media.reconnecting") : t(`state.${standing}`, { customer: active.customer });
    return html`<header>
      <div class="state" role="status">${says}</div>
      ${call.recording ? html`<span class="recording ${call.recording.paused ? "paused" : ""}">${call.recording.paused ? t("record.paused") : t("record.on")}</span>` : nothing}
      ${this.#quality()}
      ${call.connected_at ? html`<span class="time" role="timer" aria-label=${t("stage.time")}>${stopwatch(active.seconds)}</span>` : nothing}
      ${active.captions
        ? html`<tresen-ui-tooltip class="tool" text=${t("captions")} keys="c">
            <tresen-ui-button shape="round" size="small" icon="captions" label=${t("captions")} keys="C" .pressed=${active.captions.reading} @click=${() => active.readCaptions()}></tresen-ui-button>
          </tresen-ui-tooltip>`
        : nothing}
      <tresen-ui-tooltip class="tool" text=${this.large ? t("stage.smaller") : t("stage.larger")}>
        <tresen-ui-button shape="round" size="small" icon=${this.large ? "minimize-2" : "maximize-2"} label=${this.large ? t("stage.smaller") : t("stage.larger")} @click=${this.#resize}></tresen-ui-button>
      </tresen-ui-tooltip>
    </header>`;
  }

  #quality(): TemplateResult | typeof nothing {
    const own = this.active.media?.quality;
    if (!own || !runs(this.active.call)) return nothing;
    return html`<button type="button" class="quality ${own.level}" @click=${() => (this.panel = "quality")}><span class="dot"></span>${t(levelWords(own.level))}</button>`;
  }

  #tile(seat: Seat): TemplateResult {
    return html`<console-call-tile class=${seat.screen ? "screen" : ""} name=${seat.name} caption=${seat.caption} .video=${seat.video} .audio=${seat.audio} .notes=${seat.notes}>
      ${seat.screen ? nothing : this.#actions(seat)}
    </console-call-tile>`;
  }

  #actions(seat: Seat): TemplateResult | typeof nothing {
    const { active } = this;
    const { can } = active.controls;
    const { leg, name } = seat;
    const items: MenuEntry[] = [];
    if (can.mute_other === true && leg.state !== "ringing" && leg.role !== "supervisor") items.push({ id: "mute", label: leg.muted ? t("tile.unmute", { name }) : t("tile.mute", { name }), icon: leg.muted ? "mic" : "mic-off" });
    if (can.remove === true && leg.role === "rep") items.push({ id: "remove", label: leg.state === "ringing" ? t("tile.unring", { name }) : t("tile.remove", { name }), icon: "user-x", danger: true });
    if (!items.length) return nothing;
    const choose = (event: CustomEvent<{ id: string }>): void => void (event.detail.id === "mute" ? active.muteOther(leg.id, !leg.muted) : active.remove(leg.id));
    return html`<tresen-ui-menu slot="actions" class="tile-menu" label=${t("tile.more", { name })} align="end" .items=${items} @choose=${choose}>
      <tresen-ui-button slot="trigger" shape="round" size="small" icon="ellipsis" label=${t("tile.more", { name })}></tresen-ui-button>
    </tresen-ui-menu>`;
  }

  /** What needs to be known or answered, the most urgent first. */
  #asks(): TemplateResult[] {
    const { active } = this;
    const { call, media, customer } = active;
    const found: TemplateResult[] = [];
    if (media?.state === "failed")
      found.push(html`<tresen-ui-strip rounded tone="danger" icon="wifi-off">${t("media.failed")} ${media.problem ?? ""}<tresen-ui-button slot="action" size="small" @click=${() => void active.connectAgain()}>${t("media.again")}</tresen-ui-button></tresen-ui-strip>`);
    const trouble = media?.trouble ?? null;
    if (trouble && active.supervising !== "monitor")
      found.push(html`<tresen-ui-strip rounded tone="warning" icon="triangle-alert">${t(`trouble.${trouble}`)}<tresen-ui-button slot="action" size="small" @click=${() => void active.connectAgain()}>${t("media.again")}</tresen-ui-button></tresen-ui-strip>`);
    if (active.soundBlocked) found.push(html`<tresen-ui-strip rounded tone="warning" icon="volume-2">${t("sound.blocked")}<tresen-ui-button slot="action" size="small" kind="primary" @click=${() => void active.play()}>${t("sound.play")}</tresen-ui-button></tresen-ui-strip>`);
    if (call.payment_step) found.push(html`<tresen-ui-strip rounded tone="accent" icon="lock">${t("payment", { customer })}</tresen-ui-strip>`);
    if (media?.local.screen) found.push(html`<tresen-ui-strip rounded tone="accent" icon="monitor-up">${t("tile.screen.own")}<tresen-ui-button slot="action" size="small" @click=${() => void active.toggleScreen()}>${t("act.screen.stop")}</tresen-ui-button></tresen-ui-strip>`);
    found.push(...this.#transfer());
    if (active.mishap) found.push(html`<tresen-ui-strip rounded tone="warning" icon="phone-missed" dismissible @dismiss=${() => active.dismiss()}>${t(`transferred.${active.mishap.outcome}`, { who: active.mishap.who, customer })}</tresen-ui-strip>`);
    if (active.problem) found.push(html`<tresen-ui-strip rounded tone="danger" icon="circle-alert" dismissible @dismiss=${() => active.dismiss()}>${t("act.refused", { problem: active.problem })}</tresen-ui-strip>`);
    if (call.media === "video" && !active.cameraOn && media?.state === "connected" && active.own?.role === "rep" && !trouble && !media.isMuted("video"))
      found.push(html`<tresen-ui-strip rounded tone="neutral" icon="video">${t("video.offer")}<tresen-ui-button slot="action" size="small" @click=${() => void active.toggleCamera()}>${t("act.camera.on")}</tresen-ui-button></tresen-ui-strip>`);
    found.push(...this.#connections());
    const { captions } = active;
    if (captions && (captions.asks || captions.writing || captions.silent.length)) found.push(this.#written(captions));
    return found;
  }

  #captions(): TemplateResult | typeof nothing {
    const { captions } = this.active;
    if (!captions?.reading) return nothing;
    return html`<tresen-ui-captions .lines=${captions.shown((actor) => this.active.name(actor.id))}></tresen-ui-captions>`;
  }

  #written(captions: Captions): TemplateResult {
    const names = (actors: readonly Actor[]): string[] => actors.map((actor) => this.active.name(actor.id));
    return html`<tresen-ui-captions-bar
      .readers=${names(captions.readers)}
      .silent=${names(captions.silent)}
      .local=${captions.local}
      ?asks=${captions.asks}
      ?writing=${captions.writing}
      @allow=${(event: CustomEvent<boolean>) => captions.allow(event.detail)}
    ></tresen-ui-captions-bar>`;
  }

  #transfer(): TemplateResult[] {
    const { active } = this;
    const { transfer } = active.controls;
    if (!transfer) return [];
    const seen = sight(active.call, transfer, active.me, active.app.supervises && active.own?.role !== "rep");
    const { customer } = active;
    const who = active.name(seen.targetId);
    const words: Record<Step, string> = {
      complete: t("transfer.step.complete", { who }),
      swap: transfer.state === "swapped" ? t("transfer.step.swap.rep", { who }) : t("transfer.step.swap.customer", { customer }),
      abort: t("transfer.step.abort", { customer }),
    };
    return [
      html`<tresen-ui-strip rounded tone="accent" icon="phone-forwarded">
        ${t(seen.says, { who, customer, rep: active.name(seen.fromId) })}
        ${seen.steps.map((step) => html`<tresen-ui-button slot="action" size="small" kind=${step === "complete" ? "primary" : "plain"} ?busy=${active.busy.has(step)} @click=${() => void active.transferStep(step)}>${words[step]}</tresen-ui-button>`)}
      </tresen-ui-strip>`,
    ];
  }

  /** Whose connection is not good, and why, in words. */
  #connections(): TemplateResult[] {
    const { active } = this;
    const own = active.media?.quality;
    const found: TemplateResult[] = [];
    const details = html`<tresen-ui-button slot="action" size="small" kind="quiet" @click=${() => (this.panel = "quality")}>${t("act.quality")}</tresen-ui-button>`;
    if (own && own.level !== "good" && own.reason && own.reason !== "reconnecting") found.push(html`<tresen-ui-strip rounded tone=${own.level === "poor" ? "danger" : "warning"} icon="triangle-alert">${t(reasonWords(own.reason))}${details}</tresen-ui-strip>`);
    for (const leg of active.call.legs) {
      if (leg.person_id === active.me || leg.state !== "joined") continue;
      const quality = active.qualityOf(leg.id);
      const reason = legReason(quality);
      if (!quality || !reason || quality.level === "good") continue;
      const why = reason === "loss" ? t("reason.loss", { loss: percent(quality.loss_percent / 100, 1) }) : t("reason.late", { ms: number(Math.round(quality.rtt_ms), { style: "unit", unit: "millisecond" }) });
      found.push(html`<tresen-ui-strip rounded tone=${quality.level === "poor" ? "danger" : "warning"} icon="triangle-alert">${t(`quality.person.${quality.level}`, { name: active.name(leg.person_id) })}. ${why}${found.length ? nothing : details}</tresen-ui-strip>`);
    }
    return found;
  }

  #resize = (): void => {
    this.large = !this.large;
    localStorage.setItem(PLACE, this.large ? "large" : "normal");
    this.dispatchEvent(new CustomEvent("resized"));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "console-stage": Stage;
  }
}
