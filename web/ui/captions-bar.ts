/**
 * `<tresen-ui-captions-bar .readers=${["Rita"]} asks>`: what a speaker should know of captions: that somebody reads, whether their own words
 * may be written, that they are being written; and what a reader should: whose words do not come.
 *
 * Fires `allow` with `detail` true or false. Nothing is shown where there is nothing to know.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { list } from "../text/formats";
import { LocaleController } from "../text/texts";
import "./button";
import "./icons-more";
import "./strip";
import { t } from "./texts";
import { base } from "./tokens";

@customElement("tresen-ui-captions-bar")
export class CaptionsBar extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: contents;
      }
    `,
  ];

  /** Who reads this person's words. */
  @property({ attribute: false }) readers: readonly string[] = [];
  /** Whose words do not come. */
  @property({ attribute: false }) silent: readonly string[] = [];
  /** This person is to be asked. */
  @property({ type: Boolean }) asks = false;
  @property({ type: Boolean }) writing = false;
  /** Whether the sound stays on this device; null: not known yet, so the other is said. */
  @property({ attribute: false }) local: boolean | null = null;
  protected readonly words = new LocaleController(this);

  private allow(allowed: boolean): void {
    this.dispatchEvent(new CustomEvent("allow", { detail: allowed }));
  }

  override render(): TemplateResult {
    const readers = list(this.readers);
    return html`
      ${this.asks
        ? html`<tresen-ui-strip rounded tone="accent" icon="captions">
            ${t("captions.ask", { names: readers })} ${t(this.local ? "captions.local" : "captions.away")}
            <tresen-ui-button slot="action" size="small" @click=${() => this.allow(true)}>${t("captions.allow")}</tresen-ui-button>
            <tresen-ui-button slot="action" size="small" @click=${() => this.allow(false)}>${t("captions.refuse")}</tresen-ui-button>
          </tresen-ui-strip>`
        : nothing}
      ${this.writing
        ? html`<tresen-ui-strip rounded icon="captions">
            ${t("captions.writing", { names: readers })}
            <tresen-ui-button slot="action" size="small" kind="quiet" @click=${() => this.allow(false)}>${t("captions.stop")}</tresen-ui-button>
          </tresen-ui-strip>`
        : nothing}
      ${this.silent.length ? html`<tresen-ui-strip rounded tone="warning" icon="captions">${t("captions.silent", { names: list(this.silent) })}</tresen-ui-strip>` : nothing}
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-captions-bar": CaptionsBar;
  }
}
