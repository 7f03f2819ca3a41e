/** Where in the console somebody is, as the address says it. */

export type Route = { page: "desk"; conversationId: string | null } | { page: "board" } | { page: "history" };

export function routeOf(path: string): Route {
  const [, , first, second] = path.split("/");
  if (first === "board") return { page: "board" };
  if (first === "history") return { page: "history" };
  const id = first === "c" && second && /^conv_[0-9A-HJKMNP-TV-Z]{26}$/.test(second) ? second : null;
  return { page: "desk", conversationId: id };
}

export function pathOf(route: Route): string {
  if (route.page !== "desk") return `/console/${route.page}`;
  return route.conversationId ? `/console/c/${route.conversationId}` : "/console";
}
