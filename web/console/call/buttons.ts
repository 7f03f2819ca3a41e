/** `<console-call-buttons .opened>`: the ways to ring a conversation's customer, for its header; nothing where that cannot be done now. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { Watch } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import { base } from "../../ui/tokens";
import "../../ui/tooltip";
import type { Opened } from "../opened";
import { callingOf, type Calling } from "./calling";
import { canCall, startCall } from "./start";
import { t } from "./texts";

@customElement("console-call-buttons")
export class CallButtons extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: inline-flex;
        gap: 4px;
      }
    `,
  ];

  @property({ attribute: false })
  set opened(opened: Opened) {
    this.#opened = opened;
    this.opening.value = opened;
    this.watch.value = opened ? callingOf(opened.app) : null;
  }
  get opened(): Opened {
    return this.#opened;
  }
  #opened!: Opened;
  private readonly opening = new Watch<Opened>(this);
  private readonly watch = new Watch<Calling>(this);
  protected readonly words = new LocaleController(this);

  override render(): TemplateResult | typeof nothing {
    const { opened } = this;
    if (!opened || !canCall(opened)) return nothing;
    const customer = opened.name || t("who.customer");
    const button = (media: "voice" | "video", words: string): TemplateResult => html`<ui-tooltip text=${words}>
      <ui-button kind="quiet" icon=${media === "video" ? "video" : "phone"} label=${words} @click=${() => void startCall(opened, media)}></ui-button>
    </ui-tooltip>`;
    return html`${button("voice", t("start.voice", { customer }))}${button("video", t("start.video", { customer }))}`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-call-buttons": CallButtons;
  }
}
