/** `<console-customer .opened>`: the place of the customer's column. */
import { LitElement, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Opened } from "../opened";

@customElement("console-customer")
export class ConsoleCustomer extends LitElement {
  @property({ attribute: false }) opened!: Opened;

  override render(): TemplateResult {
    return html``;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-customer": ConsoleCustomer;
  }
}
