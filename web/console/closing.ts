/** `<console-closing .opened>`: ends a conversation, with how it went. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import "../ui/button";
import type { Dialog } from "../ui/dialog";
import "../ui/dialog";
import { base } from "../ui/tokens";
import { codesOf, type ConsoleCodes } from "./codes";
import "./codes";
import { close } from "./deeds";
import type { Opened } from "./opened";
import { t } from "./texts";

@customElement("console-closing")
export class ConsoleClosing extends LitElement {
  static override styles = [base];

  @property({ attribute: false }) opened!: Opened;
  @state() private shown = false;
  @state() private busy = false;
  @query("tresen-ui-dialog") private readonly dialog!: Dialog;
  @query("console-codes") private readonly codes!: ConsoleCodes;

  protected readonly words = new LocaleController(this);

  show(): void {
    this.shown = true;
    void this.updateComplete.then(async () => {
      this.dialog.show();
      await this.dialog.updateComplete;
      this.codes.focus();
    });
  }

  private async close(): Promise<void> {
    const { opened } = this;
    this.busy = true;
    const ticket = opened.ticketId;
    const done = await close(opened.app, opened, this.codes.code, this.codes.note.trim());
    this.busy = false;
    if (!done) return;
    if (ticket !== null && (this.codes.code || this.codes.note)) opened.app.desk.settle(ticket);
    this.dialog.close("done");
    opened.app.notice(t("closing.done"), "success");
  }

  private key(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void this.close();
  }

  override render(): TemplateResult {
    const { opened } = this;
    const queue = opened.places.find((each) => each.id === opened.ticketId)?.queue_id ?? null;
    return html`<tresen-ui-dialog heading=${t("closing.title")} @close=${() => (this.shown = false)} @keydown=${this.key}>
      ${this.shown ? html`<console-codes .codes=${codesOf(opened.app.desk, queue)}></console-codes>` : nothing}
      <tresen-ui-button slot="footer" @click=${() => this.dialog.close()}>${t("cancel")}</tresen-ui-button>
      <tresen-ui-button slot="footer" kind="primary" ?busy=${this.busy} @click=${() => void this.close()}>${t("closing.go")}</tresen-ui-button>
    </tresen-ui-dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-closing": ConsoleClosing;
  }
}
