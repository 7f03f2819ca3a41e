/** `<console-people .app .not=${[ids]} .chosen>`: the other reps, who is free first, with what they do; one can be chosen (`choose`, `detail.id`). */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { Watch } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/avatar";
import type { Presence } from "../../ui/avatar";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import type { Desk, RepView } from "../desk";
import { t } from "./texts";

const PRESENCE: Record<string, Presence> = { available: "online", away: "away", wrap_up: "busy", disconnected: "offline", offline: "offline" };
const ORDER = ["available", "wrap_up", "away", "disconnected", "offline"];
const WORDS = { available: "people.available", away: "people.away", wrap_up: "people.wrap_up", disconnected: "people.disconnected", offline: "people.offline" } as const;

const talks = (rep: RepView): boolean => (rep.load["voice"] ?? 0) + (rep.load["video"] ?? 0) > 0;
const rank = (rep: RepView): number => ORDER.indexOf(rep.status) + (talks(rep) ? ORDER.length : 0);

@customElement("console-people")
export class People extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        font: var(--text-14) / 1.4 var(--font);
      }
      fieldset {
        margin: 0;
        padding: 0;
        border: 0;
        max-block-size: 280px;
        overflow: auto;
      }
      legend {
        padding: 0;
        margin-block-end: 4px;
        font-weight: 500;
      }
      label {
        display: flex;
        align-items: center;
        gap: 10px;
        min-block-size: 44px;
        padding: 4px 8px;
        border-radius: var(--radius);
        cursor: pointer;
      }
      label:hover {
        background: var(--hover);
      }
      label:has(input:checked) {
        background: var(--accent-ground);
      }
      input {
        accent-color: var(--accent);
        inline-size: 16px;
        block-size: 16px;
        margin: 0;
      }
      .name {
        flex: 1;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      .does {
        color: var(--grey-text);
        font-size: var(--text-13);
      }
      p {
        margin: 0;
        color: var(--grey-text);
      }
    `,
  ];

  @property({ attribute: false })
  set app(app: App) {
    this.#app = app;
    this.watch.value = app.desk;
  }
  get app(): App {
    return this.#app;
  }
  #app!: App;
  /** Who is not to be offered: oneself, and who is in the call. */
  @property({ attribute: false }) not: readonly string[] = [];
  @property() chosen = "";
  private readonly watch = new Watch<Desk>(this);
  protected readonly words = new LocaleController(this);

  override render(): TemplateResult {
    const reps = [...this.app.desk.reps.values()].filter((rep) => !this.not.includes(rep.rep_id)).sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
    return html`<fieldset>
      <legend>${t("people.label")}</legend>
      ${reps.length ? reps.map((rep) => this.#one(rep)) : html`<p>${t("people.none")}</p>`}
    </fieldset>`;
  }

  #one(rep: RepView): TemplateResult {
    const chats = rep.load["chat"] ?? 0;
    const does = [talks(rep) ? t("people.in_call") : t(WORDS[rep.status as keyof typeof WORDS] ?? "people.offline"), chats ? t("people.chats", { count: chats }) : ""].filter(Boolean).join(" · ");
    const choose = (): void => {
      this.chosen = rep.rep_id;
      this.dispatchEvent(new CustomEvent("choose", { detail: { id: rep.rep_id }, bubbles: true, composed: true }));
    };
    const presence = talks(rep) ? "busy" : (PRESENCE[rep.status] ?? "offline");
    return html`<label>
      <input type="radio" name="rep" .checked=${this.chosen === rep.rep_id} @change=${choose} />
      <tresen-ui-avatar name=${rep.name} presence=${presence}></tresen-ui-avatar>
      <span class="name">${rep.name || t("who.rep")}</span>
      <span class="does">${does}</span>
    </label>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-people": People;
  }
}
