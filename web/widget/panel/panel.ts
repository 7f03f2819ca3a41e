/**
 * `<tresen-panel>`: the open widget. Header, what the connection says, the call above, the view below.
 *
 * A dialog beside the page, not over it: the page stays usable, Escape closes. On a phone it is the whole screen and keeps the focus.
 * The call, the cart bar and the consents are fetched when there is something for them (call/attend.ts).
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { LocaleController } from "../../text/texts";
import { Watch } from "../../protocol";
import "../../ui/button";
import "../../ui/strip";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { Chime } from "../state/chime";
import "../views/home";
import { sayProblem, t } from "../words";
import "./header";
import { looks } from "./panel.css";

/** A connection that comes back at once is no news. */
const LOST_AFTER_MS = 1500;
const PHONE = "(max-width: 480px)";

@customElement("tresen-panel")
export class Panel extends LitElement {
  static override styles = [base, looks];

  @property({ attribute: false }) app!: App;
  @state() private lost = false;
  @state() private full = matchMedia(PHONE).matches;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<App>(this);
  private readonly chime = new Chime();
  private readonly phone = matchMedia(PHONE);
  private lostTimer: ReturnType<typeof setTimeout> | undefined;
  private stops: (() => void)[] = [];
  private followed: string | null = null;
  /** Views that most visitors never see. */
  private readonly known = new Set(["home"]);
  private readonly awaited = new Set<string>();

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.app;
    this.app.words = sayProblem;
    const resized = (): void => this.fit();
    const turned = (): void => void (this.full = this.phone.matches);
    const seen = (): void => this.seen();
    visualViewport?.addEventListener("resize", resized);
    visualViewport?.addEventListener("scroll", resized);
    this.phone.addEventListener("change", turned);
    document.addEventListener("visibilitychange", seen);
    this.stops = [
      this.app.subscribe(() => this.changed()),
      () => visualViewport?.removeEventListener("resize", resized),
      () => visualViewport?.removeEventListener("scroll", resized),
      () => this.phone.removeEventListener("change", turned),
      () => document.removeEventListener("visibilitychange", seen),
    ];
    this.fit();
    this.changed();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.stops) stop();
    clearTimeout(this.lostTimer);
  }

  /** Into the field that is there to be typed in, else to the first thing that can be pressed. */
  focusInside(): void {
    void this.updateComplete.then(async () => {
      const view = this.renderRoot.querySelector<LitElement>(".view > *");
      await view?.updateComplete;
      if (view && "focusFirst" in view) (view as unknown as { focusFirst(): void }).focusFirst();
      else this.renderRoot.querySelector<HTMLElement>(".panel")?.focus();
    });
  }

  async callFor(media: "voice" | "video"): Promise<void> {
    try {
      const { startCall } = await import("../call/start");
      await startCall(this.app, media);
    } catch (error) {
      this.app.report(error);
    }
  }

  private changed(): void {
    const { link, log } = this.app;
    const lost = log !== null && (link.state === "waiting" || (link.state === "connecting" && this.lost));
    if (!lost) {
      clearTimeout(this.lostTimer);
      this.lostTimer = undefined;
      this.lost = false;
    } else this.lostTimer ??= setTimeout(() => (this.lost = true), LOST_AFTER_MS);
    if (log?.id !== this.followed) {
      this.followed = log?.id ?? null;
      this.chime.follow(log, this.app);
    }
    this.seen();
  }

  /** What is on the screen has been read. */
  private seen(): void {
    const { log, open, view } = this.app;
    if (!log) return;
    if (open && view === "chat" && document.visibilityState === "visible") log.markRead();
    else log.markDelivered();
  }

  private fit(): void {
    const viewport = visualViewport;
    if (!viewport) return;
    this.style.setProperty("--view-height", `${viewport.height}px`);
    this.style.setProperty("--view-top", `${viewport.offsetTop}px`);
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.stopPropagation();
    this.app.open = false;
  }

  private bring(view: string, module: () => Promise<unknown>): boolean {
    if (this.known.has(view)) return true;
    void module().then(() => {
      this.known.add(view);
      this.requestUpdate();
      // Whoever prepares a call is at its check, not at the chat below.
      if (this.app.view !== "call") this.focusInside();
    });
    return false;
  }

  /** Whether a part has been fetched. An element made before that would begin without its app. */
  private has(tag: string): boolean {
    if (customElements.get(tag)) return true;
    if (!this.awaited.has(tag)) void customElements.whenDefined(tag).then(() => this.requestUpdate());
    this.awaited.add(tag);
    return false;
  }

  private viewNow(): TemplateResult | typeof nothing {
    const { app } = this;
    switch (app.view) {
      case "home":
        return html`<tresen-home .app=${app} .call=${(media: "voice" | "video") => void this.callFor(media)}></tresen-home>`;
      case "chat":
      case "call":
        return this.bring("chat", () => import("../chat/chat")) ? html`<tresen-chat .app=${app} .call=${(media: "voice" | "video") => void this.callFor(media)}></tresen-chat>` : nothing;
      case "offline":
        return this.bring("offline", () => import("../views/offline")) ? html`<tresen-offline .app=${app}></tresen-offline>` : nothing;
      case "callback":
        return this.bring("callback", () => import("../views/callback")) ? html`<tresen-callback .app=${app}></tresen-callback>` : nothing;
      case "csat":
        return this.bring("csat", () => import("../views/csat")) ? html`<tresen-csat .app=${app}></tresen-csat>` : nothing;
    }
  }

  override render(): TemplateResult | typeof nothing {
    const { app } = this;
    if (!app.open) return nothing;
    const side = app.settings.side === "start" ? "start" : "";
    const edge = (end: "first" | "last"): TemplateResult | typeof nothing =>
      this.full ? html`<span class="edge" tabindex="0" aria-hidden="true" @focus=${() => this.around(end)}></span>` : nothing;
    return html`
      ${edge("last")}
      <section
        class="panel ${side} ${this.full ? "full" : ""}"
        role="dialog"
        aria-label=${app.settings.name ? t("panel.named", { shop: app.settings.name }) : t("panel")}
        aria-modal=${this.full ? "true" : nothing}
        tabindex="-1"
        @keydown=${(event: KeyboardEvent) => this.pressed(event)}
      >
        <tresen-header .app=${app} .chime=${this.chime}></tresen-header>
        ${this.lost
          ? html`<tresen-ui-strip icon="wifi-off" tone="warning">
              ${t("offline.strip")}
              <tresen-ui-button slot="action" size="small" kind="quiet" @click=${() => app.link.hurry()}>${t("offline.hurry")}</tresen-ui-button>
            </tresen-ui-strip>`
          : nothing}
        <div class="stage">${this.has("tresen-call") ? html`<tresen-call .app=${app}></tresen-call>` : nothing}</div>
        ${app.log
          ? html`<div class="bar">
              ${this.has("tresen-consents") ? html`<tresen-consents .app=${app}></tresen-consents>` : nothing}${this.has("tresen-cart-bar") ? html`<tresen-cart-bar .app=${app}></tresen-cart-bar>` : nothing}
            </div>`
          : nothing}
        <div class="view">${this.viewNow()}</div>
        <div class="notices">
          ${repeat(
            app.notices,
            (notice) => notice.id,
            (notice) => html`<tresen-ui-strip rounded dismissible tone=${notice.tone === "info" ? "neutral" : notice.tone} @dismiss=${() => app.dismiss(notice.id)}>${notice.text}</tresen-ui-strip>`,
          )}
        </div>
      </section>
      ${edge("first")}
    `;
  }

  /** On a phone the focus goes round within the panel. */
  private around(end: "first" | "last"): void {
    const header = this.renderRoot.querySelector<HTMLElement & { focusEnd?(): void }>("tresen-header");
    if (end === "first") header?.focus();
    else this.focusInside();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-panel": Panel;
  }
}
