/** `<console-quick-replies>`: up to five answers that the customer can give by one touch. `given` carries `detail.labels`. */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import "../ui/button";
import type { Dialog } from "../ui/dialog";
import "../ui/dialog";
import type { Field } from "../ui/field";
import "../ui/field";
import { base } from "../ui/tokens";
import { t } from "./texts";

const REPLIES = 5;
const LABEL_MOST = 80;

@customElement("console-quick-replies")
export class ConsoleQuickReplies extends LitElement {
  static override styles = [
    base,
    css`
      form {
        display: grid;
        gap: var(--space-3);
      }
      p {
        margin: 0;
        color: var(--grey-text);
      }
    `,
  ];

  @state() private labels: string[] = [];
  @query("tresen-ui-dialog") private readonly dialog!: Dialog;

  protected readonly words = new LocaleController(this);

  show(labels: readonly string[]): void {
    this.labels = [...labels];
    this.requestUpdate();
    void this.updateComplete.then(() => this.dialog.show());
  }

  private give(event?: Event): void {
    event?.preventDefault();
    const fields = [...this.renderRoot.querySelectorAll<Field>("tresen-ui-field")];
    const labels = [...new Set(fields.map((field) => field.value.trim()).filter(Boolean))];
    this.dispatchEvent(new CustomEvent("given", { detail: { labels } }));
    this.dialog.close("given");
  }

  override render(): TemplateResult {
    return html`<tresen-ui-dialog heading=${t("composer.replies")}>
      <form novalidate @submit=${this.give}>
        <p>${t("replies.hint")}</p>
        ${Array.from({ length: REPLIES }, (_, index) => html`<tresen-ui-field label=${t("replies.one", { number: index + 1 })} .value=${this.labels[index] ?? ""} maxlength=${LABEL_MOST}></tresen-ui-field>`)}
      </form>
      <tresen-ui-button slot="footer" @click=${() => this.dialog.close()}>${t("cancel")}</tresen-ui-button>
      <tresen-ui-button slot="footer" kind="primary" @click=${() => this.give()}>${t("replies.take")}</tresen-ui-button>
    </tresen-ui-dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-quick-replies": ConsoleQuickReplies;
  }
}
