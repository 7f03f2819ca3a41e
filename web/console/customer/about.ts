/** `<customer-about .opened .shopper>`: what is known of the customer: consents, notes, earlier conversations, attributes signed and said. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Watch, newId } from "../../protocol";
import { day, moment } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/badge";
import type { Tone } from "../../ui/badge";
import "../../ui/button";
import "../../ui/empty";
import "../../ui/field";
import type { Field } from "../../ui/field";
import "../../ui/row";
import "../../ui/skeleton";
import { base } from "../../ui/tokens";
import type { Opened } from "../opened";
import { allowances, others, type Allowed } from "./facts";
import { refusal } from "./refusals";
import type { Shopper } from "./shopper";
import { columnStyles } from "./styles";
import { t, worded } from "./texts";

const TONES: Record<Allowed["state"], Tone> = { granted: "success", revoked: "neutral", expired: "neutral", asked: "accent", refused: "warning" };
const NOTE_MOST = 4000;

@customElement("customer-about")
export class CustomerAbout extends LitElement {
  static override styles = [
    base,
    columnStyles,
    css`
      li.spread {
        padding-block: 4px;
      }
      .note {
        padding: 8px 12px;
        margin-block-end: 8px;
        border-radius: var(--radius);
        background: var(--warning-ground);
        white-space: pre-wrap;
      }
      .stars {
        white-space: nowrap;
      }
      form {
        margin-block-start: 8px;
      }
      .facts dd {
        text-align: end;
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @property({ attribute: false }) shopper!: Shopper;
  @state() private busy = false;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<Shopper>(this);
  private readonly conversation = new Watch<Opened>(this);

  override willUpdate(): void {
    this.watch.value = this.shopper;
    this.conversation.value = this.opened;
  }

  private async note(event: Event): Promise<void> {
    event.preventDefault();
    const field = (event.target as HTMLFormElement).querySelector<Field>("tresen-ui-field")!;
    const text = field.value.trim();
    if (!text || this.busy) return;
    this.busy = true;
    const { app, id } = this.opened;
    const kept = await app.attempt(() => app.link.ask("conversation.note", { conversation_id: id, id: newId("note"), text }), refusal);
    if (kept) field.value = "";
    this.busy = false;
  }

  private consents(): TemplateResult {
    const all = allowances(this.shopper.consents.value ?? [], this.opened.log.entries, this.opened.id, Date.now());
    return html`<h3>${t("consents.heading")}</h3>
      ${all.length
        ? html`<ul>
            ${all.map(
              (each) => html`<li class="spread">
                <span>${worded("purpose", each.purpose)}</span>
                <span><tresen-ui-badge tone=${TONES[each.state]}>${worded("consent", each.state)}</tresen-ui-badge></span>
                <span class="quiet">${each.state === "granted" && each.until ? t("consents.until", { time: moment(each.until) }) : t("consents.since", { time: moment(each.at) })}</span>
              </li>`,
            )}
          </ul>`
        : html`<p class="quiet">${t("consents.none")}</p>`}`;
  }

  private notes(): TemplateResult {
    const notes = this.opened.log.entries.filter((entry) => entry.type === "note.created" && typeof entry.data["text"] === "string");
    return html`<h3>${t("notes.heading")}</h3>
      ${notes.map((entry) => html`<div class="note">${entry.data["text"] as string}<div class="quiet">${entry.actor.name} · ${moment(entry.at)}</div></div>`)}
      <form @submit=${(event: Event) => void this.note(event)} novalidate>
        <tresen-ui-field type="textarea" label=${t("notes.label")} hint=${t("notes.hint")} maxlength=${NOTE_MOST}></tresen-ui-field>
        <div class="actions"><tresen-ui-button type="submit" icon="sticky-note" ?busy=${this.busy}>${t("notes.add")}</tresen-ui-button></div>
      </form>`;
  }

  private history(): TemplateResult {
    const { value, problem } = this.shopper.history;
    const scored = this.opened.conversation?.csat_score;
    return html`<h3>${t("history.heading")}</h3>
      ${scored ? html`<p class="spread"><span>${t("history.this")}</span>${this.stars(scored)}</p>` : nothing}
      ${!value
        ? problem
          ? html`<p class="quiet">${refusal(problem)}</p>`
          : html`<tresen-ui-skeleton shape="row" lines="2" aria-busy="true"></tresen-ui-skeleton>`
        : value.length
          ? html`<ul>
              ${value.map(
                (each) => html`<li>
                  <tresen-ui-row interactive @choose=${() => this.opened.app.show(each.id)}>
                    <span slot="title">${day(each.created_at)}</span>
                    <span slot="detail">${worded("channel", each.channel)} · ${worded("status", each.status)}</span>
                    ${each.csat_score ? html`<span slot="meta">${this.stars(each.csat_score)}</span>` : nothing}
                  </tresen-ui-row>
                </li>`,
              )}
            </ul>`
          : html`<p class="quiet">${t("history.none")}</p>`}`;
  }

  private stars(score: number): TemplateResult {
    return html`<tresen-ui-badge icon="star" tone=${score >= 4 ? "success" : score === 3 ? "neutral" : "warning"}>${t("history.score", { score })}</tresen-ui-badge>`;
  }

  private traits(): TemplateResult | typeof nothing {
    const customer = this.shopper.customer.value;
    if (!customer) return nothing;
    const part = (heading: string, pairs: [string, string][]): TemplateResult | typeof nothing =>
      pairs.length ? html`<h4>${heading}</h4><dl class="facts">${pairs.map(([name, value]) => html`<dt class="quiet">${name}</dt><dd>${value}</dd>`)}</dl>` : nothing;
    const signed = others(customer.attributes);
    const said = others(customer.unverified_attributes);
    return signed.length || said.length ? html`<section>${part(t("facts.signed"), signed)}${part(t("facts.said"), said)}</section>` : nothing;
  }

  override render(): TemplateResult {
    return html`<section>${this.notes()}</section>
      <section>${this.consents()}</section>
      <section>${this.history()}</section>
      ${this.traits()}`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "customer-about": CustomerAbout;
  }
}
