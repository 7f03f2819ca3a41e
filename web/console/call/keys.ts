/** The keys of a call, in force while one runs; listed with all others. */
import type { Shortcuts } from "../../ui/shortcuts";
import { router } from "../router";
import type { ActiveCall } from "./active";
import type { Want } from "./bar";
import type { Calling } from "./calling";
import type { Act } from "./controls";
import { t } from "./texts";

/** Tells the stage, wherever it is drawn, to open a panel. */
export const WANT = "tresen-call-want";

/** Returns how to take them away again. */
export function callKeys(calling: Calling, shortcuts: Shortcuts): () => void {
  const group = (): string => t("keys.group");
  const may = (...acts: Act[]) => (): boolean => {
    const { active } = calling;
    return active?.media != null && acts.some((act) => active.controls.can[act] === true);
  };
  const active = (): ActiveCall => calling.active!;
  return shortcuts.add(
    { keys: "enter", label: () => t("keys.accept"), group, when: () => false, run: () => undefined },
    { keys: "escape", label: () => t("keys.decline"), group, when: () => false, run: () => undefined },
    { keys: "m", label: () => t("keys.mute"), group, when: may("mute"), run: () => void active().toggleMute() },
    { keys: "v", label: () => t("keys.camera"), group, when: may("camera"), run: () => void active().toggleCamera() },
    { keys: "s", label: () => t("keys.screen"), group, when: may("screen"), run: () => void active().toggleScreen() },
    { keys: "c", label: () => t("keys.captions"), group, when: () => calling.active?.captions != null, run: () => active().readCaptions() },
    { keys: "h", label: () => t("keys.hold"), group, when: may("hold", "resume"), run: () => void active().hold(active().controls.can.resume !== true) },
    { keys: "t", label: () => t("keys.transfer"), group, when: may("transfer"), run: () => want(calling, "transfer") },
  );
}

function want(calling: Calling, panel: Want): void {
  const id = calling.active?.conversationId;
  if (id && calling.app.current?.id !== id) router.toConversation(id);
  dispatchEvent(new CustomEvent<Want>(WANT, { detail: panel }));
}
