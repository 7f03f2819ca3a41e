/** What is known of a customer, picked apart: where they are, what time it is there, what they allowed. Pure. */
import type { Entry } from "../../protocol";
import type { Consent, Customer } from "./shopper";

export interface Page {
  title: string;
  url: string | null;
}

const text = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

/** The page they are on, as the page's own script said it. */
export function pageOf({ unverified_attributes: said }: Customer): Page | null {
  const url = text(said["page_url"]) || null;
  const title = text(said["page_title"]) || text(said["page_name"]);
  if (title) return { title, url };
  if (!url) return null;
  return { title: URL.canParse(url) ? new URL(url).pathname : url, url };
}

/** The IANA zone, signed or said; null where there is none, or none that this browser knows. */
export function zoneOf(customer: Customer): string | null {
  const zone = [customer.attributes["timezone"], customer.unverified_attributes["page_timezone"], customer.unverified_attributes["timezone"]].map(text).find(Boolean);
  if (!zone) return null;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    // A name that is no zone tells nobody the time.
    return null;
  }
}

/** Attributes worth a line of their own, without what is shown elsewhere. */
export function others(attributes: Record<string, unknown>): [name: string, value: string][] {
  return Object.entries(attributes)
    .filter(([name]) => !/^(page_)?(url|title|name|timezone)$/.test(name))
    .map(([name, value]) => [name.replace(/^page_/, "").replaceAll("_", " "), typeof value === "string" ? value : JSON.stringify(value)]);
}

export interface Allowed {
  purpose: string;
  state: "granted" | "revoked" | "expired" | "asked" | "refused";
  at: string;
  until: string | null;
}

/** The last word on each purpose: from the ledger, and from what was asked and refused in this conversation. */
export function allowances(ledger: readonly Consent[], entries: readonly Entry[], conversationId: string, now: number): Allowed[] {
  const found = new Map<string, Allowed>();
  for (const row of [...ledger].sort((one, other) => one.at.localeCompare(other.at))) {
    if (row.conversation_id !== null && row.conversation_id !== conversationId) continue;
    const over = row.expires_at !== null && Date.parse(row.expires_at) <= now;
    const state = row.action !== "granted" ? "revoked" : over ? "expired" : "granted";
    found.set(row.purpose, { purpose: row.purpose, state, at: row.at, until: row.expires_at });
  }
  for (const entry of entries) {
    if (entry.type !== "consent.asked" && entry.type !== "consent.refused") continue;
    const purpose = String(entry.data["purpose"]);
    const known = found.get(purpose);
    if (known && (known.state === "granted" || known.at > entry.at)) continue;
    found.set(purpose, { purpose, state: entry.type === "consent.asked" ? "asked" : "refused", at: entry.at, until: null });
  }
  return [...found.values()];
}
