/** `<board-queue .app .now>`: who waits, for how long and why; more priority, a rep of the supervisor's choice, or oneself. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Place } from "../../protocol";
import { stopwatch } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/avatar";
import "../../ui/badge";
import "../../ui/button";
import "../../ui/empty";
import "../../ui/menu";
import "../../ui/meter";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { called } from "../called";
import { waitOf } from "./figures";
import { conversationLink, goTo } from "./going";
import { refusal } from "./refusals";
import { tableStyles } from "./styles";
import { t, worded } from "./texts";

const BOOST_POINTS = 5;
/** Where a queue says nothing: how long is too long. */
const THRESHOLD_S = 60;

@customElement("board-queue")
export class BoardQueue extends LitElement {
  static override styles = [base, tableStyles];

  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) places: readonly Place[] = [];
  @property({ attribute: false }) thresholds: ReadonlyMap<string, number> = new Map();
  @property({ type: Number }) now = 0;
  @state() private busy = "";
  protected readonly words = new LocaleController(this);

  private async during(id: string, work: () => Promise<unknown>): Promise<boolean> {
    this.busy = id;
    const done = await this.app.attempt(work, refusal);
    this.busy = "";
    void this.app.desk.refresh();
    return done;
  }

  private async pick(place: Place): Promise<void> {
    if (await this.during(place.id, () => this.app.link.ask("queue.pick", { ticket_id: place.id }))) goTo(place.conversation_id);
  }

  private assign(place: Place): TemplateResult {
    const items = [...this.app.desk.reps.values()].filter((rep) => rep.status !== "offline").map((rep) => ({ id: rep.rep_id, label: `${rep.name || t("somebody")} · ${worded("rep", rep.status)}` }));
    const give = (event: CustomEvent<{ id: string }>): void => void this.during(place.id, () => this.app.link.ask("queue.reassign", { ticket_id: place.id, rep_id: event.detail.id, force: true }));
    return html`<tresen-ui-menu label=${t("queue.assign")} .items=${items} @choose=${give}><tresen-ui-button slot="trigger" size="small" icon="user-plus" ?disabled=${!items.length} label=${t("queue.assign")}></tresen-ui-button></tresen-ui-menu>`;
  }

  private row(place: Place): TemplateResult {
    const name = called(this.app.desk.conversations.get(place.conversation_id)?.customer_name);
    const waited = waitOf(place, this.now);
    const share = waited / (this.thresholds.get(place.queue_id) ?? THRESHOLD_S);
    const busy = this.busy === place.id;
    return html`<tr>
      <th scope="row"><span class="who"><tresen-ui-avatar size="small" name=${name}></tresen-ui-avatar>${conversationLink(place.conversation_id, name)}</span></th>
      <td>${worded("channel", place.channel)}${place.callback ? html` <tresen-ui-badge icon="phone-call">${t("queue.callback")}</tresen-ui-badge>` : nothing}</td>
      <td>${this.app.desk.queues.get(place.queue_id)?.name ?? ""}</td>
      <td class="number">${stopwatch(waited)}</td>
      <td><tresen-ui-meter hide-label label=${t("queue.waited", { name })} kind="progress" tone=${share >= 1 ? "danger" : share > 0.7 ? "warning" : "accent"} .value=${Math.min(1, share)} .text=${stopwatch(waited)}></tresen-ui-meter></td>
      <td>${worded("reason", place.reason)}</td>
      <td>${place.state === "offered" ? html`<tresen-ui-badge tone="accent">${t("queue.offered")}</tresen-ui-badge>` : nothing}${place.priority ? html`<tresen-ui-badge tone="warning" icon="chevron-up">${t("queue.priority", { count: place.priority })}</tresen-ui-badge>` : nothing}</td>
      <td>
        <span class="actions">
          <tresen-ui-button size="small" icon="chevron-up" ?busy=${busy} label=${t("queue.boost", { name, count: BOOST_POINTS })} @click=${() => void this.during(place.id, () => this.app.link.ask("queue.boost", { ticket_id: place.id, points: BOOST_POINTS, reason: "supervisor" }))}></tresen-ui-button>
          ${this.assign(place)}
          <tresen-ui-button size="small" ?busy=${busy} @click=${() => void this.pick(place)}>${t("queue.pick")}</tresen-ui-button>
        </span>
      </td>
    </tr>`;
  }

  override render(): TemplateResult {
    if (!this.places.length) return html`<tresen-ui-empty icon="inbox" heading=${t("queue.empty")}>${t("queue.empty_text")}</tresen-ui-empty>`;
    return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">${t("customer")}</th><th scope="col">${t("head.channel")}</th><th scope="col">${t("head.queue")}</th><th scope="col" class="number">${t("head.waiting")}</th
            ><td></td><th scope="col">${t("head.reason")}</th><th scope="col">${t("head.state")}</th><th scope="col"><span class="unseen">${t("head.actions")}</span></th>
          </tr>
        </thead>
        <tbody>${this.places.map((place) => this.row(place))}</tbody>
      </table>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "board-queue": BoardQueue;
  }
}
