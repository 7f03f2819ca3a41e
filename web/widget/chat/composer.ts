/**
 * `<tresen-composer>`: the one input. Enter sends, Shift+Enter makes a new line; files come by the button, by pasting or by dropping.
 *
 * What is typed is kept for this tab, so that going to another page of the shop loses no word.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { fileSize, percent } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import { Watch, type Message } from "../../protocol";
import "../../ui/button";
import "../../ui/icon";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { ACCEPTED } from "../state/files";
import { t } from "../words";
import { preview } from "./message";
import { Uploads, type Upload } from "./uploads";

const TEXT_MOST = 4000;

@customElement("tresen-composer")
export class Composer extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        flex: none;
        position: relative;
        border-block-start: 1px solid var(--line);
        background: var(--raised);
      }
      form {
        display: flex;
        align-items: flex-end;
        gap: 2px;
        padding: 8px;
        padding-block-end: max(8px, env(safe-area-inset-bottom));
      }
      textarea {
        flex: 1;
        min-inline-size: 0;
        max-block-size: 118px;
        margin: 0 4px;
        padding: 7px 10px;
        resize: none;
        overflow-y: auto;
        border: 1px solid var(--grey-control);
        border-radius: var(--radius);
        background: var(--raised);
        color: inherit;
        font: var(--text-14) / 1.4 var(--font);
        field-sizing: content;
        min-block-size: var(--control);
      }
      textarea::placeholder {
        color: var(--grey-text);
        opacity: 1;
      }
      textarea:focus {
        border-color: var(--focus);
        outline: 2px solid var(--focus);
        outline-offset: -1px;
      }
      @media (pointer: coarse) {
        /* Smaller text makes phones zoom into the field. */
        textarea {
          font-size: var(--text-16);
        }
      }
      .about {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 8px 8px 0 14px;
        color: var(--grey-text);
        font: var(--text-13) / 1.4 var(--font);
      }
      .about span {
        flex: 1;
        min-inline-size: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      ul {
        display: grid;
        gap: 4px;
        max-block-size: 132px;
        margin: 0;
        padding: 8px 12px 0;
        overflow-y: auto;
        list-style: none;
      }
      li {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 4px 4px 4px 10px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        font: var(--text-13) / 1.35 var(--font);
      }
      li span {
        flex: 1;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      li small {
        display: block;
        color: var(--grey-text);
        font-size: var(--text-12);
        font-variant-numeric: tabular-nums;
      }
      li.wrong small {
        color: var(--danger);
      }
      progress {
        inline-size: 56px;
        accent-color: var(--accent);
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) call!: (media: "voice" | "video") => void;
  @query("textarea") private readonly field!: HTMLTextAreaElement;
  @query("input[type=file]") private readonly picker!: HTMLInputElement;
  @state() private text = "";
  @state() private answers: Message | null = null;
  @state() private edits: Message | null = null;
  @state() private emoji = false;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<App>(this);
  private readonly uploads = new Uploads(this, () => this.app);

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.app;
    this.text = this.app.store.getHere("draft") ?? "";
  }

  /** The height its text needs, where `field-sizing` is not known. */
  protected override updated(): void {
    if (CSS.supports("field-sizing", "content")) return;
    const { style } = this.field;
    style.height = "auto";
    style.height = `${this.field.scrollHeight + 2}px`;
  }

  focusInput(): void {
    void this.updateComplete.then(() => this.field.focus());
  }

  reply(message: Message): void {
    this.answers = message;
    this.edits = null;
    this.focusInput();
  }

  edit(message: Message): void {
    this.edits = message;
    this.answers = null;
    this.text = message.text;
    this.focusInput();
  }

  /** Files of whatever kind; what cannot be sent says so. */
  attach(files: readonly File[]): void {
    for (const file of files) this.uploads.add(file);
    this.focusInput();
  }

  private discard(item: Upload): void {
    this.uploads.discard(item);
    this.focusInput();
  }

  private typed(): void {
    this.text = this.field.value;
    if (this.text) this.app.store.allow();
    if (!this.edits) this.app.store.setHere("draft", this.text || null);
    this.app.log?.typing(this.text.trim() !== "");
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key === "Escape" && (this.edits || this.answers || this.emoji)) {
      event.preventDefault();
      if (this.emoji) this.emoji = false;
      else this.forgetAbout();
      this.focusInput();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "ArrowUp" && !this.text && !this.edits) {
      // As in every messenger: the last words once more.
      const last = this.app.log?.messages.findLast((message) => message.actor.kind === "customer" && message.seq !== null && !message.deleted);
      if (!last?.text) return;
      event.preventDefault();
      this.edit(last);
    }
  }

  private pasted(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.attach(files);
  }

  private forgetAbout(): void {
    if (this.edits) this.text = "";
    this.edits = this.answers = null;
  }

  private get ready(): boolean {
    return !this.uploads.underway && (this.text.trim() !== "" || this.uploads.ids.length > 0);
  }

  private submit(): void {
    if (!this.ready) return;
    const text = this.text.trim();
    const edits = this.edits;
    if (edits) {
      if (text && text !== edits.text) this.app.log?.edit(edits.id, text).catch((error: unknown) => this.app.report(error));
    } else {
      const files = this.uploads.ids;
      this.app.say({ text, ...(this.answers ? { reply_to: this.answers.id } : {}), ...(files.length ? { attachment_ids: files } : {}) });
      this.uploads.said();
      this.app.store.setHere("draft", null);
    }
    this.edits = this.answers = null;
    this.text = "";
    this.emoji = false;
    this.focusInput();
  }

  private async toggleEmoji(): Promise<void> {
    await import("../emoji/emoji");
    this.emoji = !this.emoji;
  }

  private insert(emoji: string): void {
    const control = this.field;
    const at = control.selectionStart ?? this.text.length;
    this.text = this.text.slice(0, at) + emoji + this.text.slice(control.selectionEnd ?? at);
    this.app.store.setHere("draft", this.text);
    void this.updateComplete.then(() => control.setSelectionRange(at + emoji.length, at + emoji.length));
  }

  private uploadView(item: Upload): TemplateResult {
    const under = item.problem || (item.id ? fileSize(item.file.size) : percent(item.share));
    return html`<li class=${item.problem ? "wrong" : ""}>
      <tresen-ui-icon name=${item.problem ? "circle-alert" : item.file.type.startsWith("image/") ? "image" : "file-text"}></tresen-ui-icon>
      <span><bdi>${item.file.name}</bdi><small role="status">${under}</small></span>
      ${item.id || item.problem ? nothing : html`<progress max="1" .value=${item.share} aria-label=${t("file.sending", { name: item.file.name })}></progress>`}
      <tresen-ui-button size="small" kind="quiet" icon="x" label=${t("file.remove", { name: item.file.name })} @click=${() => this.discard(item)}></tresen-ui-button>
    </li>`;
  }

  override render(): TemplateResult {
    const about = this.edits ?? this.answers;
    return html`
      ${this.emoji
        ? html`<tresen-emoji
            @pick=${(event: CustomEvent<string>) => this.insert(event.detail)}
            @close=${() => {
              this.emoji = false;
              this.focusInput();
            }}
          ></tresen-emoji>`
        : nothing}
      ${about
        ? html`<div class="about">
            <tresen-ui-icon name=${this.edits ? "pencil" : "reply"}></tresen-ui-icon>
            <span>${this.edits ? t("composer.editing") : t("composer.answering", { words: preview(about) })}</span>
            <tresen-ui-button size="small" kind="quiet" icon="x" label=${t("cancel")} @click=${() => this.forgetAbout()}></tresen-ui-button>
          </div>`
        : nothing}
      ${this.uploads.all.length ? html`<ul aria-label=${t("files")}>${this.uploads.all.map((item) => this.uploadView(item))}</ul>` : nothing}
      <form
        @submit=${(event: Event) => {
          event.preventDefault();
          this.submit();
        }}
      >
        <tresen-ui-button kind="quiet" icon="paperclip" label=${t("file.add")} @click=${() => this.picker.click()}></tresen-ui-button>
        <input type="file" hidden multiple accept=${ACCEPTED.join(",")} aria-label=${t("file.add")} @change=${() => this.picked()} />
        <textarea
          aria-label=${t("composer")}
          placeholder=${t("composer")}
          rows="1"
          maxlength=${TEXT_MOST}
          .value=${live(this.text)}
          @input=${() => this.typed()}
          @keydown=${(event: KeyboardEvent) => this.pressed(event)}
          @paste=${(event: ClipboardEvent) => this.pasted(event)}
          @focusout=${() => this.app.log?.typing(false)}
        ></textarea>
        <tresen-ui-button kind="quiet" icon="smile" label=${t("emoji")} expanded=${String(this.emoji)} @click=${() => void this.toggleEmoji()}></tresen-ui-button>
        <tresen-ui-button kind="primary" icon="send" label=${this.edits ? t("save") : t("send")} ?disabled=${!this.ready} @click=${() => this.submit()}></tresen-ui-button>
      </form>
    `;
  }

  private picked(): void {
    this.attach([...(this.picker.files ?? [])]);
    this.picker.value = "";
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-composer": Composer;
  }
}
