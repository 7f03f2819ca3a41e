/** `<tresen-console>`: the whole page. Nobody signed in: the sign-in page; else the console, at the place the address says. */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import { Rest, Watch } from "../protocol";
import { Account } from "./account";
import { App } from "./app";
import { preferences } from "./preferences";
import "./shell";
import "./sign-in";

@customElement("tresen-console")
export class TresenConsole extends LitElement {
  static override styles = css`
    :host {
      display: block;
      block-size: 100dvh;
    }
  `;

  private readonly rest = new Rest(location.origin);
  private readonly account = new Account(this.rest);
  @state() private app: App | null = null;
  @state() private ready = false;

  protected readonly words = new LocaleController(this);
  protected readonly watch = new Watch(this, this.account);

  override connectedCallback(): void {
    super.connectedCallback();
    this.account.subscribe(() => this.follow());
    // Without the words of the chosen language nothing is drawn, so that no other flashes by.
    void preferences.apply().then(() => {
      this.ready = true;
      this.follow();
    });
  }

  /** There is a console exactly as long as somebody is signed in, and it is theirs. */
  private follow(): void {
    const session = this.account.session;
    if (this.app && this.app.me.id !== session?.person_id) {
      this.app.end();
      this.app = null;
    }
    if (session && !this.app) {
      this.app = new App(this.account, this.rest, location.origin);
      this.app.begin();
    }
  }

  override render(): TemplateResult {
    if (!this.ready) return html``;
    return this.app ? html`<console-shell .app=${this.app}></console-shell>` : html`<console-sign-in .account=${this.account}></console-sign-in>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-console": TresenConsole;
  }
}
