/** `<console-connection .app>`: a quiet strip while the server cannot be reached: that it is so, what still works, when it tries again. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import { Watch } from "../protocol";
import "../ui/button";
import "../ui/strip";
import { base } from "../ui/tokens";
import type { App } from "./app";
import { t } from "./texts";
import { Tick } from "./tick";

/** The first connection of a page is no interruption until it takes this long. */
const QUIET_MS = 3000;

@customElement("console-connection")
export class ConsoleConnection extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  private readonly since = Date.now();

  protected readonly words = new LocaleController(this);
  protected readonly watch = new Watch(this);
  protected readonly tick = new Tick(this, () => this.app.link.state !== "online");

  override willUpdate(): void {
    this.watch.value = this.app.link;
  }

  override render(): TemplateResult | typeof nothing {
    const { link } = this.app;
    if (link.state === "online" || link.state === "closed" || link.state === "ended") return nothing;
    if (!link.welcome && link.state === "connecting" && Date.now() - this.since < QUIET_MS) return nothing;
    const seconds = Math.max(0, Math.ceil((link.retryAt - Date.now()) / 1000));
    return html`<tresen-ui-strip tone="warning" icon="wifi-off">
      ${t("connection.lost")} <span aria-hidden="true">${link.state === "waiting" && seconds ? t("connection.again", { count: seconds }) : t("connection.trying")}</span>
      <tresen-ui-button slot="action" size="small" @click=${() => link.hurry()}>${t("connection.now")}</tresen-ui-button>
    </tresen-ui-strip>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-connection": ConsoleConnection;
  }
}
