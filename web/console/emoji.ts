/** `<console-emoji>`: a small choice of emoji, fetched when it is first opened. `choose` carries `detail.emoji`. */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import { base } from "../ui/tokens";
import { t } from "./texts";

const CHOICE =
  "🙂 😀 😄 😊 😉 😍 🤗 🤔 😅 😂 🥳 😎 😌 😢 😟 😬 🙄 😴 😷 🤒 👍 👎 👌 🙏 👏 💪 🤝 👋 ✌️ ☝️ 👉 👀 ❤️ 💚 💙 ✨ ⭐ 🔥 🎉 🎁 🌞 🌧️ ❄️ 🌱 ☕ 🍵 🍪 🍕 🏠 🚚 📦 🛒 💳 🧾 💶 🔁 ✅ ❌ ⚠️ ❓ ❗ ⏰ 📅 📍 📞 📷 🎥 🔍 🔧 🔒 📎 📄 ✉️ 💬".split(" ");

@customElement("console-emoji")
export class ConsoleEmoji extends LitElement {
  static override styles = [
    base,
    css`
      .grid {
        display: grid;
        grid-template-columns: repeat(8, 36px);
        gap: 2px;
        padding: var(--space-2);
      }
      button {
        inline-size: 36px;
        block-size: 36px;
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
    `,
  ];

  protected readonly words = new LocaleController(this);

  override focus(): void {
    this.renderRoot.querySelector("button")?.focus();
  }

  /** Arrows go from one to the next; the grid is one stop for Tab. */
  private key(event: KeyboardEvent): void {
    const all = [...this.renderRoot.querySelectorAll("button")];
    const at = all.indexOf(event.target as HTMLButtonElement);
    const side = getComputedStyle(this).direction === "rtl" ? -1 : 1;
    const by: Record<string, number> = { ArrowRight: side, ArrowLeft: -side, ArrowDown: 8, ArrowUp: -8 };
    const to = by[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, at + to))]?.focus();
  }

  override render(): TemplateResult {
    const choose = (emoji: string) => (): void => void this.dispatchEvent(new CustomEvent("choose", { detail: { emoji } }));
    return html`<div class="grid" role="group" aria-label=${t("composer.emoji")} @keydown=${this.key}>
      ${CHOICE.map((emoji, index) => html`<button type="button" tabindex=${index === 0 ? 0 : -1} aria-label=${emoji} @click=${choose(emoji)}>${emoji}</button>`)}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-emoji": ConsoleEmoji;
  }
}
