/**
 * The keys of a face: each is registered with what it does, `?` shows them all.
 *
 *     const keys = new Shortcuts();
 *     keys.add({ keys: "m", label: () => t("mute"), group: () => t("call"), run: () => this.mute() });
 *
 * Nothing fires while somebody types, nor behind an open dialog. Single keys can be turned off in the list (WCAG 2.1.4), which the
 * browser remembers.
 */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import { covering, type Dialog } from "./dialog";
import "./field";
import type { Field } from "./field";
import { combination, pressed, type Combination } from "./keys";
import { t } from "./texts";
import { base } from "./tokens";
import "./tooltip";

export interface Shortcut {
  /** "m", "shift+m", "mod+k", "alt+1", "escape", "?"; letters mean keys, so shift has to be named. */
  keys: string;
  label: () => string;
  group?: () => string;
  run: (event: KeyboardEvent) => void;
  /** Only then is it in force (it stays in the list). */
  when?: () => boolean;
  /** Also while somebody types: for combinations with mod or alt. */
  typing?: boolean;
}

const REMEMBERED = "tresen.single-keys";

/** Whether the event comes from where text is written or a control has keys of its own. */
export function typing(event: Event): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "range", "file"].includes(target.type);
}

export class Shortcuts {
  readonly all: Shortcut[] = [];
  private readonly parsed = new Map<Shortcut, Combination>();
  private list: ShortcutList | undefined;

  constructor(private readonly target: EventTarget = window) {
    target.addEventListener("keydown", this.onKey as EventListener);
    this.add({ keys: "?", label: () => t("shortcuts.help"), run: () => this.show() });
  }

  /** Returns how to take it away again. */
  add(...shortcuts: Shortcut[]): () => void {
    for (const shortcut of shortcuts) {
      this.all.push(shortcut);
      this.parsed.set(shortcut, combination(shortcut.keys));
    }
    return () => shortcuts.forEach((shortcut) => (this.all.splice(this.all.indexOf(shortcut), 1), this.parsed.delete(shortcut)));
  }

  /** Single keys, as opposed to combinations. */
  get single(): boolean {
    return localStorage.getItem(REMEMBERED) !== "off";
  }

  set single(on: boolean) {
    localStorage.setItem(REMEMBERED, on ? "on" : "off");
  }

  /** The list of all keys, as a dialog. */
  show(): void {
    if (!this.list) {
      this.list = document.createElement("tresen-ui-shortcuts");
      this.list.shortcuts = this;
      document.body.append(this.list);
    }
    void this.list.show();
  }

  end(): void {
    this.target.removeEventListener("keydown", this.onKey as EventListener);
    this.list?.remove();
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.repeat || event.isComposing || covering.size > 0) return;
    const isTyping = typing(event);
    // The youngest first: a view's own key wins over the page's.
    for (const shortcut of [...this.all].reverse()) {
      const keys = this.parsed.get(shortcut)!;
      if (!pressed(event, keys) || (isTyping && !shortcut.typing)) continue;
      if (!keys.mod && !keys.alt && keys.key.length === 1 && !this.single) continue;
      if (shortcut.when && !shortcut.when()) continue;
      event.preventDefault();
      shortcut.run(event);
      return;
    }
  };
}

@customElement("tresen-ui-shortcuts")
export class ShortcutList extends LitElement {
  static override styles = [
    base,
    css`
      h3 {
        margin: 16px 0 4px;
        color: var(--grey-text);
        font: 500 var(--text-13) / 1.4 var(--font);
      }
      dl {
        margin: 0;
      }
      .one {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 16px;
        padding-block: 6px;
        border-block-end: 1px solid var(--line);
      }
      dt {
        min-inline-size: 0;
      }
      dd {
        margin: 0;
        flex: none;
      }
      tresen-ui-field {
        margin-block-start: 16px;
      }
    `,
  ];

  @property({ attribute: false }) shortcuts?: Shortcuts;
  protected readonly words = new LocaleController(this);

  async show(): Promise<void> {
    this.requestUpdate();
    await this.updateComplete;
    this.shadowRoot!.querySelector<Dialog>("tresen-ui-dialog")!.show();
  }

  override render(): TemplateResult {
    const groups = new Map<string, Shortcut[]>();
    for (const shortcut of this.shortcuts?.all ?? []) {
      const group = shortcut.group?.() ?? t("shortcuts.general");
      groups.set(group, [...(groups.get(group) ?? []), shortcut]);
    }
    return html`<tresen-ui-dialog heading=${t("shortcuts.title")}>
      ${[...groups].map(
        ([group, shortcuts]) => html`<h3>${group}</h3>
          <dl>${shortcuts.map((one) => html`<div class="one"><dt>${one.label()}</dt><dd><tresen-ui-kbd keys=${one.keys}></tresen-ui-kbd></dd></div>`)}</dl>`,
      )}
      <tresen-ui-field
        type="switch"
        label=${t("shortcuts.on")}
        hint=${t("shortcuts.on.hint")}
        .checked=${this.shortcuts?.single ?? true}
        @change=${(event: Event) => (this.shortcuts!.single = (event.target as Field).checked)}
      ></tresen-ui-field>
    </tresen-ui-dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-shortcuts": ShortcutList;
  }
}
