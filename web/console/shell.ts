/**
 * `<console-shell .app>`: the console around its parts. Top bar, three columns, the page the address names; drawers and a bottom bar where
 * there is no room for columns; the keys; what has to be said about the connection.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, queryAll, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { LocaleController } from "../text/texts";
import { Watch } from "../protocol";
import "../ui/badge";
import "../ui/button";
import "../ui/empty";
import "../ui/icon";
import type { IconName } from "../ui/icon";
import { base } from "../ui/tokens";
import { Alerts } from "./alerts";
import type { App } from "./app";
import "./call/ring";
import { called } from "./called";
import "./connection";
import type { ConsoleConversation } from "./conversation";
import "./conversation";
import "./customer/customer";
import { keep, kept } from "./keep";
import { addKeys, type Parts } from "./keys";
import type { Opened } from "./opened";
import { preferences } from "./preferences";
import type { ConsoleQueue } from "./queue";
import "./queue";
import type { Route } from "./route";
import { router } from "./router";
import "./settings";
import { shellStyles } from "./shell-styles";
import type { ConsoleStatus } from "./status";
import "./status";
import { t } from "./texts";

/** What a phone shows, one at a time. */
type Pane = "queue" | "conversation" | "customer";

@customElement("console-shell")
export class ConsoleShell extends LitElement implements Parts {
  static override styles = [base, shellStyles];

  @property({ attribute: false }) app!: App;
  @state() private pane: Pane = "queue";
  @state() private drawer = false;
  @state() private fetched: Route["page"] = "desk";
  @query("console-queue") readonly queue!: ConsoleQueue;
  @query("console-status") readonly status!: ConsoleStatus;
  @queryAll("console-conversation") private readonly conversations!: NodeListOf<ConsoleConversation>;

  protected readonly words = new LocaleController(this);
  protected readonly watchApp = new Watch(this);
  protected readonly watchDesk = new Watch(this);
  protected readonly watchRoute = new Watch(this, router);
  protected readonly watchPreferences = new Watch(this, preferences);
  private alerts: Alerts | null = null;
  /** The one that was in front before: it stands beside, where there is room. */
  private previous: string | null = kept<string>("beside");
  #stops: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.alerts = new Alerts(this.app);
    this.alerts.begin();
    this.#stops = [addKeys(this.app, this), router.subscribe(() => this.follow()), this.app.desk.subscribe(() => this.entitle())];
    this.follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stops) stop();
    this.alerts?.end();
  }

  override willUpdate(): void {
    this.watchApp.value = this.app;
    this.watchDesk.value = this.app.desk;
  }

  /** The address says which conversation is in front. */
  private follow(): void {
    const { route } = router;
    // Drawn once they are there: an element that is defined later gets its properties too late.
    if (route.page === "board") void import("./board/board").then(() => (this.fetched = "board"));
    if (route.page === "history") void import("./history").then(() => (this.fetched = "history"));
    if (route.page !== "desk") return this.entitle();
    const was = this.app.current?.id ?? null;
    if (was !== route.conversationId) {
      if (was !== null && route.conversationId !== null) {
        this.previous = was;
        keep("beside", was);
      }
      this.app.show(route.conversationId);
    }
    this.pane = route.conversationId === null ? "queue" : "conversation";
    this.entitle();
  }

  private entitle(): void {
    const waiting = this.app.desk.offers.length;
    const name = router.route.page === "desk" ? (this.app.current?.name ?? "") : t(`nav.${router.route.page}`);
    document.title = `${waiting ? `(${waiting}) ` : ""}${name ? `${name} · ` : ""}Tresen`;
  }

  /** What stands beside the one in front; null where there is no room or nothing. */
  private second(): Opened | null {
    if (!preferences.beside || this.app.current === null) return null;
    const other = this.previous === null ? undefined : this.app.opened.get(this.previous);
    if (other && other !== this.app.current) return other;
    return [...this.app.opened.values()].find((each) => each.mine && each.open && each !== this.app.current) ?? null;
  }

  /** The conversation in front, for the keys. */
  get front(): ConsoleConversation | undefined {
    return [...this.conversations].find((each) => each.opened === this.app.current);
  }

  toggleCustomer(): void {
    this.drawer = !this.drawer;
    this.pane = this.pane === "customer" ? "conversation" : "customer";
  }

  toggleBeside(): void {
    preferences.set({ beside: preferences.beside ? "off" : "on" });
  }

  override render(): TemplateResult {
    const { app } = this;
    const { route } = router;
    return html`
      <a class="skip" href="#main" @click=${this.skip}>${t("nav.skip")}</a>
      <header class="bar">
        <span class="brand" aria-hidden="true">T</span>
        <nav aria-label=${t("nav.title")}>
          ${this.link({ page: "desk", conversationId: this.app.current?.id ?? null }, "messages-square", t("nav.desk"), app.desk.offers.length)}
          ${this.link({ page: "history" }, "history", t("nav.history"))}
          ${app.supervises ? this.link({ page: "board" }, "layout-dashboard", t("nav.board")) : nothing}
        </nav>
        <span class="space"></span>
        <console-status .app=${app}></console-status>
        <console-settings .app=${app}></console-settings>
      </header>
      <console-connection .app=${app}></console-connection>
      ${route.page === "desk" ? this.desk() : route.page !== this.fetched ? nothing : route.page === "history" ? html`<console-history id="main" tabindex="-1" .app=${app}></console-history>` : this.board()}
      <console-ring .app=${app}></console-ring>
    `;
  }

  private board(): TemplateResult {
    return this.app.supervises
      ? html`<console-board id="main" tabindex="-1" .app=${this.app}></console-board>`
      : html`<tresen-ui-empty id="main" tabindex="-1" icon="lock" heading=${t("board.forbidden")}>${t("board.forbidden.more")}</tresen-ui-empty>`;
  }

  private desk(): TemplateResult {
    const { current } = this.app;
    const second = this.second();
    const shown = current ? (second ? [current, second] : [current]) : [];
    return html`
      <div class="columns on-${this.pane} ${this.drawer ? "drawer" : ""} ${current ? "" : "alone"}">
        <aside class="queue" aria-label=${t("nav.desk")}><console-queue .app=${this.app}></console-queue></aside>
        <main id="main" class="middle ${second ? "two" : ""}" tabindex="-1">
          ${shown.length
            ? repeat(shown, (opened) => opened.id, (opened) => this.conversation(opened, second !== null))
            : html`<tresen-ui-empty icon="messages-square" heading=${t("desk.none")}>${t("desk.none.more")}</tresen-ui-empty>`}
        </main>
        ${current
          ? html`<aside class="customer" aria-label=${t("nav.customer")}>
              <div class="close"><tresen-ui-button size="small" kind="quiet" icon="x" label=${t("nav.close_customer")} @click=${() => (this.drawer = false)}></tresen-ui-button></div>
              <console-customer .opened=${current}></console-customer>
            </aside>`
          : nothing}
      </div>
      ${this.bottom(current)}
    `;
  }

  private conversation(opened: Opened, beside: boolean): TemplateResult {
    const front = opened === this.app.current;
    return html`<section class="one ${front && beside ? "front" : ""}" aria-label=${called(opened.name)} @focusin=${() => !front && router.toConversation(opened.id, "replace")}>
      <console-conversation .opened=${opened}>
        ${front
          ? html`<div class="edge" slot="edge">
              ${this.app.opened.size > 1
                ? html`<tresen-ui-button class="beside" size="small" kind="quiet" icon="columns-2" pressed=${String(preferences.beside)} label=${t("nav.beside")} @click=${() => this.toggleBeside()}></tresen-ui-button>`
                : nothing}
              <tresen-ui-button class="opener" size="small" kind="quiet" icon="panel-right" label=${t("nav.customer")} expanded=${String(this.drawer)} @click=${() => (this.drawer = !this.drawer)}></tresen-ui-button>
            </div>`
          : nothing}
      </console-conversation>
    </section>`;
  }

  private bottom(current: Opened | null): TemplateResult {
    const tab = (pane: Pane, icon: IconName, label: string, count = 0): TemplateResult =>
      html`<button type="button" aria-pressed=${this.pane === pane ? "true" : "false"} ?disabled=${pane !== "queue" && !current} @click=${() => (this.pane = pane)}>
        <tresen-ui-icon name=${icon}></tresen-ui-icon>${label}${count ? html`<tresen-ui-badge solid>${count}</tresen-ui-badge>` : nothing}
      </button>`;
    return html`<nav class="bottom" aria-label=${t("nav.panes")}>
      ${tab("queue", "inbox", t("nav.queue"), this.app.desk.offers.length)} ${tab("conversation", "message-circle", t("nav.conversation"), current?.unread ?? 0)}
      ${tab("customer", "user", t("nav.customer"))}
    </nav>`;
  }

  private link(to: Route, icon: IconName, label: string, count = 0): TemplateResult {
    const here = router.route.page === to.page;
    return html`<button type="button" aria-current=${here ? "page" : nothing} @click=${() => router.go(to)}>
      <tresen-ui-icon name=${icon}></tresen-ui-icon><span>${label}</span>${count ? html`<tresen-ui-badge solid>${count}</tresen-ui-badge>` : nothing}
    </button>`;
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.renderRoot.querySelector<HTMLElement>("#main")?.focus();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-shell": ConsoleShell;
  }
}
