/**
 * `<console-composer .opened>`: what a rep writes. Messages and notes for the staff, files by button, paste and drop, canned replies behind
 * `/`, products, quick replies, emoji. What is not sent yet outlives the page.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import { Watch, newId, type Block } from "../protocol";
import "../ui/button";
import { float, sink } from "../ui/float";
import "../ui/icon";
import "../ui/tooltip";
import { base } from "../ui/tokens";
import { composerStyles } from "./composer-styles";
import type { ConsoleCanned } from "./canned";
import "./canned";
import { actorName } from "./happenings";
import { keep, kept } from "./keep";
import type { Opened } from "./opened";
import { inWords } from "./problems";
import type { ConsoleProducts } from "./products";
import type { ConsoleQuickReplies } from "./quick-replies";
import { t } from "./texts";
import { Uploads } from "./uploads";
import { TAKEN } from "./files";

const TEXT_MOST = 4000;
const ROWS_PX_MOST = 200;

interface Draft {
  text: string;
  note: boolean;
  replyTo: string | null;
  replies: string[];
}
const EMPTY: Draft = { text: "", note: false, replyTo: null, replies: [] };

@customElement("console-composer")
export class ConsoleComposer extends LitElement {
  static override styles = [base, composerStyles];

  @property({ attribute: false }) opened!: Opened;
  @state() private draft: Draft = EMPTY;
  @state() private dropping = false;
  @query("textarea") private readonly area?: HTMLTextAreaElement;
  @query("console-canned") private readonly canned!: ConsoleCanned;
  @query(".emoji") private readonly emoji!: HTMLElement;
  @query("input[type=file]") private readonly chooser!: HTMLInputElement;
  private uploads = new Uploads(this);

  protected readonly words = new LocaleController(this);
  protected readonly watch = new Watch(this);

  override willUpdate(changed: PropertyValues<this>): void {
    this.watch.value = this.opened;
    if (!changed.has("opened")) return;
    this.uploads.opened = this.opened;
    this.draft = { ...EMPTY, ...kept<Partial<Draft>>(`draft.${this.opened.id}`) };
    void this.updateComplete.then(() => this.grow());
  }

  /** The text's field, for the key that leads there. */
  override focus(): void {
    this.area?.focus();
  }

  /** Answers a message. */
  quote(messageId: string): void {
    this.change({ replyTo: messageId, note: false });
    this.focus();
  }

  /** Writes a note for the staff, or a message again. */
  setNote(note: boolean): void {
    this.change({ note });
    this.focus();
  }

  async openProducts(): Promise<void> {
    await import("./products");
    this.renderRoot.querySelector<ConsoleProducts>("console-products")?.show();
  }

  attach(): void {
    this.chooser.click();
  }

  private change(change: Partial<Draft>): void {
    this.draft = { ...this.draft, ...change };
    const { text, replyTo, replies } = this.draft;
    keep(`draft.${this.opened.id}`, text || replyTo !== null || replies.length ? this.draft : null);
  }

  override render(): TemplateResult {
    const { opened, draft } = this;
    if (!opened.conversation) return html``;
    if (!opened.open) return html`<p class="closed">${t("composer.closed")}</p>`;
    return html`<div
        class="box ${draft.note ? "note" : ""} ${this.dropping ? "dropping" : ""}"
        @dragover=${this.dragged}
        @dragleave=${() => (this.dropping = false)}
        @drop=${this.dropped}
      >
        ${this.quoted()} ${this.chips()}
        <label class="unseen" for="text">${t(draft.note ? "composer.note" : "composer.message")}</label>
        <textarea
          id="text"
          rows="1"
          dir="auto"
          maxlength=${TEXT_MOST}
          placeholder=${t(draft.note ? "composer.note.hint" : "composer.hint")}
          .value=${draft.text}
          @input=${this.typed}
          @keydown=${this.key}
          @paste=${this.pasted}
          @blur=${() => opened.log.typing(false)}
        ></textarea>
        ${this.tools()}
        <input type="file" multiple hidden accept=${TAKEN} @change=${this.chosen} />
        <div class="emoji" popover="auto" hidden @toggle=${(event: ToggleEvent) => event.newState === "closed" && (this.emoji.hidden = true)}></div>
      </div>
      <console-canned .opened=${opened} @pick=${this.picked}></console-canned>
      <console-products .opened=${opened}></console-products>
      <console-quick-replies @given=${(event: CustomEvent<{ labels: string[] }>) => this.change({ replies: event.detail.labels })}></console-quick-replies>`;
  }

  private quoted(): TemplateResult | typeof nothing {
    const { replyTo } = this.draft;
    const message = replyTo === null ? undefined : this.opened.log.message(replyTo);
    if (!message) return nothing;
    return html`<div class="quoted">
      <tresen-ui-icon name="reply"></tresen-ui-icon>
      <span><bdi class="who">${actorName(message.actor, (id) => this.opened.app.nameOf(id))}</bdi> <bdi>${message.text}</bdi></span>
      <tresen-ui-button size="small" kind="quiet" icon="x" label=${t("composer.unquote")} @click=${() => this.change({ replyTo: null })}></tresen-ui-button>
    </div>`;
  }

  private chips(): TemplateResult | typeof nothing {
    const { replies } = this.draft;
    const { files } = this.uploads;
    if (!replies.length && !files.length) return nothing;
    return html`<ul class="chips">
      ${files.map(
        (file) => html`<li class=${file.problem ? "failed" : ""}>
          <tresen-ui-icon name=${file.problem ? "circle-alert" : file.done ? "paperclip" : "loader-circle"}></tresen-ui-icon>
          <bdi>${file.name}</bdi>${file.problem ? html`<span>${inWords(file.problem)}</span>` : nothing}
          <tresen-ui-button size="small" kind="quiet" icon="x" label=${t("composer.remove", { name: file.name })} @click=${() => this.uploads.remove(file)}></tresen-ui-button>
        </li>`,
      )}
      ${replies.map(
        (label) => html`<li class="reply"><tresen-ui-icon name="list"></tresen-ui-icon><bdi>${label}</bdi>
          <tresen-ui-button size="small" kind="quiet" icon="x" label=${t("composer.remove", { name: label })} @click=${() => this.change({ replies: replies.filter((each) => each !== label) })}></tresen-ui-button></li>`,
      )}
    </ul>`;
  }

  private tools(): TemplateResult {
    const { note } = this.draft;
    const ready = this.ready;
    const tool = (icon: "paperclip" | "smile" | "tag" | "list" | "zap", label: string, run: () => void, keys = "") =>
      html`<tresen-ui-tooltip text=${label} keys=${keys}><tresen-ui-button size="small" kind="quiet" icon=${icon} label=${label} @click=${run}></tresen-ui-button></tresen-ui-tooltip>`;
    return html`<div class="tools" role="toolbar" aria-label=${t("composer.tools")}>
      ${note
        ? nothing
        : html`${tool("paperclip", t("composer.attach"), () => this.attach(), "alt+u")} ${tool("smile", t("composer.emoji"), () => void this.toggleEmoji())}
          ${tool("zap", t("composer.canned"), () => this.beginCanned(), "/")} ${tool("tag", t("composer.product"), () => void this.openProducts(), "alt+p")}
          ${tool("list", t("composer.replies"), () => void this.openReplies())}`}
      <tresen-ui-tooltip text=${t("composer.note")} keys="alt+n">
        <tresen-ui-button size="small" kind="quiet" icon="sticky-note" pressed=${String(note)} label=${t("composer.note")} @click=${() => this.setNote(!note)}></tresen-ui-button>
      </tresen-ui-tooltip>
      <span class="space"></span>
      <tresen-ui-button size="small" kind="primary" icon=${note ? "sticky-note" : "send"} ?disabled=${!ready} @click=${() => void this.send()}>${t(note ? "composer.keep_note" : "composer.send")}</tresen-ui-button>
    </div>`;
  }

  private get ready(): boolean {
    const { text, note } = this.draft;
    if (note) return text.trim() !== "";
    return !this.uploads.busy && (text.trim() !== "" || this.uploads.ids.length > 0);
  }

  private typed(): void {
    const text = this.area?.value ?? "";
    this.change({ text });
    this.grow();
    if (!this.draft.note) this.opened.log.typing(text !== "");
    // A line that begins with "/" looks among the canned replies.
    const wanted = /^\/(\S*)$/.exec(text);
    if (wanted && !this.draft.note) this.canned.look(wanted[1] ?? "");
    else this.canned.close();
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (this.canned.open && this.canned.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void this.send();
    } else if (event.key === "Escape" && (this.draft.replyTo !== null || this.draft.note)) {
      event.preventDefault();
      this.change({ replyTo: null, note: false });
    } else if (event.key === "ArrowUp" && this.draft.text === "" && !this.draft.note) this.editLast(event);
  }

  /** As in any chat: up in an empty field mends what was said last. */
  private editLast(event: KeyboardEvent): void {
    const last = this.opened.log.messages.findLast((each) => each.actor.id === this.opened.app.me.id && each.state === "sent" && !each.deleted && each.text !== "");
    if (!last) return;
    event.preventDefault();
    this.dispatchEvent(new CustomEvent("edit-message", { detail: { id: last.id }, bubbles: true, composed: true }));
  }

  private async send(): Promise<void> {
    if (!this.ready) return;
    const { opened, draft } = this;
    const text = draft.text.trim();
    if (draft.note) {
      const done = await opened.app.attempt(() => opened.app.link.ask("conversation.note", { conversation_id: opened.id, id: newId("note"), text }), inWords);
      if (done) this.change({ ...EMPTY });
    } else {
      const blocks: Block[] = draft.replies.length ? [{ type: "quick_replies", replies: draft.replies.map((label) => ({ label })) }] : [];
      opened.log.send({ text, blocks, reply_to: draft.replyTo, attachment_ids: this.uploads.ids });
      this.uploads.clear();
      this.change({ ...EMPTY });
      this.dispatchEvent(new CustomEvent("sent", { bubbles: true, composed: true }));
    }
    await this.updateComplete;
    this.grow();
    this.focus();
  }

  private grow(): void {
    const { area } = this;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, ROWS_PX_MOST)}px`;
  }

  private put(text: string): void {
    const { area } = this;
    if (!area) return;
    const [from, to] = [area.selectionStart, area.selectionEnd];
    const before = this.draft.text.slice(0, from) + text;
    this.change({ text: before + this.draft.text.slice(to) });
    void this.updateComplete.then(() => {
      area.focus();
      area.setSelectionRange(before.length, before.length);
      this.grow();
    });
  }

  private beginCanned(): void {
    this.change({ text: "/" });
    this.focus();
    this.canned.look("");
  }

  private async picked(event: CustomEvent<{ text: string }>): Promise<void> {
    this.change({ text: event.detail.text });
    await this.updateComplete;
    this.grow();
    this.focus();
    this.area?.setSelectionRange(event.detail.text.length, event.detail.text.length);
  }

  private async openReplies(): Promise<void> {
    await import("./quick-replies");
    this.renderRoot.querySelector<ConsoleQuickReplies>("console-quick-replies")?.show(this.draft.replies);
  }

  private async toggleEmoji(): Promise<void> {
    if (this.emoji.matches(":popover-open")) {
      sink(this.emoji);
      return;
    }
    await import("./emoji");
    if (!this.emoji.firstChild) {
      const choice = document.createElement("console-emoji");
      choice.addEventListener("choose", (event) => {
        sink(this.emoji);
        this.put((event as CustomEvent<{ emoji: string }>).detail.emoji);
      });
      this.emoji.append(choice);
      await choice.updateComplete;
    }
    float(this.emoji, this.renderRoot.querySelector(".tools")!, "above");
    (this.emoji.firstChild as HTMLElement).focus();
  }

  // --- files

  private chosen(): void {
    this.uploads.add([...(this.chooser.files ?? [])]);
    this.chooser.value = "";
    this.focus();
  }

  private pasted(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || this.draft.note) return;
    event.preventDefault();
    this.uploads.add(files);
  }

  private dragged(event: DragEvent): void {
    if (this.draft.note || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.dropping = true;
  }

  private dropped(event: DragEvent): void {
    this.dropping = false;
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length || this.draft.note) return;
    event.preventDefault();
    this.uploads.add(files);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-composer": ConsoleComposer;
  }
}
