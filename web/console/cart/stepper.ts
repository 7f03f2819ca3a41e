/** `<cart-stepper .step=${"shipping"} .failed=${...}>`: where in the checkout the customer is, as a short row; what failed is said at its place. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { LocaleController } from "../../text/texts";
import "../../ui/icon";
import { base } from "../../ui/tokens";
import { worded } from "../customer/texts";
import { t } from "../customer/texts";
import { STEPS, type Step } from "./changes";

@customElement("cart-stepper")
export class CartStepper extends LitElement {
  static override styles = [
    base,
    css`
      ol {
        display: flex;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        flex: 1;
        position: relative;
        display: grid;
        justify-items: center;
        min-inline-size: 0;
      }
      li:not(:first-child)::before {
        content: "";
        position: absolute;
        inset-block-start: 9px;
        inset-inline: calc(-50% + 13px) calc(50% + 13px);
        border-block-start: 2px solid var(--line-strong);
      }
      li.passed:not(:first-child)::before,
      li[aria-current]:not(:first-child)::before {
        border-color: var(--accent);
      }
      .dot {
        display: grid;
        place-content: center;
        inline-size: 20px;
        block-size: 20px;
        border: 2px solid var(--line-strong);
        border-radius: 50%;
        background: var(--raised);
        --icon-size: 12px;
      }
      .passed .dot {
        border-color: var(--accent);
        background: var(--accent);
        color: var(--on-accent);
      }
      [aria-current] .dot {
        border-color: var(--accent);
        box-shadow: inset 0 0 0 3px var(--raised);
        background: var(--accent);
      }
      .failed .dot {
        border-color: var(--danger);
        background: var(--danger);
        color: var(--on-danger);
        box-shadow: none;
      }
      p {
        margin: 6px 0 0;
        font: 600 var(--text-13) / 1.4 var(--font);
      }
      p.failed {
        color: var(--danger);
      }
    `,
  ];

  @property() step: Step = "cart";
  @property({ type: Boolean }) failed = false;
  protected readonly words = new LocaleController(this);

  override render(): TemplateResult {
    const at = STEPS.indexOf(this.step);
    return html`
      <ol aria-label=${t("step.label")}>
      ${STEPS.map((step, index) => {
        const passed = index < at || this.step === "done";
        const here = step === this.step;
        const failed = here && this.failed;
        return html`<li class="${passed ? "passed" : ""} ${failed ? "failed" : ""}" aria-current=${here ? "step" : nothing}>
          <div class="dot">${failed ? html`<tresen-ui-icon name="x"></tresen-ui-icon>` : passed ? html`<tresen-ui-icon name="check"></tresen-ui-icon>` : nothing}</div>
          <span class="unseen">${worded("step", step)}</span>
        </li>`;
      })}
      </ol>
      <p class=${this.failed ? "failed" : ""} aria-hidden="true">${worded("step", this.step)}</p>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "cart-stepper": CartStepper;
  }
}
