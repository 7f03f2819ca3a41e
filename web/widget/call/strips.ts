/** The quiet lines below a call: what somebody should know or may do now, each with its way out. Most calls have none. */
import { html, nothing, type TemplateResult } from "lit";
import type { CallMedia } from "../../media";
import "../../ui/button";
import "../../ui/strip";
import type { Calling } from "./calling";
import { browser } from "./permission";
import { legOf, nameOf, others } from "./states";
import { t } from "./texts";
import { peopleWords, troubleWords, who } from "./words";

type StripIcon = "volume-2" | "mic-off" | "eye-off" | "user" | "triangle-alert" | "monitor-up";
const strip = (tone: "neutral" | "warning" | "danger" | "accent", icon: StripIcon, text: string, action: TemplateResult | typeof nothing = nothing): TemplateResult =>
  html`<tresen-ui-strip tone=${tone} icon=${icon}>${text}${action}</tresen-ui-strip>`;

/** `regain`: tries once more to have the microphone or the camera. */
export function strips(calling: Calling, regain: (what: "mute" | "camera") => void): TemplateResult {
  const { media, call, me, repName, sound } = calling;
  const name = who(repName);
  const own = legOf(call, me);
  const entries = calling.app.log?.entries ?? [];
  const company = call ? others(call, me).filter((leg) => leg.person_id !== call.rep_id) : [];
  return html`
    ${sound.blocked
      ? strip("accent", "volume-2", t("sound.hint"), html`<tresen-ui-button slot="action" size="small" kind="primary" id="sound" @click=${() => sound.allow()}>${t("sound.allow")}</tresen-ui-button>`)
      : nothing}
    ${calling.failed !== null
      ? strip("danger", "triangle-alert", t("failed"), html`<tresen-ui-button slot="action" size="small" id="retry" @click=${() => calling.retry()}>${t("failed.again")}</tresen-ui-button>`)
      : nothing}
    ${call?.payment_step ? strip("neutral", "eye-off", `${t("payment", { name })} ${t("payment.hint")}`) : nothing}
    ${own?.muted
      ? strip("warning", "mic-off", t("muted.by_rep", { name }), html`<tresen-ui-button slot="action" size="small" @click=${() => calling.mute(false)}>${t("unmute")}</tresen-ui-button>`)
      : media?.isMuted("audio")
        ? strip("neutral", "mic-off", t("muted"))
        : nothing}
    ${missing(media, regain)}
    ${media?.local.screen
      ? strip("accent", "monitor-up", t("screen.mine"), html`<tresen-ui-button slot="action" size="small" @click=${() => media.stopScreen()}>${t("screen.stop")}</tresen-ui-button>`)
      : nothing}
    ${company.length
      ? strip(
          "neutral",
          "user",
          company.some((leg) => leg.supervising)
            ? t("supervisor", { name: peopleWords(company.map((leg) => nameOf(entries, leg.person_id))) })
            : t("with", { names: peopleWords(company.map((leg) => nameOf(entries, leg.person_id))) }),
        )
      : nothing}
  `;
}

/** A device that is not there: pulled out, forbidden since, or never allowed. */
function missing(media: CallMedia | null, regain: (what: "mute" | "camera") => void): TemplateResult | typeof nothing {
  if (!media) return nothing;
  const { trouble, local } = media;
  const silent = !local.audio && !media.isMuted("audio");
  if (!trouble) return silent ? strip("neutral", "mic-off", t("listening")) : nothing;
  const words = [troubleWords(trouble).title, trouble === "denied" ? t(`help.${browser()}`) : "", silent ? t("listening") : ""].filter(Boolean).join(" ");
  const again = (): void => regain(silent ? "mute" : "camera");
  return strip("warning", "triangle-alert", words, html`<tresen-ui-button slot="action" size="small" id="regain" @click=${again}>${t("failed.again")}</tresen-ui-button>`);
}
