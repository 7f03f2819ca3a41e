/** `<tresen-csat>`: how it was, in five steps and, if one likes, in words. May be skipped. */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/field";
import type { Field } from "../../ui/field";
import "../../ui/icon";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { t } from "../words";
import { view } from "./view.css";

const STEPS = [1, 2, 3, 4, 5] as const;

@customElement("tresen-csat")
export class Csat extends LitElement {
  static override styles = [
    base,
    view,
    css`
      fieldset {
        margin: 0;
        padding: 0;
        border: 0;
      }
      legend {
        padding: 0;
      }
      .steps {
        display: flex;
        justify-content: space-between;
        gap: 4px;
      }
      label {
        position: relative;
        flex: 1;
        display: grid;
        justify-items: center;
        gap: 4px;
        padding: 10px 2px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--raised);
        color: var(--grey-control);
        cursor: pointer;
        --icon-size: 26px;
      }
      label:hover,
      label.on {
        border-color: var(--accent-text);
        color: var(--accent-text);
      }
      label.on {
        background: var(--accent-ground);
      }
      label.on tresen-ui-icon {
        fill: currentColor;
      }
      input {
        position: absolute;
        inset: 0;
        opacity: 0;
        margin: 0;
        cursor: pointer;
      }
      label:has(:focus-visible) {
        outline: 2px solid var(--focus);
        outline-offset: 2px;
      }
      .said {
        min-block-size: 1.5em;
        margin-block: 8px 0;
        text-align: center;
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @query("tresen-ui-field") private readonly comment!: Field;
  @state() private score = 0;
  @state() private busy = false;
  @state() private done = false;
  protected readonly words = new LocaleController(this);

  focusFirst(): void {
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>("input, tresen-ui-button")?.focus());
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (!this.score || !this.app.log) return;
    this.busy = true;
    try {
      await this.app.link.ask("conversation.rate", { conversation_id: this.app.log.id, score: this.score, comment: this.comment.value.trim() });
      this.done = true;
      this.focusFirst();
    } catch (error) {
      this.app.report(error);
    }
    this.busy = false;
  }

  override render(): TemplateResult {
    const { app } = this;
    // It is nobody's any more once it is closed: whoever spoke last.
    const by = app.log?.messages.findLast((message) => message.actor.kind === "rep")?.actor.name;
    if (this.done)
      return html`<div class="stack" role="status">
        <h2>${t("csat.thanks")}</h2>
        <tresen-ui-button wide kind="primary" @click=${() => app.leaveConversation()}>${t("conversation.new")}</tresen-ui-button>
        <tresen-ui-button wide kind="quiet" @click=${() => app.show("chat")}>${t("csat.read")}</tresen-ui-button>
      </div>`;
    return html`
      <form @submit=${(event: Event) => void this.submit(event)}>
        <fieldset>
          <legend><h2>${by ? t("csat.title_name", { name: by }) : t("csat.title")}</h2></legend>
          <div class="steps">
            ${STEPS.map(
              (step) => html`<label class=${step <= this.score ? "on" : ""}>
                <input type="radio" name="score" value=${step} .checked=${step === this.score} aria-label=${t(`csat.${step}`)} @change=${() => (this.score = step)} />
                <tresen-ui-icon name="star"></tresen-ui-icon>
              </label>`,
            )}
          </div>
          <p class="said" role="status">${this.score ? t(`csat.${this.score as 1}`) : ""}</p>
        </fieldset>
        <tresen-ui-field type="textarea" name="comment" label=${t("csat.comment")} rows="3" maxlength="2000"></tresen-ui-field>
        <tresen-ui-button wide kind="primary" type="submit" ?busy=${this.busy} ?disabled=${!this.score}>${t("csat.send")}</tresen-ui-button>
        <tresen-ui-button wide kind="quiet" @click=${() => app.show("chat")}>${t("csat.skip")}</tresen-ui-button>
      </form>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-csat": Csat;
  }
}
