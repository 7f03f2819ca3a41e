/** Why the server has refused something, in the reader's words. */
import { Problem } from "../protocol";
import { t, worded } from "./texts";

export function inWords(problem: Problem): string {
  if (problem.status === 0) return t("problem.unreachable");
  if (problem.status === 429) return t("problem.rate_limited");
  if (problem.status >= 500) return t("problem.server");
  // The server's own sentence where we have none: English, but exact.
  return worded("problem", problem.code, problem.message);
}
