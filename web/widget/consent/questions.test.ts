/** Who is asked for what, and when no is no. */
import { describe, expect, it } from "vitest";
import type { Entry } from "../../protocol";
import { questions, type CartScope, type Situation } from "./questions";

const RITA = { id: "rep_1", name: "Rita" };
let seq = 0;
const entry = (type: string, data: Record<string, unknown> = {}): Entry => ({ conversation_id: "conv_1", seq: ++seq, type, at: "", actor: { kind: "rep", ...RITA }, data });
const ask = (purpose: string): Entry => entry("consent.asked", { purpose });
const refused = (purpose: string): Entry => entry("consent.refused", { purpose });
const situation = (entries: Entry[], more: Partial<Situation> = {}): Situation => ({ entries, cart: true, rep: null, inCall: false, granted: new Set<CartScope>(), ...more });
const purposes = (given: Situation): string[] => questions(given).map((each) => each.purpose);

describe("a rep's question", () => {
  it("is put until it is answered", () => {
    expect(purposes(situation([ask("cart_edit")]))).toEqual(["cart_edit"]);
    expect(purposes(situation([ask("cart_edit"), entry("consent.granted", { purpose: "cart_edit" })]))).toEqual([]);
    expect(purposes(situation([ask("cart_edit"), refused("cart_edit")]))).toEqual([]);
  });

  it("comes again when the rep asks again, and only then", () => {
    const entries = [ask("recording"), refused("recording")];
    expect(purposes(situation(entries, { inCall: true }))).toEqual([]);
    expect(purposes(situation([...entries, ask("recording")], { inCall: true }))).toEqual(["recording"]);
  });

  it("is not put for what holds already, nor without a cart", () => {
    expect(purposes(situation([ask("cart_view")], { granted: new Set(["view"]) }))).toEqual([]);
    expect(purposes(situation([ask("cart_view")], { cart: false }))).toEqual([]);
  });

  it("about a recording is over with the call", () => {
    expect(purposes(situation([ask("recording")]))).toEqual([]);
    expect(purposes(situation([ask("recording"), entry("call.ended")], { inCall: true }))).toEqual([]);
  });

  it("is over with the conversation", () => {
    expect(purposes(situation([ask("transcript_mail"), entry("conversation.closed")]))).toEqual([]);
  });

  it("of an unknown kind is not shown", () => {
    expect(purposes(situation([ask("everything")]))).toEqual([]);
  });
});

describe("the widget's own question", () => {
  it("is whether the rep who is there may see the cart", () => {
    expect(questions(situation([], { rep: RITA }))).toEqual([{ purpose: "cart_view", seq: null, repId: RITA.id, name: "Rita" }]);
    expect(purposes(situation([]))).toEqual([]);
    expect(purposes(situation([], { rep: RITA, cart: false }))).toEqual([]);
  });

  it("is put once: not after a no, not after it was taken back, not after it has run out", () => {
    for (const type of ["consent.refused", "consent.granted", "consent.revoked"]) {
      expect(purposes(situation([entry(type, { purpose: "cart_view" })], { rep: RITA }))).toEqual([]);
    }
  });

  it("waits behind what a rep asks of the cart", () => {
    expect(purposes(situation([ask("cart_edit")], { rep: RITA }))).toEqual(["cart_edit"]);
    expect(purposes(situation([ask("recording")], { rep: RITA, inCall: true }))).toEqual(["recording", "cart_view"]);
  });

  it("is not put in a conversation that is closed", () => {
    expect(purposes(situation([entry("conversation.closed")], { rep: RITA }))).toEqual([]);
    expect(purposes(situation([entry("conversation.closed"), entry("conversation.reopened")], { rep: RITA }))).toEqual(["cart_view"]);
  });
});
