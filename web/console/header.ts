/** `<console-header .opened>`: who a conversation is with, how it stands, and what can be done with it; `slot="edge"` lies at its end. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { languageName } from "../text/formats";
import { LocaleController } from "../text/texts";
import { Watch } from "../protocol";
import "../ui/avatar";
import "../ui/badge";
import "../ui/button";
import type { Dialog } from "../ui/dialog";
import "../ui/dialog";
import type { Field } from "../ui/field";
import "../ui/field";
import "../ui/menu";
import type { MenuEntry } from "../ui/menu";
import "../ui/tooltip";
import { base } from "../ui/tokens";
import { called } from "./called";
import { boost, callCustomer, claim, release, reopen } from "./deeds";
import { saveTranscript } from "./files";
import type { ConsoleHandOver } from "./hand-over";
import "./hand-over";
import type { ConsoleClosing } from "./closing";
import "./closing";
import type { Opened } from "./opened";
import { inWords } from "./problems";
import { t, worded } from "./texts";

@customElement("console-header")
export class ConsoleHeader extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-2) var(--space-3);
        min-block-size: 56px;
        padding: var(--space-2) var(--space-4);
        border-block-end: 1px solid var(--line);
        --avatar-ground: var(--raised);
      }
      .who {
        flex: 1 1 160px;
        min-inline-size: 0;
      }
      h2 {
        margin: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font: 600 var(--text-16) / 1.3 var(--font);
      }
      .facts {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-1) var(--space-2);
        color: var(--grey-text);
        font: var(--text-12) / 1.4 var(--font);
      }
      .actions {
        display: flex;
        align-items: center;
        gap: var(--space-1);
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @state() private busy = "";
  @query("console-hand-over") private readonly handing!: ConsoleHandOver;
  @query("console-closing") private readonly closing!: ConsoleClosing;
  @query("#mail") private readonly mail!: Dialog;
  @query("#mail tresen-ui-field") private readonly mailTo!: Field;

  protected readonly words = new LocaleController(this);
  protected readonly watch = new Watch(this);
  protected readonly watchDesk = new Watch(this);

  override willUpdate(): void {
    this.watch.value = this.opened;
    this.watchDesk.value = this.opened.app.desk;
  }

  handOver(): void {
    if (this.handled) this.handing.show();
  }

  close(): void {
    if (this.handled) this.closing.show();
  }

  async call(media: "voice" | "video"): Promise<void> {
    if (this.callable) await this.during("call", () => callCustomer(this.opened.app, this.opened, media));
  }

  async claim(): Promise<void> {
    if (this.claimable) await this.during("claim", () => claim(this.opened.app, this.opened));
  }

  /** Whether this rep may hand it over or end it. */
  get handled(): boolean {
    const { conversation, app } = this.opened;
    return conversation?.status === "open" && (this.opened.mine || app.supervises);
  }
  private get callable(): boolean {
    return this.opened.open && this.opened.mine && this.opened.call.value === null;
  }
  private get claimable(): boolean {
    return this.opened.open && this.opened.conversation?.rep_id === null;
  }

  private async during(what: string, work: () => Promise<unknown>): Promise<void> {
    this.busy = what;
    try {
      await work();
    } finally {
      this.busy = "";
    }
  }

  override render(): TemplateResult {
    const { opened } = this;
    const { conversation, app } = opened;
    const name = called(opened.name);
    const online = opened.log.typists.some((each) => each.kind === "customer");
    const rep = conversation?.rep_id ? app.nameOf(conversation.rep_id) || t("who.rep") : "";
    const icon = (of: "phone" | "video", key: string): TemplateResult =>
      html`<tresen-ui-tooltip text=${t(`call.${of}`)} keys=${key}>
        <tresen-ui-button kind="quiet" icon=${of} label=${t(`call.${of}`)} keys=${key} ?disabled=${!this.callable} ?busy=${this.busy === "call"} @click=${() => void this.call(of === "phone" ? "voice" : "video")}></tresen-ui-button>
      </tresen-ui-tooltip>`;
    return html`
      <tresen-ui-avatar name=${name} presence=${online ? "online" : nothing}></tresen-ui-avatar>
      <div class="who">
        <h2><bdi>${name}</bdi></h2>
        <div class="facts">
          ${conversation
            ? html`<span>${worded("channel", conversation.channel)}</span><span aria-hidden="true">·</span><span>${languageName(conversation.locale)}</span>
                ${rep && !opened.mine ? html`<tresen-ui-badge icon="user-check"><bdi>${t("header.with", { name: rep })}</bdi></tresen-ui-badge>` : nothing}
                ${conversation.status === "closed" ? html`<tresen-ui-badge>${t("header.closed")}</tresen-ui-badge>` : nothing}
                ${conversation.status === "open" && conversation.rep_id === null ? html`<tresen-ui-badge tone="warning">${t("header.nobodys")}</tresen-ui-badge>` : nothing}`
            : nothing}
        </div>
      </div>
      <div class="actions">
        ${this.claimable ? html`<tresen-ui-button kind="primary" icon="user-check" keys="Alt+K" ?busy=${this.busy === "claim"} @click=${() => void this.claim()}>${t("header.claim")}</tresen-ui-button>` : nothing}
        ${conversation?.status === "closed" ? html`<tresen-ui-button icon="refresh-cw" ?busy=${this.busy === "reopen"} @click=${() => void this.during("reopen", () => reopen(app, opened))}>${t("header.reopen")}</tresen-ui-button>` : nothing}
        ${opened.open ? html`${icon("phone", "alt+c")} ${icon("video", "alt+v")}` : nothing}
        ${this.handled ? html`<tresen-ui-button icon="check" keys="Alt+W" @click=${() => this.close()}>${t("header.close")}</tresen-ui-button>` : nothing}
        <tresen-ui-menu label=${t("header.more")} align="end" .items=${this.items()} @choose=${this.chosen}>
          <tresen-ui-button slot="trigger" kind="quiet" icon="ellipsis" label=${t("header.more")}></tresen-ui-button>
        </tresen-ui-menu>
        <slot name="edge"></slot>
      </div>
      <console-hand-over .opened=${opened}></console-hand-over>
      <console-closing .opened=${opened}></console-closing>
      <tresen-ui-dialog id="mail" heading=${t("transcript.mail")}>
        <form novalidate @submit=${this.send}><tresen-ui-field type="email" label=${t("transcript.to")} required autocomplete="off"></tresen-ui-field></form>
        <tresen-ui-button slot="footer" @click=${() => this.mail.close()}>${t("cancel")}</tresen-ui-button>
        <tresen-ui-button slot="footer" kind="primary" @click=${this.send}>${t("transcript.send")}</tresen-ui-button>
      </tresen-ui-dialog>
    `;
  }

  private items(): MenuEntry[] {
    const { opened } = this;
    const points = opened.places.some((each) => each.state === "waiting") && opened.app.supervises;
    return [
      ...(this.handled ? [{ id: "hand", label: t("hand.title"), icon: "arrow-right-left" as const, keys: "alt+h" }] : []),
      ...(this.handled && opened.conversation?.rep_id ? [{ id: "release", label: t("header.release"), icon: "inbox" as const }] : []),
      ...(points ? [{ id: "boost", label: t("boost.five"), icon: "zap" as const }, { id: "boost-more", label: t("boost.thirty"), icon: "zap" as const }] : []),
      ...(this.handled || points ? (["separator"] as const) : []),
      { id: "text", label: t("transcript.text"), icon: "download" },
      { id: "html", label: t("transcript.html"), icon: "download" },
      { id: "json", label: t("transcript.json"), icon: "download" },
      { id: "mail", label: t("transcript.mail"), icon: "mail" },
    ];
  }

  private async chosen(event: CustomEvent<{ id: string }>): Promise<void> {
    const { opened } = this;
    const { app } = opened;
    const { id } = event.detail;
    if (id === "hand") this.handing.show();
    else if (id === "release") await release(app, opened);
    else if (id === "mail") this.mail.show();
    else if (id === "boost" || id === "boost-more") {
      const place = opened.places.find((each) => each.state === "waiting");
      if (place) await boost(app, place, id === "boost" ? 5 : 30);
    } else await app.attempt(() => saveTranscript(app, opened.id, id as "text" | "html" | "json"), inWords);
  }

  private async send(event?: Event): Promise<void> {
    event?.preventDefault();
    if (!this.mailTo.reportValidity()) return;
    const { opened } = this;
    const { app } = opened;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
    const sent = await app.attempt(() => app.link.ask("transcript.mail", { conversation_id: opened.id, to: this.mailTo.value.trim(), zone }), inWords);
    if (!sent) return;
    this.mail.close("sent");
    app.notice(t("transcript.sent"), "success");
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-header": ConsoleHeader;
  }
}
