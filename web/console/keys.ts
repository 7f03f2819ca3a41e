/** The keys of the desk. Combinations with Alt work while somebody writes too; the rest only where nobody does. */
import type { App } from "./app";
import type { ConsoleConversation } from "./conversation";
import { accept, decline, pick, show } from "./deeds";
import type { ConsoleQueue } from "./queue";
import { router } from "./router";
import type { ConsoleStatus } from "./status";
import { t, type Key } from "./texts";

/** What the keys reach into. */
export interface Parts {
  readonly queue: ConsoleQueue | null;
  readonly status: ConsoleStatus;
  readonly front: ConsoleConversation | undefined;
  toggleCustomer(): void;
  toggleBeside(): void;
}

export function addKeys(app: App, parts: Parts): () => void {
  const group = (key: Key) => (): string => t(key);
  const desk = group("keys.desk");
  const talk = group("keys.conversation");
  const work = group("keys.work");
  const places = group("keys.places");
  const label = (key: Key) => (): string => t(key);
  const inFront = (): boolean => router.route.page === "desk" && parts.front !== undefined;
  const onDesk = (): boolean => router.route.page === "desk";
  const chats = () => app.desk.offers.filter((place) => place.channel === "chat" || place.callback);

  const step = (by: number): void => {
    const rows = parts.queue?.rows() ?? [];
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.conversationId === app.current?.id);
    const next = rows[at < 0 ? 0 : (at + by + rows.length) % rows.length];
    if (next) show(app, next.conversationId);
  };

  return app.shortcuts.add(
    { keys: "alt+a", label: label("keys.accept"), group: work, typing: true, when: () => chats().length > 0, run: () => void accept(app, chats()[0]!) },
    { keys: "alt+d", label: label("keys.decline"), group: work, typing: true, when: () => chats().length > 0, run: () => void decline(app, chats()[0]!) },
    { keys: "alt+g", label: label("keys.pick"), group: work, typing: true, when: () => app.desk.lobby.length > 0, run: () => void pick(app, app.desk.lobby[0]!) },
    { keys: "alt+shift+a", label: label("status.available"), group: work, typing: true, run: () => void parts.status.choose("available") },
    { keys: "alt+shift+p", label: label("status.away"), group: work, typing: true, run: () => void parts.status.choose("away") },
    { keys: "alt+shift+o", label: label("status.offline"), group: work, typing: true, run: () => void parts.status.choose("offline") },

    { keys: "j", label: label("keys.next"), group: desk, when: onDesk, run: () => step(1) },
    { keys: "k", label: label("keys.previous"), group: desk, when: onDesk, run: () => step(-1) },
    { keys: "alt+arrowdown", label: label("keys.next"), group: desk, typing: true, when: onDesk, run: () => step(1) },
    { keys: "alt+arrowup", label: label("keys.previous"), group: desk, typing: true, when: onDesk, run: () => step(-1) },
    { keys: "alt+b", label: label("nav.beside"), group: desk, typing: true, when: onDesk, run: () => parts.toggleBeside() },
    { keys: "alt+i", label: label("nav.customer"), group: desk, typing: true, when: inFront, run: () => parts.toggleCustomer() },

    { keys: "r", label: label("keys.write"), group: talk, when: inFront, run: () => parts.front?.composer?.focus() },
    { keys: "alt+n", label: label("composer.note"), group: talk, typing: true, when: inFront, run: () => parts.front?.composer?.setNote(true) },
    { keys: "alt+p", label: label("composer.product"), group: talk, typing: true, when: inFront, run: () => void parts.front?.composer?.openProducts() },
    { keys: "alt+u", label: label("composer.attach"), group: talk, typing: true, when: inFront, run: () => parts.front?.composer?.attach() },
    { keys: "alt+t", label: label("keys.timeline"), group: talk, typing: true, when: inFront, run: () => parts.front?.turn() },
    { keys: "alt+c", label: label("call.phone"), group: talk, typing: true, when: inFront, run: () => void parts.front?.header.call("voice") },
    { keys: "alt+v", label: label("call.video"), group: talk, typing: true, when: inFront, run: () => void parts.front?.header.call("video") },
    { keys: "alt+k", label: label("header.claim"), group: talk, typing: true, when: inFront, run: () => void parts.front?.header.claim() },
    { keys: "alt+h", label: label("hand.title"), group: talk, typing: true, when: inFront, run: () => parts.front?.header.handOver() },
    { keys: "alt+w", label: label("closing.title"), group: talk, typing: true, when: inFront, run: () => parts.front?.header.close() },

    { keys: "alt+shift+d", label: label("nav.desk"), group: places, typing: true, run: () => router.go({ page: "desk", conversationId: app.current?.id ?? null }) },
    { keys: "alt+shift+h", label: label("nav.history"), group: places, typing: true, run: () => router.go({ page: "history" }) },
    ...(app.supervises ? [{ keys: "alt+shift+b", label: label("nav.board"), group: places, typing: true, run: () => router.go({ page: "board" }) }] : []),
  );
}
