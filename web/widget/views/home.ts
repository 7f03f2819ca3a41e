/** `<tresen-home>`: the greeting, whether somebody is there, the ways to be helped, and earlier conversations. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { dayHeading, moment } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import { Problem, Watch, type Answer, type Conversation } from "../../protocol";
import "../../ui/button";
import "../../ui/icon";
import type { IconName } from "../../ui/icon";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { placeWords } from "../panel/header";
import { t } from "../words";
import { view } from "./view.css";

type Reception = Answer<"site.reception">;
/** More than these nobody looks for here. */
const EARLIER_MOST = 5;

@customElement("tresen-home")
export class Home extends LitElement {
  static override styles = [
    base,
    view,
    css`
      .there {
        display: flex;
        align-items: center;
        gap: 8px;
        margin-block-end: 18px;
        color: var(--grey-text);
        font-size: var(--text-13);
      }
      .dot {
        flex: none;
        inline-size: 9px;
        block-size: 9px;
        border-radius: 50%;
        background: var(--away);
      }
      .dot.open {
        background: var(--online);
      }
      ul {
        display: grid;
        gap: 8px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .choice {
        display: grid;
        grid-template-columns: 40px minmax(0, 1fr) 18px;
        align-items: center;
        gap: 12px;
        inline-size: 100%;
        min-block-size: 60px;
        padding: 8px 12px;
        border: 1px solid var(--line);
        border-radius: var(--radius-large);
        background: var(--raised);
        color: var(--ink);
        font: var(--text-14) / 1.35 var(--font);
        text-align: start;
        cursor: pointer;
        transition: border-color var(--motion);
      }
      .choice:hover {
        border-color: var(--accent-text);
      }
      .choice small {
        display: block;
        color: var(--grey-text);
        font-size: var(--text-13);
      }
      .choice strong {
        font-weight: 600;
      }
      .sign {
        display: grid;
        place-items: center;
        inline-size: 40px;
        block-size: 40px;
        border-radius: 10px;
        background: var(--accent-ground);
        color: var(--accent-text);
      }
      .choice > tresen-ui-icon {
        color: var(--grey-text);
        --icon-size: 18px;
      }
      h3 {
        margin: 22px 0 8px;
        color: var(--grey-text);
        font: 600 var(--text-13) / 1.4 var(--font);
      }
      .earlier .choice {
        grid-template-columns: minmax(0, 1fr) auto;
        min-block-size: 44px;
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) call!: (media: "voice" | "video") => void;
  @state() private reception: Reception | null = null;
  @state() private earlier: readonly Conversation[] = [];
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<App>(this);

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.app;
    void this.ask();
  }

  private async ask(): Promise<void> {
    const { rest, settings, session } = this.app;
    try {
      this.reception = await rest.json<Reception>(`/v1/sites/${encodeURIComponent(settings.siteId)}/reception`);
      // No session begins for the sake of a list that would be empty.
      if (!session) return;
      const page = await rest.json<Answer<"conversation.list">>(`/v1/conversations?limit=${EARLIER_MOST + 1}`, { token: await this.app.token() });
      if (page.data.length) await import("../../ui/badge");
      this.earlier = page.data.filter((each) => each.id !== this.app.log?.id).slice(0, EARLIER_MOST);
    } catch (error) {
      // Without it the choices are there all the same.
      if (!(error instanceof Problem)) throw error;
    }
  }

  private get greeting(): string {
    const name = this.app.session?.verified ? this.app.session.name.split(/\s+/)[0] : "";
    return name ? t("home.hello_name", { name }) : t("home.hello");
  }

  private there(): TemplateResult | typeof nothing {
    const { reception } = this;
    if (!reception) return nothing;
    const words = reception.open ? (reception.staffed ? t("home.there") : t("home.soon")) : reception.opens_at ? t("away.opens", { time: moment(reception.opens_at) }) : t("home.away");
    return html`<p class="there" role="status"><span class="dot ${reception.open && reception.staffed ? "open" : ""}"></span>${words}</p>`;
  }

  private choice(icon: IconName, title: string, text: string, act: () => void): TemplateResult {
    return html`<li>
      <button type="button" class="choice" @click=${act}>
        <span class="sign"><tresen-ui-icon name=${icon}></tresen-ui-icon></span>
        <span><strong>${title}</strong><small>${text}</small></span>
        <tresen-ui-icon name="chevron-right"></tresen-ui-icon>
      </button>
    </li>`;
  }

  override render(): TemplateResult {
    const { app } = this;
    const goesOn = app.log !== null && !app.closed;
    const shut = this.reception !== null && !this.reception.open;
    const call = app.call?.value;
    return html`
      <h2>${this.greeting}</h2>
      <p>${t("home.lead")}</p>
      ${this.there()}
      <ul>
        ${call
          ? this.choice("phone", t("home.back_to_call"), app.callElsewhere ? t("call.elsewhere") : t("home.call_goes_on"), () => app.show("call"))
          : nothing}
        ${goesOn
          ? this.choice("message-circle", t("home.go_on"), app.place ? placeWords(app.place) : app.rep ? t("home.with", { name: app.rep.name || t("shop") }) : t("home.go_on_text"), () => app.show("chat"))
          : this.choice("message-circle", t("home.chat"), shut ? t("home.chat_away") : t("home.chat_text"), () => app.show(shut ? "offline" : "chat"))}
        ${call || shut
          ? nothing
          : html`
              ${this.choice("phone", t("home.voice"), t("home.voice_text"), () => this.call("voice"))}
              ${this.choice("video", t("home.video"), t("home.video_text"), () => this.call("video"))}
            `}
        ${this.choice("phone-call", t("callback"), t("home.callback_text"), () => app.show("callback"))}
      </ul>
      ${this.earlier.length
        ? html`<section class="earlier" aria-label=${t("home.earlier")}>
            <h3>${t("home.earlier")}</h3>
            <ul>
              ${this.earlier.map(
                (each) => html`<li>
                  <button type="button" class="choice" @click=${() => app.openConversation(each.id)}>
                    <span>${dayHeading(each.created_at)}</span>
                    <tresen-ui-badge tone=${each.status === "open" ? "accent" : "neutral"}>${each.status === "open" ? t("home.open") : t("home.closed")}</tresen-ui-badge>
                  </button>
                </li>`,
              )}
            </ul>
          </section>`
        : nothing}
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-home": Home;
  }
}
