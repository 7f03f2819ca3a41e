/** `<console-call-panels .active .panel>`: the one panel of a call that is open: transfer, a further rep, recording, devices, the connection. Fires `closed`. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Watch } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/dialog";
import "../../ui/field";
import type { Field } from "../../ui/field";
import "../../ui/strip";
import { base } from "../../ui/tokens";
import type { ActiveCall } from "./active";
import type { Want } from "./bar";
import "./choices";
import type { Choices } from "./choices";
import { isOpen } from "./controls";
import "./devices";
import "./people";
import "./quality";
import { t } from "./texts";

@customElement("console-call-panels")
export class Panels extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: contents;
        color: var(--ink);
        font: var(--text-14) / 1.5 var(--font);
      }
      .stack {
        display: flex;
        flex-direction: column;
        gap: 16px;
      }
      p {
        margin: 0;
      }
      .quiet {
        color: var(--grey-text);
      }
    `,
  ];

  @property({ attribute: false })
  set active(active: ActiveCall) {
    this.watch.value = active;
  }
  get active(): ActiveCall {
    return this.watch.value!;
  }
  @property({ attribute: false }) panel: Want | null = null;
  @state() private kind: "warm" | "cold" = "warm";
  @state() private target: "rep" | "queue" = "rep";
  @state() private rep = "";
  @state() private requirement = "";
  private readonly watch = new Watch<ActiveCall>(this);
  protected readonly words = new LocaleController(this);

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("panel") && this.panel) [this.rep, this.requirement, this.kind, this.target] = ["", "", "warm", "rep"];
  }

  override render(): TemplateResult | typeof nothing {
    switch (this.panel) {
      case "transfer":
        return this.#transfer();
      case "add":
        return this.#add();
      case "record":
        return this.#record();
      case "devices":
        return html`<console-devices open .active=${this.active} @close=${this.#close}></console-devices>`;
      case "quality":
        return html`<tresen-ui-dialog open size="wide" heading=${t("details.title")} @close=${this.#close}><console-call-quality .active=${this.active}></console-call-quality></tresen-ui-dialog>`;
      default:
        return nothing;
    }
  }

  #transfer(): TemplateResult {
    const { customer } = this.active;
    const ready = this.target === "queue" || this.rep !== "";
    const begin = async (): Promise<void> => {
      const to = this.target === "rep" ? { rep_id: this.rep } : this.requirement.trim() ? { requirement: this.requirement.trim() } : {};
      if (await this.active.transfer(this.kind, to)) this.#close();
    };
    return html`<tresen-ui-dialog open heading=${t("transfer.title", { customer })} @close=${this.#close}>
      <div class="stack">
        <console-choices
          legend=${t("transfer.how")}
          .choices=${[
            { value: "warm", label: t("transfer.warm"), hint: t("transfer.warm.hint", { customer }) },
            { value: "cold", label: t("transfer.cold"), hint: t("transfer.cold.hint") },
          ]}
          value=${this.kind}
          @change=${(event: Event) => (this.kind = (event.target as Choices).value as "warm" | "cold")}
        ></console-choices>
        <console-choices
          legend=${t("transfer.where")}
          row
          .choices=${[
            { value: "rep", label: t("transfer.to.rep") },
            { value: "queue", label: t("transfer.to.queue") },
          ]}
          value=${this.target}
          @change=${(event: Event) => (this.target = (event.target as Choices).value as "rep" | "queue")}
        ></console-choices>
        ${this.target === "rep"
          ? this.#people()
          : html`<tresen-ui-field label=${t("transfer.requirement")} hint=${t("transfer.requirement.hint")} .value=${this.requirement} @input=${(event: Event) => (this.requirement = (event.target as Field).value)}></tresen-ui-field>`}
        ${this.#problem()}
      </div>
      <tresen-ui-button slot="footer" kind="primary" icon="phone-forwarded" ?disabled=${!ready} ?busy=${this.active.busy.has("transfer")} @click=${() => void begin()}>${t("transfer.start")}</tresen-ui-button>
    </tresen-ui-dialog>`;
  }

  #add(): TemplateResult {
    const ring = async (): Promise<void> => {
      if (await this.active.add(this.rep)) this.#close();
    };
    return html`<tresen-ui-dialog open heading=${t("add.title")} @close=${this.#close}>
      <div class="stack">
        <p class="quiet">${t("add.hint")}</p>
        ${this.#people()} ${this.#problem()}
      </div>
      <tresen-ui-button slot="footer" kind="primary" icon="user-plus" ?disabled=${!this.rep} ?busy=${this.active.busy.has("add")} @click=${() => void ring()}>${t("add.ring")}</tresen-ui-button>
    </tresen-ui-dialog>`;
  }

  #record(): TemplateResult {
    const { active } = this;
    const { customer, consent } = active;
    const record = async (): Promise<void> => {
      await active.toggleRecording();
      if (!active.problem) this.#close();
    };
    const says = consent === "granted" ? t("record.agreed", { customer }) : consent === "asked" ? t("record.asked", { customer }) : consent === "refused" ? t("record.refused", { customer }) : t("record.missing", { customer });
    return html`<tresen-ui-dialog open heading=${t("record.title")} @close=${this.#close}>
      <div class="stack">
        <p role="status">${says}</p>
        ${this.#problem()}
      </div>
      ${consent === "granted"
        ? html`<tresen-ui-button slot="footer" kind="primary" icon="circle-dot" ?busy=${active.busy.has("record")} @click=${() => void record()}>${t("act.record")}</tresen-ui-button>`
        : html`<tresen-ui-button slot="footer" kind="primary" icon="shield-check" ?disabled=${consent === "asked"} ?busy=${active.busy.has("consent")} @click=${() => void active.askConsent()}>${t("record.ask")}</tresen-ui-button>`}
    </tresen-ui-dialog>`;
  }

  #people(): TemplateResult {
    const { active } = this;
    const inside = active.call.legs.filter((leg) => isOpen(leg)).map((leg) => leg.person_id);
    return html`<console-people .app=${active.app} .not=${[active.me, ...inside]} chosen=${this.rep} @choose=${(event: CustomEvent<{ id: string }>) => (this.rep = event.detail.id)}></console-people>`;
  }

  #problem(): TemplateResult | typeof nothing {
    const { problem } = this.active;
    return problem ? html`<tresen-ui-strip rounded tone="danger" icon="circle-alert">${t("act.refused", { problem })}</tresen-ui-strip>` : nothing;
  }

  #close = (): void => {
    this.active.dismiss();
    this.dispatchEvent(new CustomEvent("closed"));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "console-call-panels": Panels;
  }
}
