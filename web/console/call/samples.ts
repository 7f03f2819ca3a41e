/** A call and its parts as the server tells them, for tests. */
import type { Call } from "../../protocol";
import type { Leg, Transfer } from "./controls";

export const ME = "rep_1";
export const leg = (id: string, person_id: string, role: string, more: Partial<Leg> = {}): Leg => ({
  id,
  person_id,
  role,
  state: "joined",
  held: false,
  muted: false,
  screen: false,
  supervising: null,
  reason: null,
  until: null,
  ...more,
});
export const MINE = leg("leg_1", ME, "rep");
export const CUSTOMER = leg("leg_c", "cust_1", "customer");
export const call = (more: Partial<Call> = {}): Call => ({
  id: "call_1",
  conversation_id: "conv_1",
  media: "voice",
  state: "active",
  customer_id: "cust_1",
  requested_by: "cust_1",
  rep_id: ME,
  payment_step: false,
  legs: [CUSTOMER, MINE],
  transfer: null,
  recording: null,
  created_at: "2026-01-01T10:00:00Z",
  answered_at: "2026-01-01T10:00:10Z",
  connected_at: "2026-01-01T10:00:11Z",
  ended_at: null,
  end_reason: null,
  ...more,
});
export const transfer = (state: string, more: Partial<Transfer> = {}): Transfer => ({
  id: "xfer_1",
  kind: "warm",
  state,
  from_leg_id: "leg_1",
  target_rep_id: "rep_2",
  requirement: null,
  target_leg_id: "leg_2",
  ...more,
});
