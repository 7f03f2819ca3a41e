/** `<board-reps .app .reps .now>`: the reps, what they do and how much more they could, their status and abilities to be set. */
import { LitElement, html, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ago } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/avatar";
import type { Presence } from "../../ui/avatar";
import "../../ui/badge";
import type { Tone } from "../../ui/badge";
import "../../ui/button";
import "../../ui/empty";
import "../../ui/menu";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import "./abilities";
import type { BoardAbilities } from "./abilities";
import type { RepView } from "./figures";
import { refusal } from "./refusals";
import { tableStyles } from "./styles";
import { t, worded } from "./texts";

const ORDER = ["available", "wrap_up", "away", "disconnected", "offline"];
const TONES: Record<string, Tone> = { available: "success", wrap_up: "accent", away: "warning", disconnected: "danger", offline: "neutral" };
const PRESENCES: Record<string, Presence> = { available: "online", wrap_up: "busy", away: "away", disconnected: "offline", offline: "offline" };
const STATUSES = ["available", "away", "offline"] as const;

@customElement("board-reps")
export class BoardReps extends LitElement {
  static override styles = [base, tableStyles];

  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) reps: readonly RepView[] = [];
  @property({ type: Number }) now = 0;
  @state() private busy = "";
  @query("board-abilities") private readonly abilities?: BoardAbilities;
  protected readonly words = new LocaleController(this);

  private async force(rep: RepView, status: (typeof STATUSES)[number]): Promise<void> {
    this.busy = rep.rep_id;
    await this.app.attempt(() => this.app.link.ask("rep.force_status", { rep_id: rep.rep_id, status }), refusal);
    this.busy = "";
    void this.app.desk.refresh();
  }

  private load(rep: RepView): TemplateResult[] {
    return Object.entries(rep.capacity)
      .filter(([channel, most]) => most > 0 || (rep.load[channel] ?? 0) > 0)
      .map(([channel, most]) => {
        const has = rep.load[channel] ?? 0;
        return html`<tresen-ui-badge tone=${has >= most ? "warning" : has ? "accent" : "neutral"}>${t("reps.load", { channel: worded("channel", channel), has, most })}</tresen-ui-badge> `;
      });
  }

  private row(rep: RepView): TemplateResult {
    const name = this.app.nameOf(rep.rep_id) || t("somebody");
    const items = STATUSES.map((status) => ({ id: status, label: t(`force.${status}`) }));
    const abilities = [...Object.entries(rep.skills).map(([skill, level]) => `${skill} ${level}`), ...rep.languages];
    return html`<tr>
      <th scope="row"><span class="who"><tresen-ui-avatar size="small" name=${name} presence=${PRESENCES[rep.status] ?? "offline"}></tresen-ui-avatar>${name}</span></th>
      <td><tresen-ui-badge tone=${TONES[rep.status] ?? "neutral"}>${worded("rep", rep.status)}</tresen-ui-badge>${rep.since ? html` <span class="quiet">${ago(rep.since, this.now)}</span>` : ""}</td>
      <td>${this.load(rep)}</td>
      <td class="quiet whole">${abilities.join(", ") || t("reps.anything")}</td>
      <td>
        <span class="actions">
          <tresen-ui-menu label=${t("reps.status", { name })} .items=${items} @choose=${(event: CustomEvent<{ id: (typeof STATUSES)[number] }>) => void this.force(rep, event.detail.id)}
            ><tresen-ui-button slot="trigger" size="small" ?busy=${this.busy === rep.rep_id}>${t("reps.set")}</tresen-ui-button></tresen-ui-menu
          >
          <tresen-ui-button size="small" icon="sliders-horizontal" label=${t("reps.abilities", { name })} @click=${() => this.abilities?.begin(rep)}></tresen-ui-button>
        </span>
      </td>
    </tr>`;
  }

  override render(): TemplateResult {
    if (!this.reps.length) return html`<tresen-ui-empty icon="users" heading=${t("reps.empty")}>${t("reps.empty_text")}</tresen-ui-empty>`;
    const sorted = [...this.reps].sort((one, other) => ORDER.indexOf(one.status) - ORDER.indexOf(other.status) || one.name.localeCompare(other.name));
    return html`<div class="scroll">
        <table>
          <thead>
            <tr><th scope="col">${t("head.rep")}</th><th scope="col">${t("head.state")}</th><th scope="col">${t("head.work")}</th><th scope="col">${t("head.abilities")}</th><th scope="col"><span class="unseen">${t("head.actions")}</span></th></tr>
          </thead>
          <tbody>${sorted.map((rep) => this.row(rep))}</tbody>
        </table>
      </div>
      <board-abilities .app=${this.app}></board-abilities>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "board-reps": BoardReps;
  }
}
