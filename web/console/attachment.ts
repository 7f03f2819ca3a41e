/** `<console-attachment .app .conversationId .file>`: a file in a message; an image as itself, anything else by name and size. */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { fileSize } from "../text/formats";
import { LocaleController } from "../text/texts";
import { Problem, type Attachment } from "../protocol";
import "../ui/icon";
import { base } from "../ui/tokens";
import { picture } from "../ui/url";
import type { App } from "./app";
import { address, save } from "./files";
import { inWords } from "./problems";
import { t } from "./texts";

const SHOWN = new Set(["image/jpeg", "image/png", "image/webp", "image/gif"]);

@customElement("console-attachment")
export class ConsoleAttachment extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        max-inline-size: 100%;
      }
      button {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        max-inline-size: 100%;
        padding: var(--space-2) var(--space-3);
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        background: var(--raised);
        color: var(--ink);
        font: var(--text-13) / 1.4 var(--font);
        text-align: start;
        cursor: pointer;
      }
      button:hover {
        background: var(--sunken);
      }
      button.image {
        padding: 0;
        overflow: hidden;
        background: var(--sunken);
      }
      img {
        display: block;
        max-inline-size: min(280px, 100%);
        max-block-size: 220px;
        object-fit: contain;
      }
      .place {
        inline-size: 200px;
        block-size: 120px;
        display: grid;
        place-content: center;
        color: var(--grey-text);
      }
      .words {
        min-inline-size: 0;
      }
      bdi {
        display: block;
        overflow-wrap: anywhere;
      }
      small {
        color: var(--grey-text);
        font-size: var(--text-12);
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) conversationId = "";
  @property({ attribute: false }) file!: Attachment;
  @state() private url = "";
  @state() private problem = "";

  protected readonly words = new LocaleController(this);

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("file") && SHOWN.has(this.file.content_type)) void this.load();
  }

  private async load(): Promise<string> {
    try {
      this.url = await address(this.app, this.conversationId, this.file.id);
      this.problem = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = inWords(error);
    }
    return this.url;
  }

  private async take(): Promise<void> {
    const url = this.url || (await this.load());
    if (url) save(url, this.file.name);
    else this.app.notice(this.problem, "danger");
  }

  override render(): TemplateResult {
    const { file } = this;
    if (SHOWN.has(file.content_type) && !this.problem)
      return html`<button type="button" class="image" title=${file.name} @click=${this.take}>
        ${this.url
          ? html`<img src=${picture(this.url) ?? ""} alt=${t("file.image", { name: file.name })} />`
          : html`<span class="place"><tresen-ui-icon name="loader-circle" label=${t("loading")}></tresen-ui-icon></span>`}
      </button>`;
    return html`<button type="button" @click=${this.take}>
      <tresen-ui-icon name=${this.problem ? "circle-alert" : "file-text"}></tresen-ui-icon>
      <span class="words"><bdi>${file.name}</bdi><small>${this.problem || fileSize(file.size_bytes)}</small></span>
      <tresen-ui-icon name="download" label=${t("file.save")}></tresen-ui-icon>
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-attachment": ConsoleAttachment;
  }
}
