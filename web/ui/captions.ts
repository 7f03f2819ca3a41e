/**
 * `<tresen-ui-captions .lines=${[{ key: "1", name: "Rita", text: "The kettle is", final: false }]}>`: what is said, to be laid over a picture
 * or under it. Without lines it says that words will come.
 *
 * A log that is not announced: whoever has the page read out hears the voices themselves, and can still go and read it.
 */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { LocaleController } from "../text/texts";
import { t } from "./texts";
import { base } from "./tokens";

export interface CaptionLine {
  key: string;
  name: string;
  text: string;
  final: boolean;
}

@customElement("tresen-ui-captions")
export class CaptionsPart extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        min-block-size: calc(2lh + 12px);
        padding: 6px 12px;
        border-radius: var(--radius);
        background: color-mix(in srgb, var(--stage) 88%, transparent);
        color: var(--on-stage);
        font: 500 var(--text-16) / 1.4 var(--font);
        text-align: center;
        overflow-wrap: anywhere;
      }
      p {
        margin: 0;
      }
      .growing,
      .none {
        color: var(--on-stage-quiet);
      }
      b {
        font-size: var(--text-12);
        color: var(--on-stage-quiet);
      }
    `,
  ];

  @property({ attribute: false }) lines: readonly CaptionLine[] = [];
  protected readonly words = new LocaleController(this);

  override render(): TemplateResult {
    return html`<div role="log" aria-live="off" aria-label=${t("captions")}>
      ${this.lines.length
        ? repeat(
            this.lines,
            (line) => line.key,
            (line) => html`<p class=${line.final ? "" : "growing"}>${line.name ? html`<b><bdi>${line.name}</bdi></b> ` : ""}<bdi>${line.text}</bdi></p>`,
          )
        : html`<p class="none">${t("captions.none_yet")}</p>`}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-captions": CaptionsPart;
  }
}
