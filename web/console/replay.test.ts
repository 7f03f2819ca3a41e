import { describe, expect, it } from "vitest";
import type { Actor, Entry } from "../protocol";
import { replay } from "./replay";

const ana: Actor = { kind: "customer", id: "cust_1", name: "Ana" };
const system: Actor = { kind: "system", id: "system", name: "" };

function entries(...lines: [type: string, data?: Record<string, unknown>, actor?: Actor][]): Entry[] {
  return lines.map(([type, data = {}, actor = system], index) => ({ conversation_id: "conv_1", seq: index + 1, type, at: `2026-03-01T10:00:${String(index).padStart(2, "0")}Z`, actor, data }));
}
const at = (lines: Entry[], count: number) => replay(lines, count);

describe("a replayed conversation", () => {
  const said = entries(
    ["message.created", { id: "msg_1", text: "helo" }, ana],
    ["message.updated", { id: "msg_1", text: "hello" }, ana],
    ["message.deleted", { id: "msg_1" }, ana],
  );

  it("shows messages as they were at the moment", () => {
    expect(at(said, 0).messages).toEqual([]);
    expect(at(said, 1).messages[0]).toMatchObject({ text: "helo", edited: false });
    expect(at(said, 2).messages[0]).toMatchObject({ text: "hello", edited: true });
    expect(at(said, 3).messages[0]).toMatchObject({ text: "", deleted: true });
  });

  it("shows the cart of the moment, and none while it was out of sight", () => {
    const cart = (version: number) => ({ cart: { id: "cart_1", version } });
    const lines = entries(["cart.updated", cart(1)], ["cart.updated", { redacted: "cart_view" }], ["cart.updated", cart(3)]);
    expect(at(lines, 1).cart?.version).toBe(1);
    expect([at(lines, 2).cart, at(lines, 2).cartHidden]).toEqual([null, true]);
    expect([at(lines, 3).cart?.version, at(lines, 3).cartHidden]).toEqual([3, false]);
  });

  it("follows a call through its states", () => {
    const call = { call_id: "call_1", media: "voice" };
    const lines = entries(
      ["call.requested", call],
      ["call.queued", call],
      ["call.ringing", call],
      ["call.accepted", call],
      ["call.connected", call],
      ["call.media_changed", { ...call, media: "video" }],
      ["recording.started", call],
      ["call.held", call],
      ["call.ringing", call],
      ["call.resumed", call],
      ["recording.paused", call],
      ["call.ended", call],
    );
    expect(lines.map((_, index) => at(lines, index + 1).call?.state ?? "none")).toEqual(
      ["requested", "queued", "ringing", "connecting", "active", "active", "active", "held", "held", "active", "active", "none"],
    );
    expect(at(lines, 7).call).toMatchObject({ media: "video", recording: true });
    expect(at(lines, 11).call).toMatchObject({ recording: false });
  });

  it("knows who waited and who had it", () => {
    const lines = entries(["queue.entered"], ["conversation.assigned", { rep_id: "rep_1" }], ["conversation.released"], ["conversation.closed"], ["conversation.reopened"]);
    expect(lines.map((_, index) => at(lines, index + 1)).map((then) => [then.waiting, then.repId, then.closed])).toEqual([
      [true, null, false],
      [false, "rep_1", false],
      [false, null, false],
      [false, null, true],
      [false, null, false],
    ]);
  });
});
