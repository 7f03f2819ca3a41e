/** Why the server refused, in the rep's language; the server's own sentence where it is a rare one. */
import type { Problem } from "../../protocol";
import { t, worded } from "./texts";

export function refusal(problem: Problem): string {
  const said = worded("problem", problem.code, "");
  if (said) return said;
  const field = problem.errors[0]?.pointer.split("/").at(-1) ?? "";
  return problem.status === 422 && field ? t("problem.field", { field }) : t("problem.other", { why: problem.message });
}
