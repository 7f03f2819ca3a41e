/** `<tresen-emoji>`: a small grid of the common ones, with a search in the visitor's language. Tells `pick` with the emoji, and `close`. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { LocaleController, texts } from "../../text/texts";
import "../../ui/field";
import type { Field } from "../../ui/field";
import { base } from "../../ui/tokens";
import en from "./text/en.json";

const t = texts(
  {
    de: () => import("./text/de.json"),
    pl: () => import("./text/pl.json"),
    ro: () => import("./text/ro.json"),
    el: () => import("./text/el.json"),
    "pt-BR": () => import("./text/pt-BR.json"),
  },
  en,
);

/** By the names they have in the dictionary. */
const EMOJI = {
  smile: "🙂", grin: "😀", laugh: "😂", wink: "😉", blush: "😊", love: "😍", kiss: "😘", cool: "😎", think: "🤔", neutral: "😐", roll: "🙄", sleepy: "😴",
  sad: "🙁", cry: "😢", sob: "😭", angry: "😠", shock: "😮", fear: "😨", oops: "😅", party: "🥳", sick: "🤒", shrug: "🤷", please: "🙏", clap: "👏",
  yes: "👍", no: "👎", ok: "👌", wave: "👋", strong: "💪", heart: "❤️", star: "⭐", fire: "🔥", sun: "☀️", rain: "🌧️", gift: "🎁", cake: "🎂",
  coffee: "☕", cart: "🛒", parcel: "📦", truck: "🚚", card: "💳", money: "💶", phone: "📞", camera: "📷", clock: "⏰", check: "✅", cross: "❌", question: "❓",
} as const;
type Name = keyof typeof EMOJI;
const COLUMNS = 8;
const NAMES = Object.keys(EMOJI) as Name[];

@customElement("tresen-emoji")
export class Emoji extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        position: absolute;
        inset-block-end: 100%;
        inset-inline: 8px;
        z-index: var(--z-menu);
        display: grid;
        gap: 8px;
        margin-block-end: 6px;
        padding: 10px;
        border: 1px solid var(--line);
        border-radius: var(--radius-large);
        background: var(--raised);
        box-shadow: var(--shadow);
      }
      .grid {
        display: grid;
        grid-template-columns: repeat(8, minmax(0, 1fr));
        max-block-size: 196px;
        overflow-y: auto;
      }
      button {
        display: grid;
        place-items: center;
        min-block-size: 38px;
        padding: 0;
        border: 0;
        border-radius: 6px;
        background: none;
        font-size: var(--text-20);
        cursor: pointer;
      }
      button:hover {
        background: var(--hover);
      }
      p {
        margin: 8px;
        color: var(--grey-text);
        font: var(--text-13) / 1.4 var(--font);
      }
    `,
  ];

  @query("tresen-ui-field") private readonly field!: Field;
  @state() private wanted = "";
  @state() private at = 0;
  protected readonly words = new LocaleController(this);

  override firstUpdated(): void {
    void this.field.updateComplete.then(() => this.field.focus());
  }

  private get found(): Name[] {
    const wanted = this.wanted.trim().toLocaleLowerCase();
    return wanted ? NAMES.filter((name) => t(`emoji.${name}`).toLocaleLowerCase().includes(wanted)) : NAMES;
  }

  private pick(name: Name): void {
    this.dispatchEvent(new CustomEvent("pick", { detail: EMOJI[name] }));
    this.dispatchEvent(new CustomEvent("close"));
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.dispatchEvent(new CustomEvent("close"));
      return;
    }
    const inGrid = (event.composedPath()[0] as HTMLElement).closest(".grid") !== null;
    if (!inGrid) {
      if (event.key === "ArrowDown" || event.key === "Enter") this.go(event, event.key === "Enter" ? 0 : this.at, event.key === "Enter");
      return;
    }
    const forward = getComputedStyle(this).direction === "rtl" ? -1 : 1;
    const step = { ArrowRight: forward, ArrowLeft: -forward, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (step !== undefined) this.go(event, this.at + step, false);
  }

  private go(event: Event, to: number, pick: boolean): void {
    event.preventDefault();
    event.stopPropagation();
    const { found } = this;
    if (!found.length) return;
    if (pick) return this.pick(found[0]!);
    this.at = Math.min(Math.max(to, 0), found.length - 1);
    void this.updateComplete.then(() => this.renderRoot.querySelectorAll<HTMLElement>(".grid button")[this.at]?.focus());
  }

  override render(): TemplateResult {
    const { found } = this;
    return html`
      <tresen-ui-field type="search" icon="search" hide-label label=${t("search")} placeholder=${t("search")} @input=${() => this.search()} @keydown=${(event: KeyboardEvent) => this.pressed(event)}></tresen-ui-field>
      <div class="grid" role="group" aria-label=${t("title")} @keydown=${(event: KeyboardEvent) => this.pressed(event)}>
        ${found.map((name, index) => {
          const words = t(`emoji.${name}`).split(",")[0]!;
          return html`<button type="button" tabindex=${index === Math.min(this.at, found.length - 1) ? "0" : "-1"} aria-label=${words} title=${words} @click=${() => this.pick(name)}>${EMOJI[name]}</button>`;
        })}
      </div>
      ${found.length ? nothing : html`<p role="status">${t("none")}</p>`}
    `;
  }

  private search(): void {
    this.wanted = this.field.value;
    this.at = 0;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-emoji": Emoji;
  }
}
