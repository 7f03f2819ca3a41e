/** `<console-board .app>`: the place of the supervisor's board. */
import { LitElement, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { App } from "../app";

@customElement("console-board")
export class ConsoleBoard extends LitElement {
  @property({ attribute: false }) app!: App;

  override render(): TemplateResult {
    return html``;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-board": ConsoleBoard;
  }
}
