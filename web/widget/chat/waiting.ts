/** `<tresen-waiting>`: what can be done while nobody is there yet: wait on, be called back, leave a message. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { moment } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import { Watch } from "../../protocol";
import "../../ui/button";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { placeWords } from "../panel/header";
import { t } from "../words";

@customElement("tresen-waiting")
export class Waiting extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      section {
        display: grid;
        gap: 8px;
        padding: 10px 14px;
        border-block-start: 1px solid var(--line);
        background: var(--sunken);
        font: var(--text-13) / 1.45 var(--font);
      }
      p {
        margin: 0;
        font-variant-numeric: tabular-nums;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<App>(this);

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.app;
  }

  private async act(name: "queue.keep_waiting" | "queue.leave"): Promise<void> {
    try {
      await this.app.onPlace(name);
    } catch (error) {
      this.app.report(error);
    }
  }

  override render(): TemplateResult | typeof nothing {
    const { app } = this;
    const { place } = app;
    if (!place && app.away && !app.closed)
      return html`<section>
        <p>${app.opensAt ? t("away.opens", { time: moment(app.opensAt) }) : t("away.message")}</p>
        <div class="acts"><tresen-ui-button size="small" icon="mail" @click=${() => app.show("offline")}>${t("away.leave")}</tresen-ui-button></div>
      </section>`;
    if (!place) return nothing;
    if (place.callback_offered && !place.callback)
      return html`<section role="status">
        <p>${t("callback.offer")}</p>
        <div class="acts">
          <tresen-ui-button size="small" kind="primary" icon="phone-call" @click=${() => app.show("callback")}>${t("callback")}</tresen-ui-button>
          <tresen-ui-button size="small" @click=${() => void this.act("queue.keep_waiting")}>${t("callback.wait")}</tresen-ui-button>
          <tresen-ui-button size="small" kind="quiet" @click=${() => app.show("offline")}>${t("away.leave")}</tresen-ui-button>
        </div>
      </section>`;
    return html`<section>
      <p>${placeWords(place)}</p>
      ${place.callback ? html`<div class="acts"><tresen-ui-button size="small" @click=${() => void this.act("queue.keep_waiting")}>${t("callback.wait")}</tresen-ui-button></div>` : nothing}
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-waiting": Waiting;
  }
}
