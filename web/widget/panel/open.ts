/** Opens the panel in the launcher's shadow root, at what was asked for. */
import type { App } from "../app";
import type { Launcher } from "../launcher/launcher";
import "./panel";

export type Wanted = "home" | "chat" | "callback" | "help" | "voice" | "video" | undefined;

export function openPanel(app: App, launcher: Launcher, wanted: Wanted, help: { reason?: string; step?: string }): void {
  let panel = launcher.root.querySelector("tresen-panel");
  if (panel && panel.app !== app) panel.remove();
  if (!panel || panel.app !== app) {
    panel = document.createElement("tresen-panel");
    panel.app = app;
    // Before the launcher in the order of focus: what was opened comes next.
    launcher.root.prepend(panel);
  }
  app.open = true;
  if (wanted === "help") void app.askForHelp(help).catch((error: unknown) => app.report(error));
  else if (wanted === "voice" || wanted === "video") void panel.callFor(wanted);
  else if (wanted) app.show(wanted);
  else if (app.log && app.view === "home" && !app.closed) app.show("chat");
  panel.focusInside();
}
