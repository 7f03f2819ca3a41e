/** How far one's own last message has got, as a word. Pure. */
import type { Message, Receipt } from "../../protocol";

export type Reached = "sending" | "failed" | "sent" | "delivered" | "read";

export function reached(message: Message, receipts: readonly Receipt[], own: string | undefined): Reached {
  if (message.seq === null) return message.state === "failed" ? "failed" : "sending";
  const others = receipts.filter((receipt) => receipt.actor.id !== own && receipt.actor.kind !== "customer");
  if (others.some((receipt) => receipt.read >= message.seq!)) return "read";
  if (others.some((receipt) => receipt.delivered >= message.seq!)) return "delivered";
  return "sent";
}
