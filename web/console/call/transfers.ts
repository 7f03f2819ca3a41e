/** A transfer as the transferring rep, the target and everybody else see it: what can be done, and what is said. Pure. */
import type { Call } from "../../protocol";
import { PENDING, type Transfer } from "./controls";

export type Step = "complete" | "swap" | "abort";
/** `from`: hands the customer over. `target`: is to have them. `other`: is in the call and sees it happen. */
export type Side = "from" | "target" | "other";

export interface TransferSight {
  side: Side;
  /** Key of the sentence (`transfer.*`); placeholders: `who` the other rep, `customer`. */
  says: TransferSays;
  steps: Step[];
  /** Of the reps, whom it goes to; null while the queue looks for one. */
  targetId: string | null;
  fromId: string | null;
}

export type TransferSays =
  | "transfer.waiting"
  | "transfer.ringing"
  | "transfer.connecting"
  | "transfer.consulting"
  | "transfer.consulting.target"
  | "transfer.swapped"
  | "transfer.swapped.target"
  | "transfer.joining.target"
  | "transfer.other";

export function sight(call: Call, transfer: Transfer, me: string, supervises = false): TransferSight {
  const from = call.legs.find((leg) => leg.id === transfer.from_leg_id);
  const target = call.legs.find((leg) => leg.id === transfer.target_leg_id);
  const targetId = target?.person_id ?? transfer.target_rep_id;
  const side: Side = from?.person_id === me ? "from" : targetId === me ? "target" : "other";
  const may = side === "from" || (supervises && side !== "target");
  const met = transfer.state === "consulting" || transfer.state === "swapped";
  const steps: Step[] = !may || !PENDING.has(transfer.state) ? [] : met ? ["complete", "swap", "abort"] : ["abort"];
  return { side, says: says(transfer.state, side), steps, targetId, fromId: from?.person_id ?? null };
}

function says(state: string, side: Side): TransferSays {
  if (side === "other") return "transfer.other";
  if (state === "consulting") return side === "from" ? "transfer.consulting" : "transfer.consulting.target";
  if (state === "swapped") return side === "from" ? "transfer.swapped" : "transfer.swapped.target";
  if (side === "target") return "transfer.joining.target";
  return state === "waiting" ? "transfer.waiting" : state === "ringing" ? "transfer.ringing" : "transfer.connecting";
}

/** How a transfer that is over went, where the transferring rep needs to know (`transferred.*`); null: it went as they wished. */
export type Outcome = "declined" | "timed_out" | "failed" | "cancelled";
export function mishap(state: string): Outcome | null {
  return state === "declined" || state === "timed_out" || state === "failed" || state === "cancelled" ? state : null;
}
