/** How a customer is called wherever staff read of them: by their name, and everywhere by the same word where they have not given one. */
import { t } from "./texts";

export function called(name: string | null | undefined): string {
  return name || t("who.visitor");
}
