/** `<tresen-menu>`: sound, transcript, the end of the conversation. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LocaleController } from "../../text/texts";
import "../../ui/dialog";
import "../../ui/field";
import "../../ui/icon";
import type { Field } from "../../ui/field";
import type { IconName } from "../../ui/icon";
import { base } from "../../ui/tokens";
import "../../ui/icons-more";
import type { App } from "../app";
import type { Chime } from "../state/chime";
import { downloadTranscript, mailTranscript } from "../state/transcript";
import { t } from "../words";

@customElement("tresen-menu")
export class Menu extends LitElement {
  static override styles = [
    base,
    css`
      [role="menu"] {
        position: absolute;
        inset-block-start: 56px;
        inset-inline-end: 12px;
        z-index: var(--z-menu);
        min-inline-size: 220px;
        padding: 4px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--raised);
        box-shadow: var(--shadow);
      }
      button {
        display: flex;
        align-items: center;
        gap: 10px;
        inline-size: 100%;
        min-block-size: var(--control);
        padding: 6px 10px;
        border: 0;
        border-radius: 6px;
        background: none;
        color: var(--ink);
        font: var(--text-14) / 1.3 var(--font);
        text-align: start;
        cursor: pointer;
      }
      button:hover,
      button:focus-visible {
        background: var(--hover);
      }
      button.danger {
        color: var(--danger);
      }
      tresen-ui-icon {
        --icon-size: 18px;
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) chime!: Chime;
  @state() private asking: "" | "mail" | "end" = "";
  @state() private busy = false;
  protected readonly words = new LocaleController(this);
  private readonly outside = (event: Event): void => {
    if (!this.asking && !event.composedPath().includes(this)) this.close();
  };

  override connectedCallback(): void {
    super.connectedCallback();
    setTimeout(() => addEventListener("pointerdown", this.outside));
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("pointerdown", this.outside);
  }
  override firstUpdated(): void {
    this.items[0]?.focus();
  }

  private get items(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
  }

  private close(): void {
    this.dispatchEvent(new CustomEvent("close"));
  }

  private pressed(event: KeyboardEvent): void {
    const { items } = this;
    const at = items.indexOf(this.shadowRoot!.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") this.close();
    else if (to === undefined) return;
    else items.at(to % items.length)?.focus();
    event.preventDefault();
    event.stopPropagation();
  }

  private async done(work: () => Promise<unknown>): Promise<void> {
    this.busy = true;
    try {
      await work();
    } catch (error) {
      this.app.report(error);
    }
    this.busy = false;
    this.close();
  }

  private mail(event: Event): void {
    event.preventDefault();
    const field = (event.target as HTMLElement).querySelector<Field>("tresen-ui-field")!;
    const to = field.value.trim();
    if (!/^\S+@\S+\.\S+$/.test(to)) {
      field.error = t("email.wrong");
      return;
    }
    void this.done(async () => {
      await mailTranscript(this.app, to);
      this.app.notice(t("transcript.mailed", { address: to }), "success");
    });
  }

  override render(): TemplateResult {
    const { app } = this;
    const sound = this.chime.on(app);
    const item = (icon: IconName, text: string, act: () => void, kind = ""): TemplateResult =>
      html`<button type="button" role="menuitem" tabindex="-1" class=${kind} @click=${act}><tresen-ui-icon name=${icon}></tresen-ui-icon>${text}</button>`;
    return html`
      ${this.asking
        ? nothing
        : html`<div role="menu" aria-label=${t("menu")} @keydown=${(event: KeyboardEvent) => this.pressed(event)}>
            <button type="button" role="menuitemcheckbox" tabindex="-1" aria-checked=${String(sound)} @click=${() => this.sound(!sound)}>
              <tresen-ui-icon name=${sound ? "volume-2" : "volume-x"}></tresen-ui-icon>${sound ? t("sound.off") : t("sound.on")}
            </button>
            ${app.log
              ? html`
                  ${item("download", t("transcript.text"), () => void this.done(() => downloadTranscript(app, "text")))}
                  ${item("file-text", t("transcript.html"), () => void this.done(() => downloadTranscript(app, "html")))}
                  ${app.session?.verified ? item("mail", t("transcript.mail"), () => (this.asking = "mail")) : nothing}
                  ${app.closed ? nothing : item("log-out", t("conversation.end"), () => (this.asking = "end"), "danger")}
                `
              : nothing}
          </div>`}
      <tresen-ui-dialog contained heading=${t("conversation.end")} ?open=${this.asking === "end"} @close=${() => this.close()}>
        ${t("conversation.end_sure")}
        <tresen-ui-button slot="footer" @click=${() => this.close()}>${t("cancel")}</tresen-ui-button>
        <tresen-ui-button slot="footer" kind="danger" ?busy=${this.busy} @click=${() => void this.done(() => app.endConversation())}>${t("conversation.end")}</tresen-ui-button>
      </tresen-ui-dialog>
      <tresen-ui-dialog contained heading=${t("transcript.mail")} ?open=${this.asking === "mail"} @close=${() => this.close()}>
        <form id="mail" @submit=${(event: Event) => this.mail(event)} novalidate>
          <tresen-ui-field label=${t("email")} type="email" name="email" autocomplete="email" required></tresen-ui-field>
        </form>
        <tresen-ui-button slot="footer" @click=${() => this.close()}>${t("cancel")}</tresen-ui-button>
        <tresen-ui-button slot="footer" kind="primary" ?busy=${this.busy} @click=${() => this.renderRoot.querySelector<HTMLFormElement>("#mail")!.requestSubmit()}>${t("send")}</tresen-ui-button>
      </tresen-ui-dialog>
    `;
  }

  private sound(on: boolean): void {
    this.chime.set(this.app, on);
    this.close();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-menu": Menu;
  }
}
