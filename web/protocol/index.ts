/** The protocol's public surface: faces import from here only. */
export * from "./api";
export { credentials, followCall } from "./calls";
export { Captions, type Line, type Words, type Writer } from "./captions";
export { followCart } from "./carts";
export { ConversationLog, type Attachment, type Block, type Keep, type Message, type Receipt, type Unsent } from "./conversation";
export { Followed, type Told } from "./followed";
export { newId } from "./ids";
export { Link, type Actor, type Entry, type Frame, type LinkState, type Myself, type Restored, type Welcome } from "./link";
export { Observable, Watch } from "./observable";
export { Problem, type ProblemDetails } from "./problem";
export { Rest } from "./rest";
