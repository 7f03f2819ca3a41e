/** `<tresen-header>`: who one talks to and how things stand, in words; the way back, the menu, the way out. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { wait } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import { Watch } from "../../protocol";
import "../../ui/avatar";
import "../../ui/button";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import type { Chime } from "../state/chime";
import { ordinal, t } from "../words";

/** How the waiting stands, in words: "You are 2nd, about 3 minutes". */
export function placeWords({ position, eta_s, callback }: NonNullable<App["place"]>): string {
  if (callback) return t("place.callback");
  if (position === null) return t("place.waiting");
  const place = position === 1 ? t("place.next") : t("place.at", { place: ordinal(position) });
  return eta_s === null ? place : t("place.eta", { place, wait: wait(eta_s) });
}

@customElement("tresen-header")
export class Header extends LitElement {
  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override styles = [
    base,
    css`
      :host {
        display: block;
        flex: none;
        border-block-end: 1px solid var(--line);
        background: var(--raised);
      }
      header {
        display: flex;
        align-items: center;
        gap: 10px;
        min-block-size: 60px;
        padding: 8px 8px 8px 12px;
        padding-block-start: max(8px, env(safe-area-inset-top));
      }
      :host(:dir(rtl)) header {
        padding-inline: 12px 8px;
      }
      .who {
        flex: 1;
        min-inline-size: 0;
      }
      h1,
      p {
        margin: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      h1 {
        font: 600 var(--text-16) / 1.3 var(--font);
      }
      p {
        color: var(--grey-text);
        font: var(--text-13) / 1.4 var(--font);
        font-variant-numeric: tabular-nums;
      }
      .buttons {
        display: flex;
        gap: 2px;
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) chime!: Chime;
  @state() private online: ReadonlySet<string> = new Set();
  @state() private menu = false;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<App>(this);
  private stop: (() => void) | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.app;
    this.listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop?.();
    this.stop = null;
  }

  /** Presence is told, never asked: who has not been told of may still be there. */
  private listen(): void {
    this.stop = this.app.link.on("presence", (note) => {
      if (note["conversation_id"] !== this.app.log?.id) return;
      const { id } = note["actor"] as { id: string };
      const online = new Set(this.online);
      if (note["online"] === true) online.add(id);
      else online.delete(id);
      this.online = online;
    });
  }

  private stateWords(): string {
    const { app } = this;
    if (app.closed && app.log) return t("state.closed");
    if (app.place) return placeWords(app.place);
    if (app.rep) return this.online.has(app.rep.id) ? t("state.here") : t("state.yours");
    if (app.away) return t("state.away");
    if (app.log) return t("state.writing");
    return t("state.home");
  }

  private async toggleMenu(): Promise<void> {
    await import("./menu");
    this.menu = !this.menu;
  }

  override render(): TemplateResult {
    const { app } = this;
    const inside = app.view !== "home";
    const rep = inside ? app.rep : null;
    const shop = app.settings.name || t("shop");
    return html`<header>
      ${inside ? html`<tresen-ui-button kind="quiet" icon="arrow-left" label=${t("back")} @click=${() => app.show("home")}></tresen-ui-button>` : nothing}
      <tresen-ui-avatar name=${rep?.name || shop} src=${rep ? "" : (app.settings.logo ?? "")} shape=${rep ? "round" : "square"} presence=${rep && this.online.has(rep.id) ? "online" : nothing}></tresen-ui-avatar>
      <div class="who">
        <h1>${rep?.name || shop}</h1>
        <p role="status">${this.stateWords()}</p>
      </div>
      <div class="buttons">
        <tresen-ui-button kind="quiet" icon="ellipsis" label=${t("menu")} haspopup="menu" expanded=${String(this.menu)} @click=${() => void this.toggleMenu()}></tresen-ui-button>
        <tresen-ui-button kind="quiet" icon="x" label=${t("close")} @click=${() => (app.open = false)}></tresen-ui-button>
      </div>
      ${this.menu ? html`<tresen-menu .app=${app} .chime=${this.chime} @close=${() => this.menuClosed()}></tresen-menu>` : nothing}
    </header>`;
  }

  private menuClosed(): void {
    this.menu = false;
    this.renderRoot.querySelector<HTMLElement>("tresen-ui-button[haspopup]")?.focus();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-header": Header;
  }
}
