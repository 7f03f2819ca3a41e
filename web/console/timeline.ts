/**
 * `<console-timeline .opened>`: everything that happened in a conversation on one clock, and what was there at any moment of it: by a slider,
 * by playing it again, or step by step.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { clockSeconds, dayHeading } from "../text/formats";
import { LocaleController } from "../text/texts";
import { Watch, type Entry } from "../protocol";
import "../ui/button";
import "../ui/empty";
import "../ui/icon";
import "../ui/menu";
import "../ui/tooltip";
import { base } from "../ui/tokens";
import { happening, type Happening, type Subject } from "./happenings";
import type { Opened } from "./opened";
import { Player, SPEEDS } from "./player";
import { replay } from "./replay";
import { t, type Key } from "./texts";
import "./then";
import { timelineStyles } from "./timeline-styles";

const SUBJECTS: Subject[] = ["message", "call", "cart", "order", "payment", "consent", "conversation"];

@customElement("console-timeline")
export class ConsoleTimeline extends LitElement {
  static override styles = [base, timelineStyles];

  @property({ attribute: false }) opened!: Opened;
  @state() private without: ReadonlySet<Subject> = new Set();
  private readonly player = new Player();

  protected readonly words = new LocaleController(this);
  protected readonly watch = new Watch(this);
  protected readonly watchPlayer = new Watch(this, this.player);

  override willUpdate(changed: PropertyValues<this>): void {
    this.watch.value = this.opened;
    if (changed.has("opened")) this.player.pause();
    this.player.take(this.opened.log.entries);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.player.pause();
  }

  override updated(): void {
    // The newest line of the moment stays in sight.
    if (!this.player.live) this.renderRoot.querySelector("li.now")?.scrollIntoView({ block: "nearest" });
  }

  private named = (id: string): string => this.opened.app.nameOf(id) || (id === this.opened.conversation?.customer_id ? this.opened.name : "");

  override render(): TemplateResult {
    const { entries } = this.opened.log;
    if (!entries.length) return html`<tresen-ui-empty icon="history" heading=${t("timeline.empty")}></tresen-ui-empty>`;
    const told = entries.flatMap((entry, index) => {
      const what = happening(entry, this.named);
      return what ? [{ entry, index, what }] : [];
    });
    const { count } = this.player;
    const current = told.findLast((each) => each.index < count);
    return html`<div class="frame" @keydown=${this.key}>
      ${this.controls(entries)} ${this.filters(told.map((each) => each.what))}
      <div class="both">
        <div class="scroll" tabindex="0" role="region" aria-label=${t("timeline.title")}>
          <ol>
            ${repeat(
              told.filter((each) => !this.without.has(each.what.subject)),
              (each) => each.entry.seq,
              (each) => this.line(each.entry, each.index, each.what, each === current, each.index >= count),
            )}
          </ol>
        </div>
        <console-then .opened=${this.opened} .then=${replay(entries, count)} ?live=${this.player.live}></console-then>
      </div>
    </div>`;
  }

  private line(entry: Entry, index: number, what: Happening, now: boolean, later: boolean): TemplateResult {
    return html`<li class="${what.mood} ${now ? "now" : ""} ${later ? "later" : ""}" aria-current=${now ? "step" : nothing}>
      <time datetime=${entry.at} title=${dayHeading(entry.at)}>${clockSeconds(entry.at)}</time>
      <span class="icon ${what.subject}"><tresen-ui-icon name=${what.icon} label=${t(`subject.${what.subject}`)}></tresen-ui-icon></span>
      <button type="button" @click=${() => (this.player.pause(), this.player.to(index + 1))}><bdi>${what.text}</bdi></button>
    </li>`;
  }

  private controls(entries: readonly Entry[]): TemplateResult {
    const { player } = this;
    const at = entries[player.count - 1]?.at ?? entries[0]!.at;
    const step = (icon: "chevron-left" | "chevron-right", label: Key, by: number): TemplateResult =>
      html`<tresen-ui-button size="small" kind="quiet" icon=${icon} label=${t(label)} @click=${() => player.step(by)}></tresen-ui-button>`;
    return html`<div class="controls" role="group" aria-label=${t("replay.title")}>
      <tresen-ui-tooltip text=${t(player.playing ? "replay.pause" : "replay.play")} keys="space">
        <tresen-ui-button size="small" icon=${player.playing ? "pause" : "play"} label=${t(player.playing ? "replay.pause" : "replay.play")} @click=${() => this.toggle()}></tresen-ui-button>
      </tresen-ui-tooltip>
      ${step("chevron-left", "replay.back", -1)}
      <input
        type="range"
        min="0"
        max=${player.length}
        .value=${String(player.count)}
        aria-label=${t("replay.place")}
        aria-valuetext=${`${clockSeconds(at)}, ${player.count} / ${player.length}`}
        @input=${(event: Event) => (player.pause(), player.to(Number((event.target as HTMLInputElement).value)))}
      />
      ${step("chevron-right", "replay.on", 1)}
      <span class="at" aria-live="off">${player.live ? t("replay.live") : clockSeconds(at)}</span>
      <tresen-ui-menu label=${t("replay.speed")} align="end" .items=${SPEEDS.map((each) => ({ id: String(each), label: t("replay.times", { speed: each }), checked: each === player.speed }))} @choose=${(event: CustomEvent<{ id: string }>) => player.setSpeed(Number(event.detail.id))}>
        <tresen-ui-button slot="trigger" size="small" kind="quiet" icon-end="chevron-down">${t("replay.times", { speed: player.speed })}</tresen-ui-button>
      </tresen-ui-menu>
    </div>`;
  }

  private filters(told: Happening[]): TemplateResult {
    const there = SUBJECTS.filter((subject) => told.some((what) => what.subject === subject));
    return html`<div class="filters" role="group" aria-label=${t("timeline.filters")}>
      ${there.map(
        (subject) => html`<button type="button" class="filter" aria-pressed=${this.without.has(subject) ? "false" : "true"} @click=${() => this.filter(subject)}>${t(`subject.${subject}`)}</button>`,
      )}
    </div>`;
  }

  private filter(subject: Subject): void {
    const next = new Set(this.without);
    if (!next.delete(subject)) next.add(subject);
    this.without = next;
  }

  private toggle(): void {
    if (this.player.playing) this.player.pause();
    else this.player.play();
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || event.composedPath().some((each) => each instanceof HTMLInputElement)) return;
    const onButton = event.composedPath()[0] instanceof HTMLButtonElement;
    const by: Record<string, () => void> = {
      ArrowLeft: () => this.player.step(-1),
      ArrowRight: () => this.player.step(1),
      Home: () => this.player.step(-this.player.length),
      End: () => this.player.step(this.player.length),
      ...(onButton ? {} : { " ": () => this.toggle() }),
    };
    const run = by[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-timeline": ConsoleTimeline;
  }
}
