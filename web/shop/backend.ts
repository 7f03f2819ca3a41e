/** The shop's own backend as its pages call it: same origin, JSON, the shop's cookie. Knows nothing of Tresen. */
import type { Money } from "../text/formats";

export interface Variant {
  id: string;
  sku: string;
  title: string;
  price: { money: Money; tax_included: boolean; compare_at: Money | null };
  stock: { status: "in_stock" | "low" | "out_of_stock"; available: number | null };
  image_url: string | null;
}
export interface Product {
  id: string;
  title: string;
  description: string;
  category: string;
  brand: string;
  image_url: string | null;
  variants: Variant[];
}
export interface DeliveryOption {
  id: string;
  title: string;
  price: Money;
  days_least: number;
  days_most: number;
}
export interface Person {
  kind: string;
  id: string;
  name: string;
  accepted_by: string | null;
}
export interface Line {
  id: string;
  product_id: string;
  variant_id: string;
  title: string;
  quantity: number;
  unit_price: Money;
  discount_total: Money;
  total: Money;
  image_url: string | null;
  added_by: Person;
}
export interface Totals {
  subtotal: Money;
  discount: Money;
  shipping: Money;
  tax: Money;
  total: Money;
}
export interface Cart {
  id: string;
  version: number;
  currency: string;
  lines: Line[];
  discount_codes: { code: string; applicable: boolean; reason: string | null }[];
  shipping_options: DeliveryOption[];
  selected_shipping: string | null;
  totals: Totals;
  destination: { country: string; postcode: string } | null;
  checkout_step: string;
}
export interface Address {
  name: string;
  street: string;
  postcode: string;
  city: string;
  country: string;
  email: string;
}
export interface Order {
  id: string;
  number: string;
  lines: Line[];
  totals: Totals;
  shipping: DeliveryOption | null;
  address: Address | null;
  financial_status: string;
  fulfillment_status: string;
  tracking: { carrier: string; number: string; url: string | null }[];
  placed_at: string;
}
export interface Account {
  name: string;
  email: string;
  street: string;
  postcode: string;
  city: string;
  country: string;
}
export interface Visit {
  account: Account | null;
  locale: string;
  cart_id: string | null;
  tresen: { address: string; site_id: string };
}
export type Change =
  | { kind: "add_line"; variant_id: string; quantity: number }
  | { kind: "set_quantity"; line_id: string; quantity: number }
  | { kind: "remove_line"; line_id: string }
  | { kind: "apply_code" | "remove_code"; code: string }
  | { kind: "set_shipping"; option_id?: string; destination?: { country: string; postcode: string } }
  | { kind: "set_step"; step: string };

/** The backend said no, or nothing. `cart`: the present one, where the refusal carries it. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly cart?: Cart,
  ) {
    super(code);
  }
}

async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    });
  } catch {
    throw new Refused("offline", 0);
  }
  const answer: unknown = await response.json().catch(() => ({}));
  if (response.ok) return answer as Answer;
  const { code, cart } = answer as { code?: string; cart?: Cart };
  throw new Refused(code ?? "unknown", response.status, cart);
}

const asked = (values: Record<string, string>): string => new URLSearchParams(Object.entries(values).filter(([, value]) => value)).toString();

export const backend = {
  visit: (): Promise<Visit> => call("GET", "/api/visit"),
  prefer: (locale: string): Promise<Visit> => call("PUT", "/api/visit", { locale }),
  signIn: (): Promise<Visit> => call("POST", "/api/sign-in", {}),
  signOut: (): Promise<Visit> => call("POST", "/api/sign-out", {}),
  products: async (values: Record<string, string>): Promise<Product[]> => (await call<{ data: Product[] }>("GET", `/api/products?${asked(values)}`)).data,
  product: (id: string, locale: string): Promise<Product> => call("GET", `/api/products/${encodeURIComponent(id)}?${asked({ locale })}`),
  delivery: async (variant: string, locale: string): Promise<DeliveryOption[]> =>
    (await call<{ data: DeliveryOption[] }>("GET", `/api/variants/${encodeURIComponent(variant)}/delivery?${asked({ locale })}`)).data,
  cart: async (): Promise<Cart | null> => (await call<{ cart: Cart | null }>("GET", "/api/cart")).cart,
  change: async (operation: Change): Promise<Cart> => (await call<{ cart: Cart }>("POST", "/api/cart", { operation })).cart,
  adopt: async (cart_id: string): Promise<Cart | null> => (await call<{ cart: Cart | null }>("PUT", "/api/cart", { cart_id })).cart,
  pay: (card: string, base_version: number, address: Address): Promise<Order> => call("POST", "/api/pay", { card, base_version, address }),
  orders: async (): Promise<Order[]> => (await call<{ data: Order[] }>("GET", "/api/orders")).data,
  order: (id: string): Promise<Order> => call("GET", `/api/orders/${encodeURIComponent(id)}`),
  token: async (): Promise<string> => (await call<{ token: string }>("GET", "/tresen-token")).token,
};
