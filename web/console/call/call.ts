/** `<console-call .opened>`: on top of a conversation: its call that goes on, one that is being rung, or how the last one ended. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { Watch } from "../../protocol";
import { duration } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/avatar";
import "../../ui/button";
import "../../ui/strip";
import { base } from "../../ui/tokens";
import type { Opened } from "../opened";
import type { Want } from "./bar";
import { callingOf, type Calling } from "./calling";
import { runs } from "./controls";
import { WANT } from "./keys";
import "./stage";
import { t } from "./texts";

@customElement("console-call")
export class ConsoleCall extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        font: var(--text-14) / 1.5 var(--font);
      }
      .out {
        display: flex;
        flex-direction: column;
        align-items: center;
        gap: 12px;
        padding: 20px 16px;
        background: var(--stage);
        color: var(--on-stage);
      }
      .out tresen-ui-avatar {
        --avatar: 64px;
      }
      .out p {
        margin: 0;
        font: 500 var(--text-16) / 1.4 var(--font);
      }
    `,
  ];

  @property({ attribute: false })
  set opened(opened: Opened) {
    this.#opened = opened;
    this.watch.value = opened ? callingOf(opened.app) : null;
  }
  get opened(): Opened {
    return this.#opened;
  }
  #opened!: Opened;
  private readonly watch = new Watch<Calling>(this);
  protected readonly words = new LocaleController(this);

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener(WANT, this.#want);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener(WANT, this.#want);
  }

  /** What lies around it gives a large stage more room. */
  override updated(): void {
    this.toggleAttribute("large", this.shadowRoot?.querySelector("console-stage")?.large ?? false);
  }

  #want = (event: Event): void => this.shadowRoot?.querySelector("console-stage")?.want((event as CustomEvent<Want>).detail);

  override render(): TemplateResult | typeof nothing {
    const calling = this.watch.value;
    if (!calling || !this.opened) return nothing;
    const { active, ended } = calling;
    if (active?.conversationId === this.opened.id) {
      if (runs(active.call)) return html`<console-stage .active=${active} @resized=${() => this.requestUpdate()}></console-stage>`;
      const { customer, controls } = active;
      return html`<div class="out">
        <tresen-ui-avatar name=${customer}></tresen-ui-avatar>
        <p role="status">${t(`state.${controls.standing}`, { customer })}</p>
        <tresen-ui-button kind="danger" icon="phone-off" ?busy=${active.busy.has("hang_up")} @click=${() => void active.hangUp()}>${t("out.cancel")}</tresen-ui-button>
      </div>`;
    }
    if (ended?.conversationId !== this.opened.id) return nothing;
    const talked = ended.talkedS >= 1 ? ` ${t("end.talked", { time: duration(ended.talkedS, "long") })}` : "";
    const again = ended.again && this.opened.open ? ended.again : null;
    return html`<tresen-ui-strip tone=${again ? "warning" : "neutral"} icon="phone-off" dismissible @dismiss=${() => calling.closeEnded()}>
      ${ended.words}${talked}
      ${again ? html`<tresen-ui-button slot="action" size="small" icon=${again === "video" ? "video" : "phone"} @click=${() => void calling.start(this.opened, again)}>${t("out.again")}</tresen-ui-button>` : nothing}
    </tresen-ui-strip>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-call": ConsoleCall;
  }
}
