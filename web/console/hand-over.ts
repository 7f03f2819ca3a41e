/** `<console-hand-over .opened>`: to whom a conversation goes: a colleague, the free ones first, or a queue, where it keeps its age. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import { Watch } from "../protocol";
import "../ui/avatar";
import type { Presence } from "../ui/avatar";
import type { Dialog } from "../ui/dialog";
import "../ui/dialog";
import "../ui/empty";
import "../ui/icon";
import "../ui/row";
import { base } from "../ui/tokens";
import { handToQueue, handToRep } from "./deeds";
import type { RepView } from "./desk";
import type { Opened } from "./opened";
import { t, worded } from "./texts";

const PRESENCE: Record<string, Presence> = { available: "online", away: "away", wrap_up: "busy", disconnected: "offline", offline: "offline" };
const ORDER = ["available", "wrap_up", "away", "disconnected", "offline"];

@customElement("console-hand-over")
export class ConsoleHandOver extends LitElement {
  static override styles = [
    base,
    css`
      h3 {
        margin: var(--space-3) 0 var(--space-1);
        color: var(--grey-text);
        font: 600 var(--text-12) / 1.5 var(--font);
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      p {
        margin: 0;
        color: var(--grey-text);
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @state() private shown = false;
  @query("tresen-ui-dialog") private readonly dialog!: Dialog;

  protected readonly words = new LocaleController(this);
  protected readonly watch = new Watch(this);

  override willUpdate(): void {
    this.watch.value = this.opened.app.desk;
  }

  show(): void {
    this.shown = true;
    void this.opened.refresh();
    const { app } = this.opened;
    void app.desk.refresh();
    void app.attempt(() => app.desk.readQueues());
    void this.updateComplete.then(() => this.dialog.show());
  }

  private async toRep(rep: RepView): Promise<void> {
    this.dialog.close("chosen");
    await handToRep(this.opened.app, this.opened, rep.rep_id, rep.name);
  }

  private async toQueue(id: string, name: string): Promise<void> {
    this.dialog.close("chosen");
    await handToQueue(this.opened.app, this.opened, id, name);
  }

  override render(): TemplateResult {
    return html`<tresen-ui-dialog heading=${t("hand.title")} @close=${() => (this.shown = false)}>${this.shown ? this.choice() : nothing}</tresen-ui-dialog>`;
  }

  private choice(): TemplateResult {
    const { desk } = this.opened.app;
    const reps = [...desk.reps.values()]
      .filter((rep) => rep.rep_id !== this.opened.conversation?.rep_id && rep.status !== "offline")
      .sort((one, other) => ORDER.indexOf(one.status) - ORDER.indexOf(other.status) || one.name.localeCompare(other.name));
    return html`<p>${t("hand.hint")}</p>
      <h3>${t("hand.reps")}</h3>
      ${reps.length
        ? html`<ul>
            ${reps.map(
              (rep) => html`<li>
                <tresen-ui-row interactive @choose=${() => void this.toRep(rep)}>
                  <tresen-ui-avatar slot="leading" name=${rep.name} presence=${PRESENCE[rep.status] ?? "offline"}></tresen-ui-avatar>
                  <bdi slot="title">${rep.name || rep.rep_id}</bdi>
                  <span slot="detail">${worded("status", rep.status)}${rep.languages.length ? ` · ${rep.languages.join(", ")}` : ""}</span>
                  <span slot="meta">${t("hand.load", { load: rep.load["chat"] ?? 0, capacity: rep.capacity["chat"] ?? 0 })}</span>
                </tresen-ui-row>
              </li>`,
            )}
          </ul>`
        : html`<p>${t("hand.nobody")}</p>`}
      <h3>${t("hand.queues")}</h3>
      <ul>
        ${[...desk.queues.values()].map(
          (queue) => html`<li>
            <tresen-ui-row interactive @choose=${() => void this.toQueue(queue.id, queue.name)}>
              <tresen-ui-icon slot="leading" name="inbox"></tresen-ui-icon>
              <bdi slot="title">${queue.name}</bdi>
              <span slot="detail">${t("hand.waiting", { count: desk.lobby.filter((each) => each.queue_id === queue.id).length })}</span>
            </tresen-ui-row>
          </li>`,
        )}
      </ul>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-hand-over": ConsoleHandOver;
  }
}
