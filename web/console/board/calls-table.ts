/** `<board-calls .app .calls .now>`: the calls that go on, how good their lines are and why not; a way into each. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { number, stopwatch } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/badge";
import type { Tone } from "../../ui/badge";
import "../../ui/button";
import "../../ui/dialog";
import "../../ui/empty";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { called } from "../called";
import { reasonOf, type LiveCall } from "./figures";
import { conversationLink } from "./going";
import { tableStyles } from "./styles";
import { t, worded } from "./texts";

const TONES: Record<string, Tone> = { good: "success", fair: "warning", poor: "danger" };
@customElement("board-calls")
export class BoardCalls extends LitElement {
  static override styles = [
    base,
    tableStyles,
    css`
      console-supervise {
        display: block;
        min-block-size: 120px;
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) calls: readonly LiveCall[] = [];
  @property({ type: Number }) now = 0;
  @state() private listening: LiveCall | null = null;
  protected readonly words = new LocaleController(this);

  private async listen(call: LiveCall): Promise<void> {
    // Fetched when somebody listens in for the first time: it brings all of a call's media.
    await import("../call/supervise");
    this.listening = call;
  }

  private quality(call: LiveCall): TemplateResult {
    if (call.quality === null) return html`<span class="quiet">${t("quality.unknown")}</span>`;
    const reason = reasonOf(call);
    const figures = t("quality.figures", { rtt: call.rtt_ms ?? 0, loss: number(call.loss_percent ?? 0, { maximumFractionDigits: 1 }) });
    const words = reason ? t(`quality.${reason}`, { who: worded("line", call.worst) }) : figures;
    return html`<tresen-ui-badge tone=${TONES[call.quality] ?? "neutral"} icon=${call.quality === "good" ? "signal-high" : call.quality === "fair" ? "signal-medium" : "signal-low"}>${worded("quality", call.quality)}</tresen-ui-badge>
      <span class="quiet" title=${figures}>${words}</span>`;
  }

  private row(call: LiveCall): TemplateResult {
    const { desk } = this.app;
    const name = called(desk.conversations.get(call.conversation_id)?.customer_name);
    const rep = call.rep_id ? this.app.nameOf(call.rep_id) || t("somebody") : "–";
    const since = Date.parse(call.connected_at ?? call.created_at);
    return html`<tr>
      <th scope="row">${conversationLink(call.conversation_id, name)}</th>
      <td>${rep}</td>
      <td>${worded("channel", call.media)}</td>
      <td class="number">${stopwatch((this.now - since) / 1000)}</td>
      <td>
        <tresen-ui-badge tone=${call.state === "connected" ? "success" : "neutral"}>${worded("call", call.state, call.state.replaceAll("_", " "))}</tresen-ui-badge>
        ${call.payment_step ? html`<tresen-ui-badge icon="lock">${t("calls.paying")}</tresen-ui-badge>` : nothing}${call.recording ? html`<tresen-ui-badge tone="danger" icon="circle-dot">${t("calls.recording")}</tresen-ui-badge>` : nothing}
      </td>
      <td>${this.quality(call)}</td>
      <td><span class="actions"><tresen-ui-button size="small" icon="headphones" ?disabled=${!call.connected_at} @click=${() => void this.listen(call)}>${t("calls.listen")}</tresen-ui-button></span></td>
    </tr>`;
  }

  override render(): TemplateResult {
    const call = this.listening;
    const dialog = html`<tresen-ui-dialog size="wide" heading=${t("calls.supervise")} ?open=${call !== null} @close=${() => (this.listening = null)}>
      ${call ? html`<console-supervise .app=${this.app} .callId=${call.id} .conversationId=${call.conversation_id} @left=${() => (this.listening = null)}></console-supervise>` : nothing}
    </tresen-ui-dialog>`;
    if (!this.calls.length) return html`<tresen-ui-empty icon="phone" heading=${t("calls.empty")}>${t("calls.empty_text")}</tresen-ui-empty>${dialog}`;
    return html`<div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">${t("customer")}</th><th scope="col">${t("head.rep")}</th><th scope="col">${t("head.channel")}</th><th scope="col" class="number">${t("head.length")}</th><th scope="col">${t("head.state")}</th
              ><th scope="col">${t("head.quality")}</th><th scope="col"><span class="unseen">${t("head.actions")}</span></th>
            </tr>
          </thead>
          <tbody>${this.calls.map((each) => this.row(each))}</tbody>
        </table>
      </div>
      ${dialog}`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "board-calls": BoardCalls;
  }
}
