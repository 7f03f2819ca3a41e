/** `<tresen-attachment>`: a file of a message. A picture is fetched with the token and shown small; everything else is a download. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { ifDefined } from "lit/directives/if-defined.js";
import { fileSize } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import type { Attachment } from "../../protocol";
import { Problem } from "../../protocol";
import "../../ui/icon";
import { base } from "../../ui/tokens";
import { picture } from "../../ui/url";
import "../../ui/icons-more";
import type { App } from "../app";
import { download, save } from "../state/files";
import { t } from "../words";

@customElement("tresen-attachment")
export class AttachmentView extends LitElement {
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
        gap: 10px;
        max-inline-size: 100%;
        min-block-size: 44px;
        padding: 6px 12px 6px 10px;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        background: var(--raised);
        color: var(--ink);
        font: var(--text-13) / 1.35 var(--font);
        text-align: start;
        cursor: pointer;
      }
      button:hover {
        background: var(--sunken);
      }
      .picture {
        padding: 0;
        overflow: hidden;
        background: var(--sunken);
      }
      img {
        display: block;
        max-inline-size: 220px;
        max-block-size: 220px;
        inline-size: auto;
        block-size: auto;
      }
      .name {
        display: block;
        overflow: hidden;
        text-overflow: ellipsis;
        overflow-wrap: anywhere;
      }
      small {
        color: var(--grey-text);
        font-size: var(--text-12);
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @property() conversation = "";
  @property({ attribute: false }) file!: Attachment;
  @state() private address = "";
  @state() private busy = false;
  protected readonly words = new LocaleController(this);
  private readonly gone = new AbortController();
  private looker: IntersectionObserver | null = null;

  override firstUpdated(): void {
    if (!this.file.content_type.startsWith("image/")) return;
    // Fetched when it comes into sight: a long conversation has many.
    this.looker = new IntersectionObserver((seen) => {
      if (!seen.some((each) => each.isIntersecting)) return;
      this.looker?.disconnect();
      void this.show();
    });
    this.looker.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.looker?.disconnect();
    this.gone.abort();
    if (this.address) URL.revokeObjectURL(this.address);
  }

  private async show(): Promise<void> {
    try {
      this.address = URL.createObjectURL(await download(this.app, this.conversation, this.file.id, this.gone.signal));
    } catch (error) {
      // It stays a file to download, which says what is wrong when it is pressed.
      if (!(error instanceof Problem) && !(error instanceof DOMException)) throw error;
    }
  }

  private async keep(): Promise<void> {
    this.busy = true;
    try {
      save(await download(this.app, this.conversation, this.file.id), this.file.name);
    } catch (error) {
      this.app.report(error);
    }
    this.busy = false;
  }

  override render(): TemplateResult {
    const { file } = this;
    if (this.address)
      return html`<button type="button" class="picture" aria-label=${t("file.download", { name: file.name })} @click=${() => void this.keep()}>
        <img src=${ifDefined(picture(this.address))} alt=${t("file.picture", { name: file.name })} />
      </button>`;
    return html`<button type="button" aria-busy=${this.busy ? "true" : nothing} @click=${() => void this.keep()}>
      <tresen-ui-icon name=${file.content_type.startsWith("image/") ? "image" : "file-text"}></tresen-ui-icon>
      <span><span class="name"><bdi>${file.name}</bdi></span><small>${fileSize(file.size_bytes)}<span class="unseen"> ${t("file.to_download")}</span></small></span>
      <tresen-ui-icon name="download"></tresen-ui-icon>
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-attachment": AttachmentView;
  }
}
