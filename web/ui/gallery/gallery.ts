/**
 * Every part in every state, for those who build with them and for the tests that judge them. Not a face: its words are English and
 * nobody's customer sees it. `?locale=de&dir=rtl&scheme=dark&accent=%23b3261e` show it otherwise.
 */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { number } from "../../text/formats";
import { direction, language, setLocale } from "../../text/texts";
import { accent } from "../accent";
import "../avatar";
import "../badge";
import "../button";
import "../card";
import "../chart";
import "../dialog";
import type { Dialog } from "../dialog";
import "../empty";
import "../field";
import { iconNames } from "../icon";
import "../icons-desk";
import "../menu";
import type { MenuEntry } from "../menu";
import "../meter";
import "../row";
import { Shortcuts } from "../shortcuts";
import "../skeleton";
import "../strip";
import "../tabs";
import "../tile";
import { toast } from "../toast";
import { base } from "../tokens";
import "../tooltip";
import { hours, people, waits } from "./examples";

const MENU: MenuEntry[] = [
  { id: "hold", label: "Put on hold", icon: "pause", keys: "h" },
  { id: "transfer", label: "Transfer", icon: "phone-forwarded", detail: "To a colleague or a queue", keys: "t" },
  { id: "record", label: "Record", icon: "circle-dot", disabled: true },
  "separator",
  { id: "end", label: "End the call", icon: "phone-off", danger: true, keys: "mod+e" },
];
const COUNTRIES = [
  { value: "de", label: "Germany" },
  { value: "pl", label: "Poland" },
  { value: "br", label: "Brazil" },
];

@customElement("ui-gallery")
export class Gallery extends LitElement {
  static override styles = [
    base,
    css`
      main {
        display: grid;
        gap: 40px;
        max-inline-size: 1040px;
        margin-inline: auto;
        padding: 32px 24px 96px;
      }
      h1 {
        margin: 0;
        font: 600 var(--text-28) / 1.2 var(--font);
        letter-spacing: -0.01em;
      }
      h2 {
        margin: 0 0 12px;
        padding-block-end: 8px;
        border-block-end: 1px solid var(--line);
        font: 600 var(--text-16) / 1.4 var(--font);
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 12px;
      }
      .grid {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(240px, 100%), 1fr));
        gap: 16px;
        align-items: start;
      }
      section {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 16px;
      }
      section > h2 {
        margin: 0;
      }
      form ui-button {
        justify-self: start;
      }
      .grid.even {
        align-items: stretch;
      }
      .stage {
        justify-content: center;
        padding: 24px;
        border-radius: var(--radius-large);
        background: var(--stage);
      }
      .stack {
        display: grid;
        gap: 8px;
      }
      .icons {
        color: var(--grey-text);
      }
      .panel {
        padding: 16px;
      }
      .box {
        position: relative;
        block-size: 320px;
        border: 1px solid var(--line);
        border-radius: var(--radius-large);
        overflow: hidden;
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li + li {
        border-block-start: 1px solid var(--line);
      }
      form {
        display: grid;
        gap: 16px;
        max-inline-size: 360px;
      }
    `,
  ];

  private readonly keys = new Shortcuts();

  constructor() {
    super();
    this.keys.add(
      { keys: "j", label: () => "Next conversation", group: () => "Conversations", run: () => toast("Next conversation") },
      { keys: "k", label: () => "Previous conversation", group: () => "Conversations", run: () => toast("Previous conversation") },
      { keys: "mod+k", label: () => "Search", group: () => "Conversations", typing: true, run: () => toast("Search") },
      { keys: "h", label: () => "Put on hold", group: () => "Call", run: () => toast("On hold") },
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.keys.end();
  }

  private dialog(id: string): void {
    this.shadowRoot!.querySelector<Dialog>(`#${id}`)!.show();
  }

  private buttons(): TemplateResult {
    return html`<section id="buttons">
      <h2>Buttons</h2>
      <div class="line">
        <ui-button kind="primary">Pay now</ui-button>
        <ui-button>Suggest</ui-button>
        <ui-button kind="quiet">Not now</ui-button>
        <ui-button kind="danger" icon="trash-2">Delete</ui-button>
        <ui-button icon="paperclip">Attach</ui-button>
        <ui-button icon-end="chevron-down">Status</ui-button>
        <ui-button icon="ellipsis" label="More"></ui-button>
        <ui-button kind="quiet" icon="settings" label="Settings"></ui-button>
      </div>
      <div class="line">
        <ui-button kind="primary" busy>Sending</ui-button>
        <ui-button disabled>Not available</ui-button>
        <ui-button pressed="true" icon="star">Kept</ui-button>
        <ui-button pressed="false" icon="star">Keep</ui-button>
        <ui-button kind="primary" size="small">Accept</ui-button>
        <ui-button size="small">Decline</ui-button>
        <ui-button size="small" icon="x" label="Close"></ui-button>
        <ui-button kind="primary" size="large" icon="phone">Call us</ui-button>
      </div>
      <div class="line stage">
        <ui-tooltip text="Mute" keys="m"><ui-button shape="round" icon="mic" label="Mute" pressed="false" keys="M"></ui-button></ui-tooltip>
        <ui-tooltip text="Camera" keys="v"><ui-button shape="round" icon="video-off" label="Camera" pressed="true"></ui-button></ui-tooltip>
        <ui-button shape="round" icon="monitor-up" label="Share your screen" disabled></ui-button>
        <ui-button id="hang-up" shape="round" kind="danger" icon="phone-off" label="Hang up"></ui-button>
      </div>
    </section>`;
  }

  private fields(): TemplateResult {
    return html`<section id="fields">
      <h2>Fields</h2>
      <div class="grid">
        <ui-field label="Name" name="name" autocomplete="name" value="Grace Hopper"></ui-field>
        <ui-field label="E-mail" type="email" hint="For the transcript only." placeholder="you@example.com" required></ui-field>
        <ui-field label="Discount code" value="SUMMR10" error="This code has expired."></ui-field>
        <ui-field label="Country" type="select" value="pl" .options=${COUNTRIES}></ui-field>
        <ui-field label="Search" hide-label type="search" placeholder="Search conversations"></ui-field>
        <ui-field label="Not now" disabled value="Cannot be changed"></ui-field>
        <ui-field label="Note" type="textarea" value=${"She asked for the blue one.\nDelivery on Friday would be best."}></ui-field>
        <div class="stack">
          <ui-field type="checkbox" label="Send me the transcript" checked></ui-field>
          <ui-field type="checkbox" label="I agree that the call is recorded" hint="You can stop it at any time."></ui-field>
          <ui-field type="switch" label="Sound for new messages" checked></ui-field>
          <ui-field type="switch" label="Take calls"></ui-field>
        </div>
        <form @submit=${(event: Event) => (event.preventDefault(), toast("Sent.", { tone: "success" }))}>
          <ui-field id="form-name" label="Your name" name="name" required></ui-field>
          <ui-field id="form-mail" label="Your e-mail" type="email" name="mail" required></ui-field>
          <ui-button type="submit" kind="primary">Send</ui-button>
        </form>
      </div>
    </section>`;
  }

  private people(): TemplateResult {
    return html`<section id="people">
      <h2>People, badges, rows</h2>
      <div class="line">
        ${people.map(({ name, presence }) => html`<ui-avatar name=${name} presence=${presence} labelled></ui-avatar>`)}
        <ui-avatar size="small" name="Rita Sommer" labelled></ui-avatar>
        <ui-avatar size="large" name="Ülkü Öztürk" presence="online" labelled></ui-avatar>
        <ui-avatar name=""></ui-avatar>
      </div>
      <div class="line">
        <ui-badge>new</ui-badge><ui-badge tone="accent">video</ui-badge><ui-badge tone="success" icon="shield-check">verified</ui-badge>
        <ui-badge tone="warning" dot>payment failed</ui-badge><ui-badge tone="danger">late</ui-badge><ui-badge solid>3</ui-badge><ui-badge solid tone="danger">12</ui-badge>
      </div>
      <ui-card heading="Waiting" bare>
        <ui-badge slot="actions" tone="warning">4</ui-badge>
        <ul>
          ${people.slice(0, 4).map(
            (one, at) => html`<li>
              <ui-row interactive ?selected=${at === 1} ?unread=${at === 0} .progress=${[0.3, 0.55, 0.85, 1.2][at]}>
                <ui-avatar slot="leading" name=${one.name} presence=${one.presence}></ui-avatar>
                <span slot="title">${one.name}</span>
                <span slot="detail">${one.detail}</span>
                <span slot="meta">${one.wait}</span>
                ${one.badge ? html`<ui-badge slot="meta" tone=${one.tone}>${one.badge}</ui-badge>` : ""}
                <ui-button slot="actions" kind="quiet" size="small" icon="phone" label=${`Call ${one.name}`}></ui-button>
              </ui-row>
            </li>`,
          )}
        </ul>
      </ui-card>
    </section>`;
  }

  private board(): TemplateResult {
    return html`<section id="board">
      <h2>Tiles, meters, charts</h2>
      <div class="grid even">
        <ui-tile label="Waiting" value="4" icon="users" hint="2 for video" interactive></ui-tile>
        <ui-tile label="Longest wait" value="6:12" tone="warning" delta="+1:40" trend="worse" hint="than an hour ago"></ui-tile>
        <ui-tile label="Service level" value="83 %" tone="success" delta="+4 %" trend="better" hint="today"></ui-tile>
        <ui-tile label="Poor calls" value="1" unit="of 12" tone="danger"></ui-tile>
      </div>
      <div class="grid" id="meters">
        <ui-meter label="Microphone" .value=${0.42} tone="success"></ui-meter>
        <ui-meter kind="progress" label="invoice.pdf" .value=${0.8}></ui-meter>
        <ui-meter label="Capacity" .value=${0.95} tone="warning" text="5 of 5"></ui-meter>
        <ui-meter kind="progress" label="Connecting"></ui-meter>
      </div>
      <div class="grid even" id="charts">
        <ui-card><ui-chart heading="Waits" .times=${hours} .series=${waits} .format=${(value: number) => `${number(value, { maximumFractionDigits: 1 })} min`}></ui-chart></ui-card>
        <ui-card><ui-chart heading="Orders by day" .labels=${["Mon", "Tue", "Wed", "Thu", "Fri"]} .series=${[{ label: "Orders", kind: "bar", values: [12, 19, 8, 24, 17], colour: 3 }]}></ui-chart></ui-card>
        <ui-card><ui-chart heading="Conversions" .times=${[]} .series=${[]}></ui-chart></ui-card>
      </div>
    </section>`;
  }

  private states(): TemplateResult {
    return html`<section id="states">
      <h2>Strips, states</h2>
      <div class="stack">
        <ui-strip rounded tone="warning" icon="wifi-off">You are offline. What you write is sent when you are back.<ui-button slot="action" size="small">Try now</ui-button></ui-strip>
        <ui-strip rounded tone="accent" icon="eye">Rita sees your cart.<ui-button slot="action" size="small">Stop</ui-button></ui-strip>
        <ui-strip rounded tone="danger" icon="mic-off" dismissible>Your microphone is blocked.</ui-strip>
        <ui-strip rounded tone="success" icon="circle-check">Your order has been placed.</ui-strip>
        <ui-strip rounded icon="info">This conversation is over.<ui-button slot="action" size="small" kind="quiet">Start a new one</ui-button></ui-strip>
      </div>
      <div class="grid">
        <ui-card bare><ui-empty icon="inbox" heading="Nobody is waiting">New customers appear here by themselves.<ui-button slot="actions" size="small">Look at today</ui-button></ui-empty></ui-card>
        <ui-card bare><ui-empty tone="danger" icon="circle-alert" heading="Orders cannot be shown">The shop does not answer.<ui-button slot="actions" size="small" icon="refresh-cw">Try again</ui-button></ui-empty></ui-card>
        <ui-card heading="Loading" aria-busy="true"><ui-skeleton lines="3"></ui-skeleton><ui-skeleton shape="row"></ui-skeleton><ui-skeleton shape="block"></ui-skeleton></ui-card>
      </div>
    </section>`;
  }

  private layers(): TemplateResult {
    return html`<section id="layers">
      <h2>Menus, tabs, dialogs, toasts</h2>
      <div class="line">
        <ui-menu id="menu" label="Call" .items=${MENU} @choose=${(event: CustomEvent<{ id: string }>) => toast(`Chosen: ${event.detail.id}`)}>
          <ui-button slot="trigger" icon-end="chevron-down">Call</ui-button>
        </ui-menu>
        <ui-menu label="Status" align="end" .items=${[{ id: "free", label: "Free", checked: true }, { id: "away", label: "Away", checked: false }]}>
          <ui-button slot="trigger" kind="quiet" icon="ellipsis" label="Status"></ui-button>
        </ui-menu>
        <ui-button id="ask" @click=${() => this.dialog("question")}>Ask</ui-button>
        <ui-button id="ask-firmly" @click=${() => this.dialog("consent")}>Ask in a panel</ui-button>
        <ui-button id="say" @click=${() => toast("Rita has joined.")}>Toast</ui-button>
        <ui-button id="undo" @click=${() => toast("The line was removed.", { tone: "success", action: { label: "Undo", run: () => toast("It is back.") } })}>Toast with undo</ui-button>
        <ui-button id="fail" @click=${() => toast("The payment was declined.", { tone: "danger" })}>Error</ui-button>
        <ui-button id="keys" icon="keyboard" @click=${() => this.keys.show()}>Shortcuts</ui-button>
      </div>
      <div class="grid">
        <ui-card bare>
          <ui-tabs label="Customer" .tabs=${[{ id: "cart", label: "Cart", icon: "shopping-cart", count: 3 }, { id: "orders", label: "Orders" }, { id: "notes", label: "Notes" }]}>
            <div slot="cart" class="panel">Three things in the cart.</div>
            <div slot="orders" class="panel">No orders yet.</div>
            <div slot="notes" class="panel">No notes yet.</div>
          </ui-tabs>
        </ui-card>
        <div class="box">
          <div class="panel"><ui-button id="beneath">Beneath</ui-button></div>
          <ui-dialog id="consent" contained firm heading="May Rita see your cart?">
            She sees what is in it while you talk. You can stop this at any time.
            <ui-button slot="footer" @click=${() => this.shadowRoot!.querySelector<Dialog>("#consent")!.close("no")}>No</ui-button>
            <ui-button slot="footer" kind="primary" @click=${() => this.shadowRoot!.querySelector<Dialog>("#consent")!.close("yes")}>Yes, show it</ui-button>
          </ui-dialog>
        </div>
      </div>
      <ui-dialog id="question" heading="End the call?">
        The conversation stays open, you can call again at any time.
        <ui-button slot="footer" @click=${() => this.shadowRoot!.querySelector<Dialog>("#question")!.close("stay")}>Stay</ui-button>
        <ui-button slot="footer" kind="primary" @click=${() => this.shadowRoot!.querySelector<Dialog>("#question")!.close("end")}>End the call</ui-button>
      </ui-dialog>
    </section>`;
  }

  override render(): TemplateResult {
    return html`<main>
      <h1>Parts</h1>
      ${this.buttons()}${this.fields()}${this.people()}${this.board()}${this.states()}${this.layers()}
      <section id="icons">
        <h2>Icons</h2>
        <div class="line icons">${iconNames().map((name) => html`<ui-icon name=${name}></ui-icon>`)}</div>
      </section>
    </main>`;
  }
}

const asked = new URLSearchParams(location.search);
const root = document.documentElement;
await setLocale(asked.get("locale") ?? "en", (asked.get("dir") ?? undefined) as "ltr" | "rtl" | undefined);
root.lang = language();
root.dir = direction();
const scheme = asked.get("scheme");
if (scheme) root.dataset["scheme"] = scheme;
accent(root, asked.get("accent") ?? "");
document.body.append(document.createElement("ui-gallery"));
