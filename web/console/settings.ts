/** `<console-settings .app>`: how this rep likes the console, the keys, and the way out. */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { languageName } from "../text/formats";
import { LANGUAGES, LocaleController } from "../text/texts";
import { Watch } from "../protocol";
import "../ui/avatar";
import "../ui/button";
import type { Dialog } from "../ui/dialog";
import "../ui/dialog";
import type { Field } from "../ui/field";
import "../ui/field";
import "../ui/menu";
import { base } from "../ui/tokens";
import { Alerts } from "./alerts";
import type { App } from "./app";
import { devicesWords, type DevicesDialog } from "./call/devices";
import { preferences, type Beside, type Scheme } from "./preferences";
import { t } from "./texts";

const SCHEMES: Scheme[] = ["system", "light", "dark"];
const BESIDES: Beside[] = ["auto", "on", "off"];

/** A language called by its own name. */
function ownName(tag: string): string {
  const name = languageName(tag, tag);
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}

@customElement("console-settings")
export class ConsoleSettings extends LitElement {
  static override styles = [
    base,
    css`
      form {
        display: grid;
        gap: var(--space-4);
      }
      .who {
        border-radius: 50%;
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @query("tresen-ui-dialog") private readonly dialog!: Dialog;
  @query("console-devices") private readonly devices!: DevicesDialog;

  protected readonly words = new LocaleController(this);
  protected readonly watch = new Watch(this, preferences);

  private chosen(event: CustomEvent<{ id: string }>): void {
    if (event.detail.id === "settings") this.dialog.show();
    else if (event.detail.id === "devices") this.devices.show();
    else if (event.detail.id === "keys") this.app.shortcuts.show();
    else void this.leave();
  }

  private async leave(): Promise<void> {
    // Whoever goes home is not asked any more; what they had goes back to the queue.
    if (this.app.link.state === "online" && this.app.status && this.app.status.status !== "offline") await this.app.setStatus("offline");
    await this.app.account.signOut();
  }

  private async notifications(field: Field): Promise<void> {
    const wanted = field.checked;
    const granted = wanted && (await Alerts.permit());
    preferences.set({ notifications: granted });
    // The wish may be what it was before; the switch is not.
    field.checked = granted;
    if (wanted && !granted) this.app.notice(t("settings.notifications.denied"), "warning");
  }

  override render(): TemplateResult {
    const { wishes } = preferences;
    const value = (event: Event): string => (event.target as Field).value;
    const checked = (event: Event): boolean => (event.target as Field).checked;
    return html`<tresen-ui-menu
        label=${t("settings.menu", { name: this.app.me.name })}
        align="end"
        .items=${[
          { id: "settings", label: t("settings.title"), icon: "sliders-horizontal" },
          { id: "devices", label: devicesWords(), icon: "headphones" },
          { id: "keys", label: t("settings.keys"), icon: "keyboard", keys: "?" },
          "separator",
          { id: "leave", label: t("settings.leave"), detail: this.app.me.name, icon: "log-out" },
        ]}
        @choose=${this.chosen}
      >
        <tresen-ui-button slot="trigger" size="small" kind="quiet" icon="settings" label=${t("settings.menu", { name: this.app.me.name })}></tresen-ui-button>
      </tresen-ui-menu>
      <tresen-ui-dialog heading=${t("settings.title")}>
        <form @submit=${(event: Event) => event.preventDefault()}>
          <tresen-ui-field type="select" label=${t("settings.scheme")} .options=${SCHEMES.map((each) => ({ value: each, label: t(`scheme.${each}`) }))} .value=${wishes.scheme} @change=${(event: Event) => preferences.set({ scheme: value(event) as Scheme })}></tresen-ui-field>
          <tresen-ui-field
            type="select"
            label=${t("settings.language")}
            .options=${[{ value: "auto", label: t("settings.language.auto") }, ...LANGUAGES.map((each) => ({ value: each, label: ownName(each) }))]}
            .value=${wishes.language}
            @change=${(event: Event) => preferences.set({ language: value(event) })}
          ></tresen-ui-field>
          <tresen-ui-field type="select" label=${t("settings.beside")} .options=${BESIDES.map((each) => ({ value: each, label: t(`beside.${each}`) }))} .value=${wishes.beside} @change=${(event: Event) => preferences.set({ beside: value(event) as Beside })}></tresen-ui-field>
          <tresen-ui-field type="switch" label=${t("settings.sound")} .checked=${wishes.sound} @change=${(event: Event) => preferences.set({ sound: checked(event) })}></tresen-ui-field>
          <tresen-ui-field type="switch" label=${t("settings.notifications")} hint=${t("settings.notifications.hint")} .checked=${wishes.notifications} @change=${(event: Event) => void this.notifications(event.target as Field)}></tresen-ui-field>
        </form>
      </tresen-ui-dialog>
      <console-devices></console-devices>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-settings": ConsoleSettings;
  }
}
