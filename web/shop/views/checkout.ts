/** The checkout in three steps: where to, how it gets there, by which card. Each step is the cart's own, so a rep who may look sees it. */
import { html, nothing, type TemplateResult } from "lit";
import { money } from "../../text/formats";
import { locale } from "../../text/texts";
import type { Address, Cart } from "../backend";
import { button } from "../parts/button";
import { choice, complete, field } from "../parts/field";
import { icon } from "../parts/icon";
import { go, STEPS, type Step } from "../route";
import { address, change, keepAddress, pay, shown } from "../state";
import { t } from "../texts";
import { summary } from "./cart";
import { helpButton } from "./frame";
import { days } from "./product";

/** Where the shop delivers. */
const COUNTRIES = ["DE", "AT", "FR", "NL", "PL", "RO", "GR", "PT", "ES", "IT", "BR"];
/** The demonstration's cards: no number is asked for, as nothing is charged. */
const CARDS = ["accepted", "declined", "expired"] as const;

const STEP_NAMES = { address: "step.address", delivery: "step.delivery", payment: "step.payment" } as const;

function progress(at: Step): TemplateResult {
  const reached = STEPS.indexOf(at);
  return html`<ol class="progress" aria-label=${t("checkout.steps")}>
    ${STEPS.map(
      (step, index) => html`<li class=${index < reached ? "done" : ""} aria-current=${step === at ? "step" : nothing}>
        ${index < reached ? html`<a href="/checkout/${step}">${t(STEP_NAMES[step])}</a>` : html`<span>${t(STEP_NAMES[step])}</span>`}
      </li>`,
    )}
  </ol>`;
}

async function addressed(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  if (!complete(form)) return;
  const typed = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()])) as unknown as Address;
  keepAddress(typed);
  const postcode = typed.postcode.replace(/[^A-Za-z0-9 -]/g, "").slice(0, 12);
  const to = shown.cart?.destination;
  if ((to?.country !== typed.country || to.postcode !== postcode) && !(await change({ kind: "set_shipping", destination: { country: typed.country, postcode } }))) return;
  go("/checkout/delivery");
}

function addressStep(): TemplateResult {
  const known = address();
  const countries = new Intl.DisplayNames([locale().tag], { type: "region" });
  const options = COUNTRIES.map((value) => ({ value, label: countries.of(value) ?? value }));
  return html`<form class="steps" novalidate @submit=${addressed}>
    <h2>${t("step.address")}</h2>
    ${field({ name: "name", label: t("name"), value: known.name, autocomplete: "name", most: 200 })}
    ${field({ name: "email", label: t("email"), value: known.email, type: "email", autocomplete: "email", most: 254 })}
    ${field({ name: "street", label: t("street"), value: known.street, autocomplete: "street-address", most: 200 })}
    <div class="pair">
      ${field({ name: "postcode", label: t("postcode"), value: known.postcode, autocomplete: "postal-code", most: 12 })}
      ${field({ name: "city", label: t("city"), value: known.city, autocomplete: "address-level2", most: 200 })}
    </div>
    ${choice("country", t("country"), options, known.country, "country")}
    <div class="onward">${button(t("onward.delivery"), { kind: "primary", size: "large", submit: true, busy: shown.busy })}${helpButton("address")}</div>
  </form>`;
}

function deliveryStep(cart: Cart): TemplateResult {
  const onward = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (cart.selected_shipping) go("/checkout/payment");
  };
  return html`<form class="steps" @submit=${onward}>
    <h2>${t("step.delivery")}</h2>
    ${cart.shipping_options.length === 0
      ? html`<p>${t("delivery.none")}</p>`
      : html`<fieldset class="choices">
          <legend class="away">${t("step.delivery")}</legend>
          ${cart.shipping_options.map(
            (option) => html`<label class="choice">
              <input type="radio" name="option" value=${option.id} required .checked=${option.id === cart.selected_shipping} @change=${() => change({ kind: "set_shipping", option_id: option.id })} />
              <span><strong>${option.title}</strong><span class="quiet">${days(option)}</span></span><span>${money(option.price)}</span>
            </label>`,
          )}
        </fieldset>`}
    <div class="onward">
      ${button(t("onward.payment"), { kind: "primary", size: "large", submit: true, busy: shown.busy, off: !cart.selected_shipping })}${helpButton("delivery")}
    </div>
  </form>`;
}

function paymentStep(cart: Cart): TemplateResult {
  const paying = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const placed = await pay(String(new FormData(event.target as HTMLFormElement).get("card")));
    if (placed) go(`/orders/${encodeURIComponent(placed.id)}?new`);
    else document.querySelector<HTMLElement>(".status")?.scrollIntoView({ block: "center" });
  };
  return html`<form class="steps" @submit=${paying}>
    <h2>${t("step.payment")}</h2>
    <fieldset class="choices">
      <legend>${t("card")}</legend>
      ${CARDS.map(
        (card, index) => html`<label class="choice">
          <input type="radio" name="card" value=${card} ?checked=${index === 0} />
          <span><strong>${t(`card.${card}`)}</strong><span class="quiet">${t(`card.${card}.hint`)}</span></span>${icon("card")}
        </label>`,
      )}
    </fieldset>
    <p class="quiet">${icon("shield")} ${t("payment.demo")}</p>
    <div class="onward">
      ${button(t("pay", { price: money(cart.totals.total) }), { kind: "primary", size: "large", icon: "lock", submit: true, busy: shown.busy, off: !cart.selected_shipping })}
      ${helpButton("payment")}
    </div>
  </form>`;
}

export function checkout(step: Step, cart: Cart | null): TemplateResult {
  if (!cart || cart.lines.length === 0) return html`<section class="calm"><h1>${t("cart.empty")}</h1><a class="go" href="/">${t("all")}</a></section>`;
  const body = step === "address" ? addressStep() : step === "delivery" ? deliveryStep(cart) : paymentStep(cart);
  return html`<h1>${t("checkout")}</h1>${progress(step)}
    <div class="two"><div>${body}</div>${summary(cart)}</div>`;
}
