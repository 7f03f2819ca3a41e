/**
 * `<tresen-consents .app>`: one question of consent at a time, in plain words: what, who, for how long, and that it can be stopped. No is as large
 * as yes. Shows nothing while nothing is asked.
 */
import { LitElement, css, html, nothing, type TemplateResult, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Watch } from "../../protocol";
import { duration } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/icon";
import type { IconName } from "../../ui/icon";
import { base } from "../../ui/tokens";
import "../../ui/icons-more";
import type { App } from "../app";
import { callingOf, type Calling } from "../call/calling";
import { callStyles } from "../call/styles";
import { t } from "../call/texts";
import { who } from "../call/words";
import { cartViewOf, type CartView } from "../cart/view";
import { agree, refuse } from "./asking";
import { GRANT_S, SCOPES, questions, type Purpose, type Question } from "./questions";

const ICONS: Record<Purpose, IconName> = {
  recording: "circle-dot",
  cart_view: "eye",
  cart_suggest: "shopping-cart",
  cart_edit: "shopping-cart",
  apply_code: "tag",
  place_order: "package",
  transcript_mail: "file-text",
  marketing: "file-text",
};

@customElement("tresen-consents")
export class TresenConsents extends LitElement {
  static override styles = [
    base,
    callStyles,
    css`
      .card {
        border-block: 1px solid var(--line);
        background: var(--accent-ground);
      }
      .head > tresen-ui-icon {
        --icon-size: 22px;
        color: var(--accent-text);
      }
      .actions > * {
        flex: 1 1 9em;
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @state() private busy = false;
  protected readonly words = new LocaleController(this);
  private readonly watchApp = new Watch<App>(this);
  private readonly watchCart = new Watch<CartView>(this);
  private calling!: Calling;

  /** Not when it is connected: an element that was on the page before its code gets its properties later. */
  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("app")) {
      this.calling = callingOf(this.app);
      this.watchApp.value = this.app;
      this.watchCart.value = cartViewOf(this.app);
    }
  }

  /** The question that is asked now. */
  get question(): Question | null {
    const { app } = this;
    const view = cartViewOf(app);
    if (!app.log || !view.known) return null;
    const cart = app.cart?.value;
    const call = this.calling.call;
    const repId = call?.rep_id ?? app.rep?.id ?? null;
    const rep = repId ? { id: repId, name: this.calling.repName } : null;
    const inCall = this.calling.running;
    return questions({ entries: app.log.entries, cart: cart?.status === "open", rep, inCall, granted: view.scopes })[0] ?? null;
  }

  private async answer(work: typeof agree, question: Question, said: string): Promise<void> {
    this.busy = true;
    try {
      await work(this.app, question);
      this.app.notice(said, "info");
    } catch (error) {
      this.app.report(error);
    } finally {
      this.busy = false;
    }
  }

  override render(): TemplateResult | typeof nothing {
    const { question } = this;
    if (!question) return nothing;
    const { purpose } = question;
    const name = who(question.name);
    const long = SCOPES[purpose] ? t("consent.long", { time: duration(GRANT_S, "long") }) : purpose === "recording" ? t("consent.long.call") : t("consent.long.open");
    return html`
      <section class="card" role="region" aria-labelledby="asked" data-purpose=${purpose}>
        <div class="head">
          <tresen-ui-icon name=${ICONS[purpose]}></tresen-ui-icon>
          <div role="status"><h2 id="asked">${t(`consent.${purpose}`, { name })}</h2></div>
        </div>
        <p>${t(`consent.${purpose}.what`, { name })}</p>
        <p class="quiet">${t("consent.who", { name: this.audience(name) })}. ${long}</p>
        <div class="actions">
          <tresen-ui-button id="yes" ?busy=${this.busy} @click=${() => this.answer(agree, question, t("consent.given"))}>${t("consent.yes")}</tresen-ui-button>
          <tresen-ui-button id="no" ?busy=${this.busy} @click=${() => this.answer(refuse, question, t("consent.refused"))}>${t("consent.no")}</tresen-ui-button>
        </div>
      </section>
    `;
  }

  private audience(name: string): string {
    const shop = this.app.settings.name;
    return shop && shop !== name ? `${name}, ${shop}` : name;
  }
}
