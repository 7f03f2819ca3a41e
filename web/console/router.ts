/** Which page of the console is in front, in step with the browser's address and its back button. */
import { Observable } from "../protocol";
import { pathOf, routeOf, type Route } from "./route";

class Router extends Observable {
  #route = routeOf(location.pathname);

  constructor() {
    super();
    addEventListener("popstate", () => {
      this.#route = routeOf(location.pathname);
      this.changed();
    });
  }

  get route(): Route {
    return this.#route;
  }

  go(route: Route, how: "push" | "replace" = "push"): void {
    const path = pathOf(route);
    const same = path === pathOf(this.#route) && path === location.pathname;
    this.#route = route;
    this.changed();
    if (same) return;
    // What else the address says (a direction for tests) stays.
    const query = new URLSearchParams(location.search);
    for (const name of ["state", "code", "session_state", "iss"]) query.delete(name);
    const search = query.size ? `?${query.toString()}` : "";
    history[how === "push" ? "pushState" : "replaceState"](null, "", path + search);
  }

  toConversation(conversationId: string | null, how: "push" | "replace" = "push"): void {
    this.go({ page: "desk", conversationId }, how);
  }
}

export const router = new Router();
