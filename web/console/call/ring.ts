/**
 * `<console-ring .app>`: over everything: calls that ring, and the call that goes on while something else is looked at.
 *
 * A ring takes the focus only where nobody types, so that Enter never means two things. Enter accepts, Escape declines, from anywhere but a
 * text field or another button.
 */
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { Watch } from "../../protocol";
import { LocaleController } from "../../text/texts";
import { typing, type Shortcuts } from "../../ui/shortcuts";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { callingOf, type Calling } from "./calling";
import { router } from "../router";
import { callKeys } from "./keys";
import "./ring-card";
import "./running";

@customElement("console-ring")
export class ConsoleRing extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        position: fixed;
        inset-block-start: 0;
        inset-inline: 0;
        z-index: var(--z-overlay);
        display: flex;
        flex-direction: column;
        align-items: center;
        gap: 12px;
        padding: 12px;
        pointer-events: none;
      }
      :host > *,
      console-ring-card,
      console-running {
        pointer-events: auto;
      }
      console-ring-card {
        inline-size: min(440px, 100%);
      }
    `,
  ];

  @property({ attribute: false })
  set app(app: App) {
    this.#app = app;
    this.watch.value = app ? callingOf(app) : null;
    if (this.isConnected) this.#listen();
  }
  get app(): App {
    return this.#app;
  }
  #app!: App;
  private readonly watch = new Watch<Calling>(this);
  protected readonly words = new LocaleController(this);
  #shown = new Set<string>();
  #stops: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stops.splice(0)) stop();
  }

  #listen(): void {
    for (const stop of this.#stops.splice(0)) stop();
    if (!this.#app) return;
    addEventListener("keydown", this.#key, { capture: true });
    this.#stops = [() => removeEventListener("keydown", this.#key, { capture: true }), this.#app.subscribe(() => this.requestUpdate()), router.subscribe(() => this.requestUpdate())];
    const { shortcuts } = this.#app as App & { shortcuts?: Shortcuts };
    if (shortcuts) this.#stops.push(callKeys(callingOf(this.#app), shortcuts));
  }

  /** Whether this conversation's stage is to be seen. */
  #inFront(conversationId: string): boolean {
    return router.route.page === "desk" && this.app.current?.id === conversationId;
  }

  /** The first ring is meant, from wherever no other control is. */
  #key = (event: KeyboardEvent): void => {
    const calling = this.watch.value;
    const first = calling?.rings.find((one) => !one.busy);
    if (!calling || !first || event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== "Enter" && event.key !== "Escape") return;
    const on = event.composedPath()[0];
    const inside = event.composedPath().includes(this);
    const control = on instanceof HTMLElement && on.matches("button, a, summary, [role='menuitem'], [role='tab'], [role='option']");
    if (typing(event) || document.querySelector("dialog:modal") || (control && (event.key === "Enter" || !inside))) return;
    event.preventDefault();
    event.stopPropagation();
    void (event.key === "Enter" ? calling.accept(first) : calling.decline(first));
  };

  override updated(_: PropertyValues<this>): void {
    const rings = this.watch.value?.rings ?? [];
    const fresh = rings.filter((one) => !this.#shown.has(one.legId));
    this.#shown = new Set(rings.map((one) => one.legId));
    const focused = deepest();
    const idle = !focused || focused === document.body || !focused.matches("input, textarea, select, [contenteditable]");
    if (fresh.length && rings.length === fresh.length && idle && !document.querySelector("dialog:modal")) void this.#focusFirst();
  }

  async #focusFirst(): Promise<void> {
    const card = this.shadowRoot?.querySelector("console-ring-card");
    await card?.updateComplete;
    card?.focusAccept();
  }

  override render(): TemplateResult | typeof nothing {
    const calling = this.watch.value;
    if (!calling) return nothing;
    const { active, elsewhere } = calling;
    const away = active && !this.#inFront(active.conversationId);
    return html`
      ${repeat(calling.rings, (one) => one.legId, (one) => html`<console-ring-card .calling=${calling} .ring=${one}></console-ring-card>`)}
      ${away || elsewhere ? html`<console-running .calling=${calling}></console-running>` : nothing}
    `;
  }
}

/** What has the focus, through shadow roots. */
function deepest(): Element | null {
  let found = document.activeElement;
  while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
  return found;
}

declare global {
  interface HTMLElementTagNameMap {
    "console-ring": ConsoleRing;
  }
}
