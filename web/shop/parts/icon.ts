/**
 * The shop's icons, as plain SVG in the page. Not `<tresen-ui-icon>`: names of elements belong to the whole page, and the widget brings its own.
 */
import { html, type TemplateResult } from "lit";
import { unsafeSVG } from "lit/directives/unsafe-svg.js";
import check from "lucide-static/icons/circle-check.svg?raw";
import alert from "lucide-static/icons/circle-alert.svg?raw";
import card from "lucide-static/icons/credit-card.svg?raw";
import cart from "lucide-static/icons/shopping-cart.svg?raw";
import help from "lucide-static/icons/message-circle.svg?raw";
import lock from "lucide-static/icons/lock.svg?raw";
import out from "lucide-static/icons/log-out.svg?raw";
import remove from "lucide-static/icons/trash-2.svg?raw";
import search from "lucide-static/icons/search.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import suggested from "lucide-static/icons/user-check.svg?raw";
import tag from "lucide-static/icons/tag.svg?raw";
import truck from "lucide-static/icons/truck.svg?raw";
import user from "lucide-static/icons/user.svg?raw";
import x from "lucide-static/icons/x.svg?raw";

const icons = { alert, card, cart, check, help, lock, out, remove, search, shield, suggested, tag, truck, user, x };
export type Icon = keyof typeof icons;

/** Decoration: what it stands beside says it in words. */
export const icon = (name: Icon): TemplateResult => html`<span class="icon" aria-hidden="true">${unsafeSVG(icons[name])}</span>`;
