/** What can be asked of the server, typed: for each operation of /v1, what it takes and what it answers. Types only. */
import type { components, operations } from "./api.gen";

export type Schemas = components["schemas"];
export type OperationName = keyof operations;

type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : unknown;
type Part<T, Name extends string> = T extends { [name in Name]?: infer Found } ? (Found extends object ? Found : unknown) : unknown;
type Parameters<Name extends OperationName> = operations[Name]["parameters"];
type Body<Name extends OperationName> = operations[Name] extends { requestBody?: infer Found } ? ([NonNullable<Found>] extends [never] ? unknown : Json<NonNullable<Found>>) : unknown;

/** Fields that are about the request itself, not its subject; see docs/socket.md. */
export interface About {
  if_match?: number;
  idempotency_key?: string;
}

/** Path, query and body side by side, as the socket wants them. */
export type Asking<Name extends OperationName> = Part<Parameters<Name>, "path"> & Part<Parameters<Name>, "query"> & Body<Name> & About;

type Responses<Name extends OperationName> = operations[Name]["responses"];
export type Answer<Name extends OperationName> = {
  [Status in keyof Responses<Name>]: Status extends 200 | 201 | 202 ? Json<Responses<Name>[Status]> : null;
}[keyof Responses<Name>];

export type Money = Schemas["Money-Output"];
export type Conversation = Answer<"conversation.create">;
export type Call = Answer<"call.read">;
export type CallJoin = Answer<"call.join">;
export type Cart = Answer<"cart.read">;
export type Order = Answer<"order.read">;
export type Product = Answer<"product.read">;
export type Place = Answer<"queue.enter">;
