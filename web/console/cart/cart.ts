/**
 * `<console-cart .opened .shopper>`: the customer's cart and checkout beside the conversation, live.
 *
 * What the customer has not allowed is not there: a state of its own says so, with the way to ask. Whatever the rep does without the
 * customer's grant becomes a suggestion, for which they give a reason first.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Watch, newId, type Cart } from "../../protocol";
import { ago, clock, duration, money } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/badge";
import "../../ui/button";
import "../../ui/empty";
import "../../ui/field";
import type { Field } from "../../ui/field";
import "../../ui/skeleton";
import "../../ui/strip";
import { base } from "../../ui/tokens";
import { refusal } from "../customer/refusals";
import type { Shopper } from "../customer/shopper";
import { columnStyles } from "../customer/styles";
import { t, worded } from "../customer/texts";
import { called } from "../called";
import type { Opened } from "../opened";
import { changesOf, trouble, undoable, type Change, type Line, type Step } from "./changes";
import { attribution, lineFacts } from "./line";
import { ask, needs, operate, undo, type Operation } from "./operate";
import "./proposal";
import type { CartProposal } from "./proposal";
import "./search";
import type { CartSearch, Chosen } from "./search";
import type { CartSight } from "./sight";
import "./stepper";
import { cartStyles } from "./styles";
import "./suggestions";

/** A change that is older than this when it arrives is history, not news. */
const NEWS_MS = 15_000;

@customElement("console-cart")
export class ConsoleCart extends LitElement {
  static override styles = [base, columnStyles, cartStyles];

  @property({ attribute: false }) opened!: Opened;
  @property({ attribute: false }) shopper!: Shopper;
  @state() private busy = "";
  @query("cart-proposal") private readonly proposal?: CartProposal;
  @query("cart-search") private readonly finder?: CartSearch;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<Opened>(this);
  private readonly sight = new Watch<CartSight>(this);

  override willUpdate(): void {
    this.watch.value = this.opened;
    this.sight.value = this.opened.sight;
  }

  /** For the console's keys. */
  search(): void {
    this.finder?.focus();
  }

  async undo(): Promise<void> {
    const last = undoable(this.opened.log.entries, this.opened.app.me.id);
    if (last?.opId) await this.during("undo", () => undo(this.opened, last.opId!));
  }

  private get name(): string {
    return called(this.opened.name);
  }

  private async during(what: string, work: () => Promise<unknown>): Promise<void> {
    this.busy = what;
    try {
      await work();
    } finally {
      this.busy = "";
    }
  }

  /** At once where it is allowed, else by a suggestion with a reason. */
  private async act(operation: Operation, words: string): Promise<void> {
    if (this.opened.sight.may(needs(operation))) await this.during(operation.kind, () => operate(this.opened, operation));
    else this.proposal?.begin(operation, words);
  }

  private chosen({ detail: { product, variant } }: CustomEvent<Chosen>): void {
    const title = product.variants.length > 1 ? `${product.title}, ${variant.title}` : product.title;
    void this.act({ kind: "add_line", variant_id: variant.id, quantity: 1 }, t("suggest.add", { title, quantity: 1 }));
  }

  private async start(): Promise<void> {
    const { app, id, conversation } = this.opened;
    await this.during("start", () => app.attempt(() => app.link.ask("cart.create", { conversation_id: id, cart_id: newId("cart"), locale: conversation?.locale ?? "en", currency: "EUR" }), refusal));
    void this.opened.refresh();
    void this.opened.cart.refresh();
  }

  // --- what is not there

  private question(purpose: "cart_view" | "cart_edit"): TemplateResult {
    const question = this.opened.sight.question(purpose);
    const name = this.name;
    const said = question?.answer === "waiting" ? t("ask.waiting", { time: clock(question.at), name }) : question?.answer === "refused" ? t("ask.refused", { name }) : "";
    return html`${said ? html`<p role="status">${said}</p>` : nothing}
      <tresen-ui-button
        slot="actions"
        kind=${question?.answer === "waiting" || question?.answer === "refused" ? "plain" : "primary"}
        icon=${purpose === "cart_view" ? "eye" : "pencil"}
        ?busy=${this.busy === purpose}
        ?disabled=${!this.opened.open}
        @click=${() => void this.during(purpose, () => ask(this.opened, purpose))}
        >${t(question ? "ask.again" : `ask.${purpose}`)}</tresen-ui-button
      >`;
  }

  private absent(): TemplateResult | null {
    const { sight, cart } = this.opened;
    const name = this.name;
    if (!sight.known) return html`<section aria-busy="true"><tresen-ui-skeleton shape="row" lines="3"></tresen-ui-skeleton></section>`;
    if (sight.view === "paying") return html`<tresen-ui-empty icon="lock" heading=${t("cart.paying", { name })}>${t("cart.paying_text")}</tresen-ui-empty>`;
    if (sight.view === "hidden") return html`<tresen-ui-empty icon="eye-off" heading=${t("cart.hidden", { name })}>${t("cart.hidden_text")} ${this.question("cart_view")}</tresen-ui-empty>`;
    if (sight.view === "none" && sight.may("edit"))
      return html`<tresen-ui-empty icon="shopping-cart" heading=${t("cart.none", { name })}
        >${t("cart.none_text")}<tresen-ui-button slot="actions" kind="primary" icon="plus" ?busy=${this.busy === "start"} @click=${() => void this.start()}>${t("cart.start")}</tresen-ui-button></tresen-ui-empty
      >`;
    if (sight.view === "none") return html`<tresen-ui-empty icon="shopping-cart" heading=${t("cart.none", { name })}>${t("cart.none_ask")} ${this.question("cart_edit")}</tresen-ui-empty>`;
    if (cart.value) return null;
    return cart.problem
      ? html`<tresen-ui-empty icon="circle-alert" tone="danger" heading=${t("cart.unread")}
          >${refusal(cart.problem)}<tresen-ui-button slot="actions" icon="refresh-cw" @click=${() => void cart.refresh()}>${t("again")}</tresen-ui-button></tresen-ui-empty
        >`
      : html`<section aria-busy="true"><tresen-ui-skeleton shape="row" lines="3"></tresen-ui-skeleton></section>`;
  }

  // --- what is there

  private news(change: Change | undefined): TemplateResult {
    if (!change) return html`<p class="news" role="status"></p>`;
    const mine = change.who.id === this.opened.app.me.id;
    const name = mine ? t("line.you") : change.who.name || (change.who.kind === "customer" ? this.name : t("change.somebody"));
    const what = worded("change", change.what, t("change.other"), change.values);
    return html`<p class="news" role="status">
      <span><b>${name}</b>: ${what}${change.idea ? html` (${t("change.idea", { name: change.idea })})` : nothing}</span><span class="amount">${ago(change.at)}</span>
    </p>`;
  }

  private line(line: Line, fresh: ReadonlySet<string>, open: boolean): TemplateResult {
    const set = (quantity: number): void => void this.act({ kind: "set_quantity", line_id: line.id, quantity }, t("suggest.quantity", { title: line.title, quantity }));
    const remove = (): void => void this.act({ kind: "remove_line", line_id: line.id }, t("suggest.remove", { title: line.title }));
    return html`<li class=${fresh.has(line.id) ? "fresh" : ""} data-line=${line.id}>
      ${lineFacts(
        this.opened,
        line,
        html`<span class="quantity">
          ${open ? html`<tresen-ui-button size="small" kind="quiet" icon="minus" label=${t("line.less", { title: line.title })} ?disabled=${line.quantity < 2} @click=${() => set(line.quantity - 1)}></tresen-ui-button>` : nothing}
          <output aria-label=${t("line.quantity", { title: line.title })}>${open ? line.quantity : t("line.pieces", { count: line.quantity })}</output>
          ${open
            ? html`<tresen-ui-button size="small" kind="quiet" icon="plus" label=${t("line.more", { title: line.title })} @click=${() => set(line.quantity + 1)}></tresen-ui-button
                ><tresen-ui-button size="small" kind="quiet" icon="trash-2" label=${t("line.remove", { title: line.title })} @click=${remove}></tresen-ui-button>`
            : nothing}
        </span>`,
      )}
      <span class="below quiet">${attribution(this.opened, line)}</span>
    </li>`;
  }

  private codes(cart: Cart, open: boolean): TemplateResult {
    const direct = this.opened.sight.may("apply_code");
    const add = (event: Event): void => {
      event.preventDefault();
      const field = (event.target as HTMLFormElement).querySelector<Field>("tresen-ui-field")!;
      const code = field.value.trim().toUpperCase();
      if (!field.reportValidity() || !code) return;
      void this.act({ kind: "apply_code", code }, t("suggest.apply_code", { code }));
      field.value = "";
    };
    return html`<h4>${t("codes.heading")}</h4>
      <ul class="codes">
        ${cart.discount_codes.map(
          (each) => html`<li>
            <tresen-ui-badge icon="tag" tone=${each.applicable ? "success" : "warning"}>${each.code}</tresen-ui-badge>
            <span class="quiet">${each.applicable ? t("codes.counts") : worded("code_reason", each.reason, t("codes.not"))}</span>
            ${open ? html`<tresen-ui-button size="small" kind="quiet" icon="x" label=${t("codes.remove", { code: each.code })} @click=${() => void this.act({ kind: "remove_code", code: each.code }, t("suggest.remove_code", { code: each.code }))}></tresen-ui-button>` : nothing}
          </li>`,
        )}
      </ul>
      ${open
        ? html`<form class="add" @submit=${add} novalidate>
            <tresen-ui-field hide-label label=${t("codes.label")} placeholder=${t("codes.label")} maxlength="40" pattern="[A-Za-z0-9_-]{1,40}"></tresen-ui-field>
            <tresen-ui-button type="submit">${t(direct ? "codes.apply" : "search.suggest")}</tresen-ui-button>
          </form>`
        : nothing}`;
  }

  private shipping(cart: Cart, open: boolean): TemplateResult | typeof nothing {
    const selected = cart.shipping_options.find((each) => each.id === cart.selected_shipping);
    const place = cart.destination ? [cart.destination.postcode, cart.destination.country].filter(Boolean).join(" ") : "";
    const days = (each: Cart["shipping_options"][number]): string =>
      each.days_least === each.days_most ? duration(each.days_most * 86_400, "long") : t("shipping.days", { least: each.days_least, most: each.days_most });
    if (!cart.shipping_options.length) return html`<h4>${t("shipping.heading")}</h4><p class="quiet">${t("shipping.none")}</p>`;
    const choose = (event: Event): void => {
      const field = event.target as Field;
      const option = cart.shipping_options.find((each) => each.id === field.value);
      if (option && option.id !== cart.selected_shipping) void this.act({ kind: "set_shipping", option_id: option.id } as Operation, t("suggest.shipping", { option: option.title }));
      field.value = cart.selected_shipping ?? "";
    };
    return html`<div class="spread"><h4>${t("shipping.heading")}</h4>${place ? html`<span class="quiet">${place}</span>` : nothing}</div>
      ${open
        ? html`<tresen-ui-field
            type="select"
            hide-label
            label=${t("shipping.heading")}
            placeholder=${selected ? "" : t("shipping.choose")}
            .options=${cart.shipping_options.map((each) => ({ value: each.id, label: `${each.title} · ${money(each.price)} · ${days(each)}` }))}
            .value=${cart.selected_shipping ?? ""}
            @change=${choose}
          ></tresen-ui-field>`
        : html`<p>${selected ? `${selected.title} · ${money(selected.price)}` : t("shipping.unchosen")}</p>`}`;
  }

  private totals({ totals, taxes_included, selected_shipping }: Cart): TemplateResult {
    return html`<dl>
      <dt>${t("total.subtotal")}</dt>
      <dd class="amount">${money(totals.subtotal)}</dd>
      ${totals.discount.amount ? html`<dt>${t("total.discount")}</dt><dd class="amount">${money({ ...totals.discount, amount: -totals.discount.amount })}</dd>` : nothing}
      <dt>${t("total.shipping")}</dt>
      <dd class="amount">${selected_shipping === null ? "–" : totals.shipping.amount ? money(totals.shipping) : t("total.free")}</dd>
      <dt class="total">${t("total.total")}</dt>
      <dd class="amount total">${money(totals.total)}</dd>
      <dt class="quiet">${t(taxes_included ? "total.tax_in" : "total.tax_on")}</dt>
      <dd class="amount quiet">${money(totals.tax)}</dd>
    </dl>`;
  }

  private trouble(): TemplateResult | typeof nothing {
    const found = trouble(this.opened.log.entries);
    if (!found) return nothing;
    const help = found.what === "help";
    const reason = help ? "" : worded("payment_reason", found.reason);
    const words = help ? worded("help", found.reason, t("help.other")) : t(`trouble.${found.what as "declined" | "failed" | "expired"}`);
    return html`<tresen-ui-strip tone="warning" icon="triangle-alert">${words}${reason ? html` (${reason})` : nothing} · ${ago(found.at)}</tresen-ui-strip>`;
  }

  override render(): TemplateResult {
    const absent = this.absent();
    const { cart: followed, sight, conversation } = this.opened;
    const cart = absent ? null : followed.value;
    // A suggestion tells the rep nothing of the cart, so it may be made without seeing it.
    const unseen = sight.known && (sight.view === "hidden" || sight.view === "open") && Boolean(conversation?.cart_id);
    const open = cart ? cart.status === "open" : unseen;
    // One place for the search, whatever comes and goes around it: what somebody types into it stays.
    return html`
      ${cart ? this.above(cart, open) : absent}
      ${cart || open
        ? html`<section>
            ${open ? html`<cart-search .opened=${this.opened} ?direct=${sight.may("edit")} @choose=${(event: CustomEvent<Chosen>) => this.chosen(event)}></cart-search>` : nothing}<cart-suggestions .opened=${this.opened} .shopper=${this.shopper}></cart-suggestions>
          </section>`
        : nothing}
      ${cart ? html`<section>${this.codes(cart, open)}</section><section>${this.shipping(cart, open)}</section>` : nothing}
      <cart-proposal .opened=${this.opened}></cart-proposal>
    `;
  }

  private above(cart: Cart, open: boolean): TemplateResult {
    const { sight, log } = this.opened;
    const last = changesOf(log.entries).at(-1);
    const fresh = last && Date.now() - Date.parse(last.at) < NEWS_MS ? last.lines : new Set<string>();
    const mine = undoable(log.entries, this.opened.app.me.id);
    const failed = /^(declined|failed|expired)$/.test(trouble(log.entries)?.what ?? "");
    return html`
      ${this.trouble()}
      <section><cart-stepper step=${cart.checkout_step as Step} ?failed=${failed}></cart-stepper></section>
      <section aria-label=${t("cart.lines")}>
        <div class="spread">
          ${this.news(last)}
          ${open && mine && sight.may(mine.what.endsWith("_code") ? "apply_code" : "edit")
            ? html`<tresen-ui-button size="small" kind="quiet" icon="undo-2" ?busy=${this.busy === "undo"} @click=${() => void this.undo()}>${t("undo")}</tresen-ui-button>`
            : nothing}
        </div>
        ${cart.lines.length
          ? html`<ul class="lines">${cart.lines.map((line) => this.line(line, fresh, open))}</ul>`
          : html`<tresen-ui-empty icon="shopping-cart" heading=${t("cart.empty")}>${t("cart.empty_text")}</tresen-ui-empty>`}
      </section>
      ${cart.lines.length ? html`<section>${this.totals(cart)}</section>` : nothing}
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-cart": ConsoleCart;
  }
}
