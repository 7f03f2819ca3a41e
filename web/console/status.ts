/** `<console-status .app>`: whether this rep takes work, why not, how much at once; the wrap-up's time while it runs. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { stopwatch } from "../text/formats";
import { LocaleController } from "../text/texts";
import { Watch } from "../protocol";
import "../ui/avatar";
import type { Presence } from "../ui/avatar";
import "../ui/button";
import "../ui/icon";
import "../ui/menu";
import type { MenuEntry } from "../ui/menu";
import "../ui/tooltip";
import { base } from "../ui/tokens";
import type { App, Status } from "./app";
import { keep, kept } from "./keep";
import { inWords } from "./problems";
import { t, worded } from "./texts";
import { Tick } from "./tick";

const PRESENCE: Record<string, Presence> = { available: "online", away: "away", wrap_up: "busy", disconnected: "offline", offline: "offline" };
/** Why somebody has a break; kept with the status for supervisors. */
const BREAKS = ["coffee", "lunch", "meeting", "training"] as const;
const CHANNELS = [
  ["chat", "message-circle"],
  ["voice", "phone"],
  ["video", "video"],
] as const;

@customElement("console-status")
export class ConsoleStatus extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: var(--space-3);
        font: var(--text-13) / 1.4 var(--font);
      }
      .load {
        display: flex;
        gap: var(--space-2);
        margin: 0;
        color: var(--grey-text);
        font-size: var(--text-12);
        font-variant-numeric: tabular-nums;
        --icon-size: 14px;
      }
      .load span {
        display: inline-flex;
        align-items: center;
        gap: 3px;
      }
      .load .full {
        color: var(--warning);
        font-weight: 600;
      }
      .wrap {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        font-variant-numeric: tabular-nums;
      }
      @media (max-width: 900px) {
        .load {
          display: none;
        }
      }
      .dot {
        inline-size: 9px;
        block-size: 9px;
        border-radius: 50%;
        background: var(--grey-control);
      }
      .dot.online {
        background: var(--online);
      }
      .dot.away {
        background: var(--away);
      }
      .dot.busy {
        background: var(--danger);
      }
      .now {
        display: inline-flex;
        align-items: center;
        gap: var(--space-2);
      }
    `,
  ];

  @property({ attribute: false }) app!: App;

  protected readonly words = new LocaleController(this);
  protected readonly watch = new Watch(this);
  protected readonly tick = new Tick(this, () => this.app.status?.status === "wrap_up");

  override willUpdate(): void {
    this.watch.value = this.app.desk;
  }

  override render(): TemplateResult {
    const { status } = this.app;
    const name = status?.status ?? "offline";
    const reason = name === "away" ? (kept<string>("break") ?? "") : "";
    const said = reason ? worded("break", reason, t("status.away")) : worded("status", name);
    return html`
      ${status ? this.load() : nothing} ${name === "wrap_up" ? this.wrapUp(status?.wrap_up_until ?? null) : nothing}
      <tresen-ui-menu label=${t("status.title")} align="end" .items=${this.items(name, reason)} @choose=${this.chosen}>
        <tresen-ui-button slot="trigger" size="small" icon-end="chevron-down" ?disabled=${!status} label=${t("status.of", { status: said })}
          ><span class="now"><span class="dot ${PRESENCE[name] ?? ""}" aria-hidden="true"></span>${said}</span></tresen-ui-button
        >
      </tresen-ui-menu>
    `;
  }

  private load(): TemplateResult {
    const { load, capacity } = this.app.status!;
    return html`<p class="load">
      ${CHANNELS.filter(([channel]) => (capacity[channel] ?? 0) > 0).map(([channel, icon]) => {
        const [has, most] = [load[channel] ?? 0, capacity[channel] ?? 0];
        const words = t("status.load", { channel: worded("channel", channel), load: has, capacity: most });
        return html`<tresen-ui-tooltip text=${words}><span class=${has >= most ? "full" : ""}><tresen-ui-icon name=${icon} label=${words}></tresen-ui-icon><span aria-hidden="true">${has}/${most}</span></span></tresen-ui-tooltip>`;
      })}
    </p>`;
  }

  private wrapUp(until: string | null): TemplateResult {
    const left = until ? Math.max(0, (Date.parse(until) - Date.now()) / 1000) : 0;
    return html`<span class="wrap"
      ><span role="timer">${stopwatch(left)}</span>
      <tresen-ui-button size="small" @click=${() => void this.app.attempt(async () => this.app.desk.put(await this.app.link.ask("rep.end_wrap_up", {})), inWords)}>${t("status.ready")}</tresen-ui-button></span
    >`;
  }

  private items(name: string, reason: string): MenuEntry[] {
    return [
      { id: "available", label: t("status.available"), checked: name === "available", keys: "alt+shift+a" },
      "separator",
      { id: "away", label: t("status.away"), checked: name === "away" && !reason, keys: "alt+shift+p" },
      ...BREAKS.map((each) => ({ id: `away ${each}`, label: t(`break.${each}`), checked: name === "away" && reason === each })),
      "separator",
      { id: "offline", label: t("status.offline"), detail: t("status.offline.more"), checked: name === "offline", keys: "alt+shift+o" },
    ];
  }

  private chosen(event: CustomEvent<{ id: string }>): void {
    const [status, reason = ""] = event.detail.id.split(" ");
    void this.choose(status as Status, reason);
  }

  async choose(status: Status, reason = ""): Promise<void> {
    keep("break", reason || null);
    await this.app.setStatus(status, reason);
    this.requestUpdate();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-status": ConsoleStatus;
  }
}
