/** `<board-abilities .app>`: what a rep can do and how much at once, as a form. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/dialog";
import "../../ui/field";
import type { Field } from "../../ui/field";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { skillsOf, skillsTyped, tagsOf, type RepView } from "./figures";
import { refusal } from "./refusals";
import { t, worded } from "./texts";

const CHANNELS = ["chat", "voice", "video"] as const;
const CAPACITY_MOST = 50;

@customElement("board-abilities")
export class BoardAbilities extends LitElement {
  static override styles = [
    base,
    css`
      form {
        display: grid;
        grid-template-columns: repeat(3, minmax(0, 1fr));
        gap: 12px;
      }
      .whole {
        grid-column: 1 / -1;
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @state() private rep: RepView | null = null;
  @state() private wrong: { skills?: string; languages?: string } = {};
  @state() private busy = false;
  protected readonly words = new LocaleController(this);

  begin(rep: RepView): void {
    this.wrong = {};
    this.rep = rep;
  }

  private async send(event?: Event): Promise<void> {
    event?.preventDefault();
    const { rep } = this;
    const fields = [...this.renderRoot.querySelectorAll<Field>("tresen-ui-field")];
    const value = (name: string): string => fields.find((field) => field.name === name)!.value;
    if (!rep || this.busy || !fields.map((field) => field.reportValidity()).every(Boolean)) return;
    const skills = skillsOf(value("skills"));
    const languages = tagsOf(value("languages"));
    this.wrong = { ...(skills ? {} : { skills: t("abilities.skills_wrong") }), ...(languages ? {} : { languages: t("abilities.languages_wrong") }) };
    if (!skills || !languages) return;
    this.busy = true;
    const capacity = Object.fromEntries(CHANNELS.map((channel) => [channel, Number(value(channel))]));
    const excludes = rep.excludes as Record<string, ("chat" | "voice" | "video")[]>;
    const done = await this.app.attempt(() => this.app.link.ask("rep.set_abilities", { rep_id: rep.rep_id, skills, languages, capacity, excludes }), refusal);
    this.busy = false;
    if (done) this.rep = null;
    void this.app.desk.refresh();
  }

  override render(): TemplateResult {
    const { rep } = this;
    return html`<tresen-ui-dialog heading=${t("abilities.heading", { name: rep?.name || t("somebody") })} ?open=${rep !== null} @close=${() => (this.rep = null)}>
      ${rep
        ? html`<form novalidate @submit=${(event: Event) => void this.send(event)}>
            <tresen-ui-field class="whole" name="skills" type="textarea" label=${t("abilities.skills")} hint=${t("abilities.skills_hint")} .error=${this.wrong.skills ?? ""} value=${skillsTyped(rep.skills)}></tresen-ui-field>
            <tresen-ui-field class="whole" name="languages" label=${t("abilities.languages")} hint=${t("abilities.languages_hint")} .error=${this.wrong.languages ?? ""} value=${rep.languages.join(", ")}></tresen-ui-field>
            ${CHANNELS.map((channel) => html`<tresen-ui-field name=${channel} type="number" min="0" max=${CAPACITY_MOST} step="1" required label=${t("abilities.most", { channel: worded("channel", channel) })} value=${String(rep.capacity[channel] ?? 0)}></tresen-ui-field>`)}
          </form>`
        : nothing}
      <tresen-ui-button slot="footer" @click=${() => (this.rep = null)}>${t("cancel")}</tresen-ui-button>
      <tresen-ui-button slot="footer" kind="primary" ?busy=${this.busy} @click=${() => void this.send()}>${t("save")}</tresen-ui-button>
    </tresen-ui-dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "board-abilities": BoardAbilities;
  }
}
