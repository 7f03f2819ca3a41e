/** `<tresen-offline>`: nobody is there. A message stays in the conversation, and an address is left for the answer. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { moment } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/field";
import type { Field } from "../../ui/field";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { t } from "../words";
import { view } from "./view.css";

@customElement("tresen-offline")
export class Offline extends LitElement {
  static override styles = [base, view];

  @property({ attribute: false }) app!: App;
  @query('tresen-ui-field[name="email"]') private readonly email!: Field;
  @query('tresen-ui-field[name="text"]') private readonly text!: Field;
  @state() private busy = false;
  @state() private sent = false;
  protected readonly words = new LocaleController(this);

  focusFirst(): void {
    void this.updateComplete.then(() => (this.text ?? this.renderRoot.querySelector<HTMLElement>("tresen-ui-button"))?.focus());
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const text = this.text.value.trim();
    this.text.error = text ? "" : t("offline.no_words");
    const email = this.email?.value.trim() ?? "";
    if (this.email) this.email.error = /^\S+@\S+\.\S+$/.test(email) ? "" : t("email.wrong");
    if (this.text.error || this.email?.error) return;
    this.busy = true;
    try {
      await this.app.leaveMessage(text, email);
      this.sent = true;
    } catch (error) {
      this.app.report(error);
    }
    this.busy = false;
  }

  override render(): TemplateResult {
    const { app } = this;
    if (this.sent)
      return html`<div class="stack" role="status">
        <h2>${t("offline.thanks")}</h2>
        <p>${t("offline.thanks_text")}</p>
        <tresen-ui-button wide @click=${() => app.show("chat")}>${t("offline.look")}</tresen-ui-button>
      </div>`;
    return html`
      <h2>${t("offline.title")}</h2>
      <p>${app.opensAt ? t("away.opens", { time: moment(app.opensAt) }) : nothing} ${t("offline.text")}</p>
      <form novalidate @submit=${(event: Event) => void this.submit(event)}>
        <tresen-ui-field label=${t("offline.words")} name="text" type="textarea" rows="4" maxlength="4000" required></tresen-ui-field>
        ${app.session?.verified ? nothing : html`<tresen-ui-field label=${t("email")} name="email" type="email" autocomplete="email" required></tresen-ui-field>`}
        <tresen-ui-button wide kind="primary" type="submit" ?busy=${this.busy}>${t("offline.send")}</tresen-ui-button>
      </form>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-offline": Offline;
  }
}
