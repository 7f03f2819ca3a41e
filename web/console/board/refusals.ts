/** Why the server refused something on the board, in the supervisor's language. */
import type { Problem } from "../../protocol";
import { t, worded } from "./texts";

export const refusal = (problem: Problem): string => worded("problem", problem.code, t("problem.other", { why: problem.message }));
