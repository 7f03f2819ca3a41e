/** `<console-ring .app>`: the place of an incoming call, over everything. */
import { LitElement, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { App } from "../app";

@customElement("console-ring")
export class ConsoleRing extends LitElement {
  @property({ attribute: false }) app!: App;

  override render(): TemplateResult {
    return html``;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-ring": ConsoleRing;
  }
}
