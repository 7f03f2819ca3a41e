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
import "../captions";
import "../captions-bar";
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

@customElement("tresen-ui-gallery")
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
      form tresen-ui-button {
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
        <tresen-ui-button kind="primary">Pay now</tresen-ui-button>
        <tresen-ui-button>Suggest</tresen-ui-button>
        <tresen-ui-button kind="quiet">Not now</tresen-ui-button>
        <tresen-ui-button kind="danger" icon="trash-2">Delete</tresen-ui-button>
        <tresen-ui-button icon="paperclip">Attach</tresen-ui-button>
        <tresen-ui-button icon-end="chevron-down">Status</tresen-ui-button>
        <tresen-ui-button icon="ellipsis" label="More"></tresen-ui-button>
        <tresen-ui-button kind="quiet" icon="settings" label="Settings"></tresen-ui-button>
      </div>
      <div class="line">
        <tresen-ui-button kind="primary" busy>Sending</tresen-ui-button>
        <tresen-ui-button disabled>Not available</tresen-ui-button>
        <tresen-ui-button pressed="true" icon="star">Kept</tresen-ui-button>
        <tresen-ui-button pressed="false" icon="star">Keep</tresen-ui-button>
        <tresen-ui-button kind="primary" size="small">Accept</tresen-ui-button>
        <tresen-ui-button size="small">Decline</tresen-ui-button>
        <tresen-ui-button size="small" icon="x" label="Close"></tresen-ui-button>
        <tresen-ui-button kind="primary" size="large" icon="phone">Call us</tresen-ui-button>
      </div>
      <div class="line stage">
        <tresen-ui-tooltip text="Mute" keys="m"><tresen-ui-button shape="round" icon="mic" label="Mute" pressed="false" keys="M"></tresen-ui-button></tresen-ui-tooltip>
        <tresen-ui-tooltip text="Camera" keys="v"><tresen-ui-button shape="round" icon="video-off" label="Camera" pressed="true"></tresen-ui-button></tresen-ui-tooltip>
        <tresen-ui-button shape="round" icon="monitor-up" label="Share your screen" disabled></tresen-ui-button>
        <tresen-ui-button id="hang-up" shape="round" kind="danger" icon="phone-off" label="Hang up"></tresen-ui-button>
      </div>
    </section>`;
  }

  private fields(): TemplateResult {
    return html`<section id="fields">
      <h2>Fields</h2>
      <div class="grid">
        <tresen-ui-field label="Name" name="name" autocomplete="name" value="Grace Hopper"></tresen-ui-field>
        <tresen-ui-field label="E-mail" type="email" hint="For the transcript only." placeholder="you@example.com" required></tresen-ui-field>
        <tresen-ui-field label="Discount code" value="SUMMR10" error="This code has expired."></tresen-ui-field>
        <tresen-ui-field label="Country" type="select" value="pl" .options=${COUNTRIES}></tresen-ui-field>
        <tresen-ui-field label="Search" hide-label type="search" placeholder="Search conversations"></tresen-ui-field>
        <tresen-ui-field label="Not now" disabled value="Cannot be changed"></tresen-ui-field>
        <tresen-ui-field label="Note" type="textarea" value=${"She asked for the blue one.\nDelivery on Friday would be best."}></tresen-ui-field>
        <div class="stack">
          <tresen-ui-field type="checkbox" label="Send me the transcript" checked></tresen-ui-field>
          <tresen-ui-field type="checkbox" label="I agree that the call is recorded" hint="You can stop it at any time."></tresen-ui-field>
          <tresen-ui-field type="switch" label="Sound for new messages" checked></tresen-ui-field>
          <tresen-ui-field type="switch" label="Take calls"></tresen-ui-field>
        </div>
        <form @submit=${(event: Event) => (event.preventDefault(), toast("Sent.", { tone: "success" }))}>
          <tresen-ui-field id="form-name" label="Your name" name="name" required></tresen-ui-field>
          <tresen-ui-field id="form-mail" label="Your e-mail" type="email" name="mail" required></tresen-ui-field>
          <tresen-ui-button type="submit" kind="primary">Send</tresen-ui-button>
        </form>
      </div>
    </section>`;
  }

  private people(): TemplateResult {
    return html`<section id="people">
      <h2>People, badges, rows</h2>
      <div class="line">
        ${people.map(({ name, presence }) => html`<tresen-ui-avatar name=${name} presence=${presence} labelled></tresen-ui-avatar>`)}
        <tresen-ui-avatar size="small" name="Rita Sommer" labelled></tresen-ui-avatar>
        <tresen-ui-avatar size="large" name="Ülkü Öztürk" presence="online" labelled></tresen-ui-avatar>
        <tresen-ui-avatar name=""></tresen-ui-avatar>
      </div>
      <div class="line">
        <tresen-ui-badge>new</tresen-ui-badge><tresen-ui-badge tone="accent">video</tresen-ui-badge><tresen-ui-badge tone="success" icon="shield-check">verified</tresen-ui-badge>
        <tresen-ui-badge tone="warning" dot>payment failed</tresen-ui-badge><tresen-ui-badge tone="danger">late</tresen-ui-badge><tresen-ui-badge solid>3</tresen-ui-badge><tresen-ui-badge solid tone="danger">12</tresen-ui-badge>
      </div>
      <tresen-ui-card heading="Waiting" bare>
        <tresen-ui-badge slot="actions" tone="warning">4</tresen-ui-badge>
        <ul>
          ${people.slice(0, 4).map(
            (one, at) => html`<li>
              <tresen-ui-row interactive ?selected=${at === 1} ?unread=${at === 0} .progress=${[0.3, 0.55, 0.85, 1.2][at]}>
                <tresen-ui-avatar slot="leading" name=${one.name} presence=${one.presence}></tresen-ui-avatar>
                <span slot="title">${one.name}</span>
                <span slot="detail">${one.detail}</span>
                <span slot="meta">${one.wait}</span>
                ${one.badge ? html`<tresen-ui-badge slot="meta" tone=${one.tone}>${one.badge}</tresen-ui-badge>` : ""}
                <tresen-ui-button slot="actions" kind="quiet" size="small" icon="phone" label=${`Call ${one.name}`}></tresen-ui-button>
              </tresen-ui-row>
            </li>`,
          )}
        </ul>
      </tresen-ui-card>
    </section>`;
  }

  private board(): TemplateResult {
    return html`<section id="board">
      <h2>Tiles, meters, charts</h2>
      <div class="grid even">
        <tresen-ui-tile label="Waiting" value="4" icon="users" hint="2 for video" interactive></tresen-ui-tile>
        <tresen-ui-tile label="Longest wait" value="6:12" tone="warning" delta="+1:40" trend="worse" hint="than an hour ago"></tresen-ui-tile>
        <tresen-ui-tile label="Service level" value="83 %" tone="success" delta="+4 %" trend="better" hint="today"></tresen-ui-tile>
        <tresen-ui-tile label="Poor calls" value="1" unit="of 12" tone="danger"></tresen-ui-tile>
      </div>
      <div class="grid" id="meters">
        <tresen-ui-meter label="Microphone" .value=${0.42} tone="success"></tresen-ui-meter>
        <tresen-ui-meter kind="progress" label="invoice.pdf" .value=${0.8}></tresen-ui-meter>
        <tresen-ui-meter label="Capacity" .value=${0.95} tone="warning" text="5 of 5"></tresen-ui-meter>
        <tresen-ui-meter kind="progress" label="Connecting"></tresen-ui-meter>
      </div>
      <div class="grid even" id="charts">
        <tresen-ui-card><tresen-ui-chart heading="Waits" .times=${hours} .series=${waits} .format=${(value: number) => `${number(value, { maximumFractionDigits: 1 })} min`}></tresen-ui-chart></tresen-ui-card>
        <tresen-ui-card><tresen-ui-chart heading="Orders by day" .labels=${["Mon", "Tue", "Wed", "Thu", "Fri"]} .series=${[{ label: "Orders", kind: "bar", values: [12, 19, 8, 24, 17], colour: 3 }]}></tresen-ui-chart></tresen-ui-card>
        <tresen-ui-card><tresen-ui-chart heading="Conversions" .times=${[]} .series=${[]}></tresen-ui-chart></tresen-ui-card>
      </div>
    </section>`;
  }

  private states(): TemplateResult {
    return html`<section id="states">
      <h2>Strips, states</h2>
      <div class="stack">
        <tresen-ui-strip rounded tone="warning" icon="wifi-off">You are offline. What you write is sent when you are back.<tresen-ui-button slot="action" size="small">Try now</tresen-ui-button></tresen-ui-strip>
        <tresen-ui-strip rounded tone="accent" icon="eye">Rita sees your cart.<tresen-ui-button slot="action" size="small">Stop</tresen-ui-button></tresen-ui-strip>
        <tresen-ui-captions-bar asks .readers=${["Ana"]} .local=${true}></tresen-ui-captions-bar>
        <tresen-ui-captions .lines=${[{ key: "1", name: "Ana", text: "Does it work on induction?", final: true }, { key: "2", name: "Rita", text: "Yes, and on", final: false }]}></tresen-ui-captions>
        <tresen-ui-strip rounded tone="danger" icon="mic-off" dismissible>Your microphone is blocked.</tresen-ui-strip>
        <tresen-ui-strip rounded tone="success" icon="circle-check">Your order has been placed.</tresen-ui-strip>
        <tresen-ui-strip rounded icon="info">This conversation is over.<tresen-ui-button slot="action" size="small" kind="quiet">Start a new one</tresen-ui-button></tresen-ui-strip>
      </div>
      <div class="grid">
        <tresen-ui-card bare><tresen-ui-empty icon="inbox" heading="Nobody is waiting">New customers appear here by themselves.<tresen-ui-button slot="actions" size="small">Look at today</tresen-ui-button></tresen-ui-empty></tresen-ui-card>
        <tresen-ui-card bare><tresen-ui-empty tone="danger" icon="circle-alert" heading="Orders cannot be shown">The shop does not answer.<tresen-ui-button slot="actions" size="small" icon="refresh-cw">Try again</tresen-ui-button></tresen-ui-empty></tresen-ui-card>
        <tresen-ui-card heading="Loading" aria-busy="true"><tresen-ui-skeleton lines="3"></tresen-ui-skeleton><tresen-ui-skeleton shape="row"></tresen-ui-skeleton><tresen-ui-skeleton shape="block"></tresen-ui-skeleton></tresen-ui-card>
      </div>
    </section>`;
  }

  private layers(): TemplateResult {
    return html`<section id="layers">
      <h2>Menus, tabs, dialogs, toasts</h2>
      <div class="line">
        <tresen-ui-menu id="menu" label="Call" .items=${MENU} @choose=${(event: CustomEvent<{ id: string }>) => toast(`Chosen: ${event.detail.id}`)}>
          <tresen-ui-button slot="trigger" icon-end="chevron-down">Call</tresen-ui-button>
        </tresen-ui-menu>
        <tresen-ui-menu label="Status" align="end" .items=${[{ id: "free", label: "Free", checked: true }, { id: "away", label: "Away", checked: false }]}>
          <tresen-ui-button slot="trigger" kind="quiet" icon="ellipsis" label="Status"></tresen-ui-button>
        </tresen-ui-menu>
        <tresen-ui-button id="ask" @click=${() => this.dialog("question")}>Ask</tresen-ui-button>
        <tresen-ui-button id="ask-firmly" @click=${() => this.dialog("consent")}>Ask in a panel</tresen-ui-button>
        <tresen-ui-button id="say" @click=${() => toast("Rita has joined.")}>Toast</tresen-ui-button>
        <tresen-ui-button id="undo" @click=${() => toast("The line was removed.", { tone: "success", action: { label: "Undo", run: () => toast("It is back.") } })}>Toast with undo</tresen-ui-button>
        <tresen-ui-button id="fail" @click=${() => toast("The payment was declined.", { tone: "danger" })}>Error</tresen-ui-button>
        <tresen-ui-button id="keys" icon="keyboard" @click=${() => this.keys.show()}>Shortcuts</tresen-ui-button>
      </div>
      <div class="grid">
        <tresen-ui-card bare>
          <tresen-ui-tabs label="Customer" .tabs=${[{ id: "cart", label: "Cart", icon: "shopping-cart", count: 3 }, { id: "orders", label: "Orders" }, { id: "notes", label: "Notes" }]}>
            <div slot="cart" class="panel">Three things in the cart.</div>
            <div slot="orders" class="panel">No orders yet.</div>
            <div slot="notes" class="panel">No notes yet.</div>
          </tresen-ui-tabs>
        </tresen-ui-card>
        <div class="box">
          <div class="panel"><tresen-ui-button id="beneath">Beneath</tresen-ui-button></div>
          <tresen-ui-dialog id="consent" contained firm heading="May Rita see your cart?">
            She sees what is in it while you talk. You can stop this at any time.
            <tresen-ui-button slot="footer" @click=${() => this.shadowRoot!.querySelector<Dialog>("#consent")!.close("no")}>No</tresen-ui-button>
            <tresen-ui-button slot="footer" kind="primary" @click=${() => this.shadowRoot!.querySelector<Dialog>("#consent")!.close("yes")}>Yes, show it</tresen-ui-button>
          </tresen-ui-dialog>
        </div>
      </div>
      <tresen-ui-dialog id="question" heading="End the call?">
        The conversation stays open, you can call again at any time.
        <tresen-ui-button slot="footer" @click=${() => this.shadowRoot!.querySelector<Dialog>("#question")!.close("stay")}>Stay</tresen-ui-button>
        <tresen-ui-button slot="footer" kind="primary" @click=${() => this.shadowRoot!.querySelector<Dialog>("#question")!.close("end")}>End the call</tresen-ui-button>
      </tresen-ui-dialog>
    </section>`;
  }

  override render(): TemplateResult {
    return html`<main>
      <h1>Parts</h1>
      ${this.buttons()}${this.fields()}${this.people()}${this.board()}${this.states()}${this.layers()}
      <section id="icons">
        <h2>Icons</h2>
        <div class="line icons">${iconNames().map((name) => html`<tresen-ui-icon name=${name}></tresen-ui-icon>`)}</div>
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
document.body.append(document.createElement("tresen-ui-gallery"));
