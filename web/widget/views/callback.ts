/** `<tresen-callback>`: call me back, in the browser or on a telephone, without losing the place. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { LocaleController } from "../../text/texts";
import { Watch } from "../../protocol";
import "../../ui/button";
import "../../ui/field";
import type { Field } from "../../ui/field";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { placeWords } from "../panel/header";
import { t } from "../words";
import { view } from "./view.css";

/** As the server wants it: E.164. Spaces and the like are how people write it. */
const NUMBER = /^\+[1-9][0-9]{5,14}$/;
const clean = (number: string): string => number.replace(/[\s()./-]/g, "").replace(/^00/, "+");

@customElement("tresen-callback")
export class Callback extends LitElement {
  static override styles = [base, view];

  @property({ attribute: false }) app!: App;
  @query('tresen-ui-field[name="where"]') private readonly where!: Field;
  @query('tresen-ui-field[name="number"]') private readonly number!: Field;
  @state() private phone = false;
  @state() private busy = false;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<App>(this);

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.app;
  }

  focusFirst(): void {
    void this.updateComplete.then(() => (this.where ?? this.renderRoot.querySelector<HTMLElement>("tresen-ui-button"))?.focus());
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const number = this.phone ? clean(this.number.value) : undefined;
    if (number !== undefined && !NUMBER.test(number)) {
      this.number.error = t("callback.number_wrong");
      this.number.focus();
      return;
    }
    this.busy = true;
    try {
      await this.app.callBack(number);
    } catch (error) {
      this.app.report(error);
    }
    this.busy = false;
  }

  override render(): TemplateResult {
    const { app } = this;
    if (app.place?.callback)
      return html`<div class="stack" role="status">
        <h2>${t("callback.kept")}</h2>
        <p>${placeWords(app.place)}</p>
        <tresen-ui-button wide kind="primary" @click=${() => app.show("chat")}>${t("callback.chat")}</tresen-ui-button>
        <tresen-ui-button wide kind="quiet" @click=${() => void app.onPlace("queue.leave").catch((error: unknown) => app.report(error))}>${t("callback.cancel")}</tresen-ui-button>
      </div>`;
    return html`
      <h2>${t("callback")}</h2>
      <p>${t("callback.text")}</p>
      <form novalidate @submit=${(event: Event) => void this.submit(event)}>
        <tresen-ui-field
          type="select"
          name="where"
          label=${t("callback.where")}
          .options=${[
            { value: "browser", label: t("callback.browser") },
            { value: "phone", label: t("callback.phone") },
          ]}
          .value=${this.phone ? "phone" : "browser"}
          @change=${() => (this.phone = this.where.value === "phone")}
        ></tresen-ui-field>
        ${this.phone ? html`<tresen-ui-field type="tel" name="number" label=${t("callback.number")} hint=${t("callback.number_hint")} autocomplete="tel" required></tresen-ui-field>` : nothing}
        <tresen-ui-button wide kind="primary" icon="phone-call" type="submit" ?busy=${this.busy}>${t("callback.ask")}</tresen-ui-button>
      </form>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-callback": Callback;
  }
}
