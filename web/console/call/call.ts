/** `<console-call .opened>`: the place of the call's stage, on top of the conversation. */
import { LitElement, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Opened } from "../opened";

@customElement("console-call")
export class ConsoleCall extends LitElement {
  @property({ attribute: false }) opened!: Opened;

  override render(): TemplateResult {
    return html``;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-call": ConsoleCall;
  }
}
