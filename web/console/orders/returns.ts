/** `<order-returns .opened .order>`: what comes back of an order, from the wish to the shop's last word. */
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Followed, Watch, newId, type Order } from "../../protocol";
import { day } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/badge";
import "../../ui/button";
import "../../ui/dialog";
import "../../ui/field";
import type { Field } from "../../ui/field";
import { base } from "../../ui/tokens";
import { refusal } from "../customer/refusals";
import { columnStyles } from "../customer/styles";
import { t, worded } from "../customer/texts";
import type { Opened } from "../opened";
import { RETURN, left, nextOfReturn, returnable, type OrderReturn } from "./statuses";

const REASON_MOST = 1000;

@customElement("order-returns")
export class OrderReturns extends LitElement {
  static override styles = [
    base,
    columnStyles,
    css`
      li {
        padding-block: 6px;
      }
      :host([hidden]) {
        display: none;
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @property({ attribute: false }) order!: Order;
  @state() private asking = false;
  @state() private busy = "";
  @state() private wrong = "";
  protected readonly words = new LocaleController(this);
  private readonly returns = new Watch<Followed<OrderReturn[]>>(this);
  private returnId = "";

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("order") && changed.get("order")?.id === this.order.id && !changed.has("opened")) {
      void this.returns.value?.refresh();
      return;
    }
    if (!changed.has("order") && !changed.has("opened")) return;
    this.returns.value?.close();
    const id = this.order.id;
    this.returns.value = new Followed<OrderReturn[]>(
      this.opened.log,
      (entry) => (entry.type.startsWith("order.") ? "stale" : "nothing"),
      async () => (await this.opened.app.link.ask("return.list", { order_id: id })).data,
    );
    this.returns.value.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.returns.value?.close();
  }

  private async during(what: string, work: () => Promise<unknown>): Promise<boolean> {
    this.busy = what;
    const done = await this.opened.app.attempt(work, refusal);
    this.busy = "";
    if (done) await this.returns.value?.refresh();
    return done;
  }

  private begin(): void {
    this.returnId = newId("ret");
    this.wrong = "";
    this.asking = true;
  }

  private async send(event?: Event): Promise<void> {
    event?.preventDefault();
    const fields = [...this.renderRoot.querySelectorAll<Field>("tresen-ui-field")];
    if (this.busy || !fields.map((field) => field.reportValidity()).every(Boolean)) return;
    const lines = fields.filter((field) => field.name !== "reason" && Number(field.value) > 0).map((field) => ({ line_id: field.name, quantity: Number(field.value) }));
    if (!lines.length) {
      this.wrong = t("return.nothing");
      return;
    }
    const reason = fields.find((field) => field.name === "reason")!.value.trim();
    const done = await this.during("create", () => this.opened.app.link.ask("return.create", { order_id: this.order.id, return_id: this.returnId, lines, reason }));
    if (done) this.asking = false;
  }

  private one(each: OrderReturn): TemplateResult {
    const what = each.lines.map(({ line_id, quantity }) => `${quantity} × ${this.order.lines.find((line) => line.id === line_id)?.title ?? line_id}`);
    return html`<li>
      <div class="spread"><span>${what.join(", ")}</span><tresen-ui-badge tone=${RETURN[each.status] ?? "neutral"}>${worded("return_status", each.status)}</tresen-ui-badge></div>
      <p class="quiet">${day(each.created_at)} · ${each.reason}</p>
      <div class="actions">
        ${nextOfReturn(each).map(
          (event) => html`<tresen-ui-button size="small" kind=${event === "rejected" ? "danger" : "plain"} ?busy=${this.busy === each.id + event} @click=${() => void this.during(each.id + event, () => this.opened.app.link.ask("return.advance", { order_id: this.order.id, return_id: each.id, event }))}>${t(`return.${event}`)}</tresen-ui-button>`,
        )}
      </div>
    </li>`;
  }

  override render(): TemplateResult | typeof nothing {
    const all = this.returns.value?.value ?? [];
    const free = left(this.order, all);
    const more = returnable(this.order) && [...free.values()].some((pieces) => pieces > 0);
    if (!all.length && !more) return nothing;
    return html`<section>
      <h4>${t("return.heading")}</h4>
      ${all.length ? html`<ul>${all.map((each) => this.one(each))}</ul>` : nothing}
      ${more ? html`<tresen-ui-button size="small" icon="undo-2" @click=${() => this.begin()}>${t("return.begin")}</tresen-ui-button>` : nothing}
      <tresen-ui-dialog heading=${t("return.begin")} ?open=${this.asking} @close=${() => (this.asking = false)}>
        ${this.asking
          ? html`<form novalidate @submit=${(event: Event) => void this.send(event)}>
              ${this.order.lines
                .filter((line) => free.get(line.id))
                .map((line) => html`<tresen-ui-field type="number" inputmode="numeric" min="0" max=${free.get(line.id) ?? 0} step="1" name=${line.id} label=${line.title} hint=${t("return.most", { count: free.get(line.id) ?? 0 })} value="0"></tresen-ui-field>`)}
              <tresen-ui-field name="reason" type="textarea" required maxlength=${REASON_MOST} label=${t("return.reason")} .error=${this.wrong}></tresen-ui-field>
            </form>`
          : nothing}
        <tresen-ui-button slot="footer" @click=${() => (this.asking = false)}>${t("back")}</tresen-ui-button>
        <tresen-ui-button slot="footer" kind="primary" ?busy=${this.busy === "create"} @click=${() => void this.send()}>${t("return.begin")}</tresen-ui-button>
      </tresen-ui-dialog>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "order-returns": OrderReturns;
  }
}
