/** What outlives the page in this browser: unsent messages, drafts, and how somebody likes the console. Nothing secret. */
import type { Keep, Unsent } from "../protocol";

const PREFIX = "tresen.console.";

/** What was kept under a name; null where there is nothing, or nothing of use. */
export function kept<T>(name: string): T | null {
  const text = localStorage.getItem(PREFIX + name);
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** Keeps it; null or undefined forgets it. */
export function keep(name: string, value: unknown): void {
  if (value === null || value === undefined) localStorage.removeItem(PREFIX + name);
  else localStorage.setItem(PREFIX + name, JSON.stringify(value));
}

/** Where a conversation's unsent messages are. */
export function unsentKeep(conversationId: string): Keep {
  const name = `unsent.${conversationId}`;
  return {
    load: () => kept<Unsent[]>(name) ?? [],
    save: (unsent) => keep(name, unsent.length ? unsent : null),
  };
}
