/**
 * Operations whose body has an `id` of its own, that of what is made, with its prefix. On the socket it is the request's id too, so where the
 * asker names none, one of the right kind is made. tests/laws/test_protocol_types.py holds the list against the server's models.
 */
import type { OperationName } from "./api";

export const OWN_IDS: Partial<Record<OperationName, string>> = {
  "call.record": "rec",
  "call.request": "call",
  "call.transfer": "xfer",
  "canned.create": "can",
  "conversation.create": "conv",
  "conversation.note": "note",
  "help.request": "help",
  "message.send": "msg",
  "payment.create": "pay",
  "payment.refund": "rfnd",
};
