/**
 * `<tresen-cart-bar .app>`: as long as a rep may see the cart, it says so, what else they may do, until when, and stops it at a press. Below it what
 * they suggest and what they have changed. Shows nothing otherwise.
 */
import { LitElement, css, html, nothing, type TemplateResult, type PropertyValues } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { Watch } from "../../protocol";
import { clock } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/icon";
import "../../ui/strip";
import { base } from "../../ui/tokens";
import "../../ui/icons-more";
import type { App } from "../app";
import { nameOf } from "../call/states";
import { callStyles } from "../call/styles";
import { t } from "../call/texts";
import { who } from "../call/words";
import "./suggestion";
import { cartViewOf, type CartView } from "./view";
import { allowedWords, changeWords, resultWords } from "./words";

@customElement("tresen-cart-bar")
export class TresenCartBar extends LitElement {
  static override styles = [
    base,
    callStyles,
    css`
      .bar {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        padding: var(--space-2) var(--space-3);
        background: var(--accent-ground);
        border-block-end: 1px solid var(--line);
        font-size: var(--text-13);
      }
      .bar > div {
        flex: 1;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      .bar > tresen-ui-icon {
        color: var(--accent-text);
        --icon-size: 20px;
      }
      .bar.hidden {
        background: var(--sunken);
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<CartView>(this);
  private view!: CartView;

  /** Not when it is connected: an element that was on the page before its code gets its properties later. */
  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("app")) {
      this.view = cartViewOf(this.app);
      this.watch.value = this.view;
    }
  }

  private get name(): string {
    const id = this.view.repId ?? this.app.rep?.id;
    return who(nameOf(this.app.log?.entries ?? [], id) || (id === this.app.rep?.id ? (this.app.rep?.name ?? "") : ""));
  }

  private async stop(): Promise<void> {
    if (await this.view.stop()) this.app.notice(t("bar.stopped"), "success");
  }

  override render(): TemplateResult | typeof nothing {
    const { view } = this;
    if (!this.app.log) return nothing;
    const changes = view.changes;
    return html`
      ${view.until ? this.bar(view.until) : nothing}
      ${repeat(view.pending, (each) => each.id, (each) => html`<tresen-cart-suggestion .app=${this.app} .suggestion=${each}></tresen-cart-suggestion>`)}
      ${changes.map(
        (change) =>
          html`<tresen-ui-strip icon="shopping-cart" class="change"
            >${changeWords(change)}
            <tresen-ui-button slot="action" size="small" class="undo" ?busy=${view.busy} @click=${() => view.undo(change)}>${t("change.undo")}</tresen-ui-button>
            <tresen-ui-button slot="action" size="small" kind="quiet" class="seen" @click=${() => view.approve()}>${t("change.seen")}</tresen-ui-button>
          </tresen-ui-strip>`,
      )}
      ${view.result
        ? html`<tresen-ui-strip id="result" tone=${view.result.kind === "accepted" || view.result.kind === "undone" ? "success" : "neutral"} icon="info" dismissible @dismiss=${() => view.approve()}
            >${resultWords(view.result, view.cart)}</tresen-ui-strip
          >`
        : nothing}
    `;
  }

  private bar(until: string): TemplateResult {
    const { view, name } = this;
    const paying = view.paying;
    return html`<section class="bar ${paying ? "hidden" : ""}" aria-label=${t("bar.sees", { name })}>
      <tresen-ui-icon name=${paying ? "eye-off" : "eye"}></tresen-ui-icon>
      <div role="status">
        <strong>${t(paying ? "bar.payment" : "bar.sees", { name })}</strong>
        <span class="quiet">${paying ? t("bar.payment.hint") : `${allowedWords(view.scopes)} ${t("bar.until", { time: clock(until) })}`}</span>
      </div>
      <tresen-ui-button size="small" id="stop" label=${t("bar.stop.label")} @click=${this.stop}>${t("bar.stop")}</tresen-ui-button>
    </section>`;
  }
}
