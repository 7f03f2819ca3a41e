/** `<tresen-call-ring .calling>`: a rep calls. Take it with or without a picture, or not at all. */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { Watch } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/avatar";
import "../../ui/button";
import { base } from "../../ui/tokens";
import "../../ui/icons-more";
import type { Calling } from "./calling";
import { callStyles } from "./styles";
import { t } from "./texts";
import { stageWords } from "./words";

@customElement("tresen-call-ring")
export class CallRing extends LitElement {
  static override styles = [
    base,
    callStyles,
    css`
      .actions > * {
        flex: 1 1 auto;
      }
    `,
  ];

  @property({ attribute: false }) calling!: Calling;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<Calling>(this);

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.calling;
  }

  override render(): TemplateResult {
    const { calling } = this;
    const video = calling.call?.media === "video";
    return html`
      <section class="card" role="alert" aria-label=${stageWords("rung", calling.repName, null)}>
        <div class="head">
          <span class="pulse"><tresen-ui-avatar size="large" name=${calling.repName}></tresen-ui-avatar></span>
          <div>
            <h2>${stageWords("rung", calling.repName, null)}</h2>
            <p class="quiet">${t(video ? "rung.video" : "rung.voice")}. ${t("rung.hint")}</p>
          </div>
        </div>
        <div class="actions">
          ${video ? html`<tresen-ui-button kind="primary" id="answer-video" icon="video" @click=${() => calling.begin("video", "answer")}>${t("answer.video")}</tresen-ui-button>` : ""}
          <tresen-ui-button kind=${video ? "plain" : "primary"} id="answer" icon="phone" @click=${() => calling.begin("voice", "answer")}>${t("answer.voice")}</tresen-ui-button>
          <tresen-ui-button kind="danger" id="decline" icon="phone-off" ?busy=${calling.busy} @click=${() => calling.decline()}>${t("decline")}</tresen-ui-button>
        </div>
      </section>
    `;
  }
}
