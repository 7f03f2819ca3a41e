/** `<cart-proposal .opened>`: what the rep wants to suggest, with a reason in their own words, before it goes to the customer. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/dialog";
import "../../ui/field";
import type { Field } from "../../ui/field";
import { base } from "../../ui/tokens";
import { t } from "../customer/texts";
import { called } from "../called";
import type { Opened } from "../opened";
import { operate, type Operation } from "./operate";

const REASON_MOST = 500;
const QUANTITY_MOST = 999;

@customElement("cart-proposal")
export class CartProposal extends LitElement {
  static override styles = [
    base,
    css`
      form {
        display: grid;
        gap: 12px;
      }
      p {
        margin: 0;
        font-weight: 500;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @state() private operation: Operation | null = null;
  @state() private said = "";
  @state() private busy = false;
  @query("#reason") private readonly reason?: Field;
  @query("#quantity") private readonly quantity?: Field;
  protected readonly words = new LocaleController(this);

  begin(operation: Operation, words: string): void {
    this.operation = operation;
    this.said = words;
  }

  private async send(event?: Event): Promise<void> {
    event?.preventDefault();
    if (!this.operation || this.busy || this.quantity?.reportValidity() === false) return;
    this.busy = true;
    const quantity = Number(this.quantity?.value) || 1;
    const operation = "quantity" in this.operation ? { ...this.operation, quantity } : this.operation;
    const sent = await operate(this.opened, operation as Operation, this.reason?.value.trim() ?? "");
    this.busy = false;
    if (sent) this.operation = null;
  }

  override render(): TemplateResult {
    const { operation } = this;
    const name = called(this.opened.name);
    const counted = operation && "quantity" in operation;
    return html`<tresen-ui-dialog heading=${t("propose.heading", { name })} ?open=${operation !== null} @close=${() => (this.operation = null)}>
      ${operation
        ? html`<form @submit=${(event: Event) => void this.send(event)} novalidate>
            <p>${this.said}</p>
            ${counted ? html`<tresen-ui-field id="quantity" type="number" inputmode="numeric" min="1" max=${QUANTITY_MOST} step="1" required label=${t("propose.quantity")} value=${String(operation.quantity ?? 1)}></tresen-ui-field>` : nothing}
            <tresen-ui-field id="reason" type="textarea" label=${t("propose.reason")} hint=${t("propose.hint", { name })} maxlength=${REASON_MOST}></tresen-ui-field>
          </form>`
        : nothing}
      <tresen-ui-button slot="footer" @click=${() => (this.operation = null)}>${t("cancel")}</tresen-ui-button>
      <tresen-ui-button slot="footer" kind="primary" icon="send" ?busy=${this.busy} @click=${() => void this.send()}>${t("search.suggest")}</tresen-ui-button>
    </tresen-ui-dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "cart-proposal": CartProposal;
  }
}
