/** What surrounds every page of the shop: name, search, language, account, cart; the status line; the foot. */
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { languageName } from "../../text/formats";
import { LANGUAGES, language } from "../../text/texts";
import { tresen, type Cause } from "../help";
import { button } from "../parts/button";
import { icon } from "../parts/icon";
import { go } from "../route";
import { set, shown, signIn, signOut } from "../state";
import { t } from "../texts";

export const NAME = "Tresen Kontor";
export const CATEGORIES = ["kitchen", "table", "home", "bath", "bags", "outdoor", "garden", "food"] as const;


function search(event: SubmitEvent): void {
  event.preventDefault();
  const text = String(new FormData(event.target as HTMLFormElement).get("q") ?? "").trim();
  go(text ? `/search?q=${encodeURIComponent(text)}` : "/");
}

function header(text: string, category: string, speak: (tag: string) => void): TemplateResult {
  const count = shown.cart?.lines.reduce((sum, line) => sum + line.quantity, 0) ?? 0;
  const account = shown.visit.account;
  return html`
    <a class="skip" href="#main">${t("skip")}</a>
    <header class="head">
      <a class="name" href="/">${NAME}</a>
      <form class="search" role="search" action="/search" @submit=${search}>
        <label class="away" for="q">${t("search.label")}</label>
        <input id="q" name="q" type="search" autocomplete="off" placeholder=${t("search.label")} .value=${live(text)} />
        <button type="submit" aria-label=${t("search.do")}>${icon("search")}</button>
      </form>
      <div class="tools">
        <label class="away" for="language">${t("language")}</label>
        <select id="language" @change=${(event: Event) => speak((event.target as HTMLSelectElement).value)}>
          ${LANGUAGES.map((tag) => html`<option value=${tag} lang=${tag} ?selected=${tag === language()}>${languageName(tag, tag)}</option>`)}
        </select>
        ${account
          ? html`<a class="tool" href="/orders">${icon("user")}<span>${account.name}</span></a>
              <button class="tool" id="sign-out" @click=${signOut}>${icon("out")}<span>${t("sign_out")}</span></button>`
          : html`<button class="tool" id="sign-in" title=${t("sign_in.hint")} @click=${signIn}>${icon("user")}<span>${t("sign_in", { name: "Maria" })}</span></button>`}
        <a class="tool" id="cart-link" href="/cart" aria-label=${t("cart.count", { count })}>
          ${icon("cart")}<span class="count" ?hidden=${count === 0}>${count}</span>
        </a>
      </div>
      <nav class="shelves" aria-label=${t("categories")}>
        ${CATEGORIES.map((one) => html`<a href="/category/${one}" aria-current=${one === category ? "page" : nothing}>${t(`category.${one}`)}</a>`)}
      </nav>
    </header>
  `;
}

/** Opens the widget where somebody is stuck. */
export const helpButton = (step: string, reason: Cause = "asked"): TemplateResult =>
  button(t("help"), { icon: "help", press: () => tresen("open", { view: "help", reason, step }) });

/** What has just happened or gone wrong; announced. */
export function notice(step: string): TemplateResult {
  const said = shown.notice;
  return html`<div class="status" role="status">
    ${said
      ? html`<div class="notice ${said.tone}">
          ${icon(said.tone === "danger" ? "alert" : "check")}<p>${said.text}</p>
          ${said.help ? helpButton(step, said.help) : nothing}
          ${button("", { kind: "quiet", size: "small", icon: "x", label: t("notice.close"), press: () => set({ notice: null }) })}
        </div>`
      : nothing}
  </div>`;
}

export function frame(content: TemplateResult, at: { text?: string; category?: string; step?: string }, speak: (tag: string) => void): TemplateResult {
  return html`
    ${header(at.text ?? "", at.category ?? "", speak)}
    <main id="main" tabindex="-1">${notice(at.step ?? "")}${content}</main>
    <footer class="foot">
      <p><strong>${NAME}</strong> · ${t("foot.about")}</p>
      <p>${t("foot.demo")}</p>
    </footer>
  `;
}

/** Where a page has nothing to show because it could not be fetched. */
export const failure = (again: () => void): TemplateResult =>
  html`<section class="calm"><h1>${t("failed")}</h1><p>${t("failed.hint")}</p>${button(t("again"), { kind: "primary", press: again })}</section>`;
