/**
 * `<console-sign-in .account>`: login and password, or the shop's OpenID provider where it has one. The address stays as it is, so that
 * whoever signs in again is where they were.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import { Problem } from "../protocol";
import "../ui/button";
import type { Field } from "../ui/field";
import "../ui/field";
import "../ui/strip";
import { base } from "../ui/tokens";
import type { Account } from "./account";
import { keep, kept } from "./keep";
import { inWords } from "./problems";
import { t, type Key } from "./texts";

/** Where the browser was before it went to the provider. */
const PLACE = "place";
/** Why the provider, or the server after it, lets nobody in: their stable words (RFC 6749 section 4.1.2.1, and the server's codes). */
const REFUSALS: Record<string, Key> = {
  access_denied: "signin.openid.denied",
  login_required: "signin.openid.denied",
  temporarily_unavailable: "signin.openid.away",
  server_error: "signin.openid.away",
  openid: "signin.openid.away",
  openid_role: "signin.openid.role",
  openid_domain: "signin.openid.domain",
  openid_state: "signin.openid.late",
};

@customElement("console-sign-in")
export class ConsoleSignIn extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        place-items: center;
        min-block-size: 100%;
        padding: var(--space-6) var(--space-4);
        background: var(--sunken);
      }
      main {
        inline-size: min(380px, 100%);
      }
      .brand {
        display: flex;
        align-items: center;
        gap: var(--space-3);
        margin-block-end: var(--space-4);
      }
      .mark {
        display: grid;
        place-content: center;
        inline-size: 40px;
        block-size: 40px;
        border-radius: var(--radius);
        background: var(--accent);
        color: var(--on-accent);
        font: 700 var(--text-20) / 1 var(--font);
      }
      h1 {
        font: 600 var(--text-20) / 1.3 var(--font);
        margin: 0;
      }
      p {
        margin: 0;
        color: var(--grey-text);
        font: var(--text-13) / 1.5 var(--font);
      }
      form {
        display: grid;
        gap: var(--space-4);
        padding: var(--space-6);
        border: 1px solid var(--line);
        border-radius: var(--radius-large);
        background: var(--raised);
      }
      .or {
        display: flex;
        align-items: center;
        gap: var(--space-3);
        color: var(--grey-text);
        font: var(--text-12) / 1 var(--font);
      }
      .or::before,
      .or::after {
        content: "";
        flex: 1;
        block-size: 1px;
        background: var(--line);
      }
      tresen-ui-strip {
        margin-block-end: var(--space-4);
      }
    `,
  ];

  @property({ attribute: false }) account!: Account;
  @state() private problem = "";
  /** What went wrong with the provider. */
  @state() private refused = "";
  @state() private busy = false;
  @state() private openId = false;
  @query("tresen-ui-field[name=password]") private readonly password!: Field;
  @query("tresen-ui-field[name=login]") private readonly login!: Field;

  protected readonly words = new LocaleController(this);

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = t("signin.title");
    const answer = new URLSearchParams(location.search);
    const [state, code, error] = [answer.get("state"), answer.get("code"), answer.get("error")];
    if (state && code) void this.finish(state, code);
    else {
      if (error) {
        this.refused = t(REFUSALS[error] ?? "signin.openid.refused");
        this.return();
      }
      void this.ask();
    }
  }

  override firstUpdated(): void {
    void this.login.updateComplete.then(() => this.login.focus());
  }

  /** Whether there is a provider shows only when one begins. */
  private async ask(): Promise<void> {
    try {
      await this.account.openIdAddress(this.redirect());
      this.openId = true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.openId = error.status === 503;
    }
  }

  private redirect(): string {
    return new URL("/console", location.origin).href;
  }

  private return(): void {
    const place = kept<string>(PLACE) ?? "/console";
    keep(PLACE, null);
    history.replaceState(null, "", /^\/console(\/|$)/.test(place) ? place : "/console");
    dispatchEvent(new PopStateEvent("popstate"));
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.problem = "";
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = error.status === 401 || error.status === 403 ? t("signin.wrong") : error.status === 429 ? t("signin.too_often") : inWords(error);
    } finally {
      this.busy = false;
    }
  }

  /** The provider has sent the browser back with a code. */
  private async finish(state: string, code: string): Promise<void> {
    await this.withProvider(() => this.account.openIdFinish(state, code).finally(() => this.return()));
    if (this.refused) void this.ask();
  }

  private async withProvider(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.refused = "";
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const words = REFUSALS[error.code] ?? (error.status === 401 ? "signin.openid.refused" : null);
      this.refused = words ? t(words) : error.status === 429 ? t("signin.too_often") : inWords(error);
    } finally {
      this.busy = false;
    }
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    await this.attempt(() => this.account.signIn(this.login.value.trim(), this.password.value));
    if (!this.problem) return;
    await this.updateComplete;
    this.password.focus();
    this.password.select();
  }

  private async toProvider(): Promise<void> {
    await this.withProvider(async () => {
      keep(PLACE, location.pathname);
      location.assign(await this.account.openIdAddress(this.redirect()));
    });
  }

  override render(): TemplateResult {
    return html`<main>
      <div class="brand">
        <span class="mark" aria-hidden="true">T</span>
        <div>
          <h1>${t("signin.title")}</h1>
          <p>${t("signin.subtitle")}</p>
        </div>
      </div>
      ${this.account.expired ? html`<tresen-ui-strip tone="warning" icon="clock" rounded>${t("signin.expired")}</tresen-ui-strip>` : nothing}
      ${this.refused ? html`<tresen-ui-strip tone="danger" icon="circle-alert" rounded>${this.refused}</tresen-ui-strip>` : nothing}
      <form novalidate @submit=${this.submit}>
        <tresen-ui-field name="login" label=${t("signin.login")} autocomplete="username" required></tresen-ui-field>
        <tresen-ui-field name="password" type="password" label=${t("signin.password")} autocomplete="current-password" required .error=${this.problem}></tresen-ui-field>
        <tresen-ui-button kind="primary" type="submit" wide ?busy=${this.busy}>${t("signin.go")}</tresen-ui-button>
        ${this.openId
          ? html`<div class="or">${t("signin.or")}</div>
              <tresen-ui-button wide icon="shield-check" ?disabled=${this.busy} @click=${this.toProvider}>${t("signin.openid")}</tresen-ui-button>`
          : nothing}
      </form>
    </main>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-sign-in": ConsoleSignIn;
  }
}
