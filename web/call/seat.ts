/** Who this page is in which room, and the way to a token for it: from the link, or from the demo's own endpoint. */
import type { Credentials } from "../media";

const [, , name = "", seat = "guest"] = location.pathname.split("/").map(decodeURIComponent);
const OTHER: Record<string, string> = { customer: "rep", rep: "customer" };

export const room = name;
/** Null: a link that names no seat. */
export const role = seat in OTHER ? seat : null;
export const other = OTHER[seat] ? `the ${OTHER[seat]}` : "the other side";

const given = new URLSearchParams(location.hash.slice(1));

/** Where to publish and subscribe, and a token that is fresh: the demo's live for minutes only, a call may last longer. */
export async function credentials(): Promise<Credentials> {
  const token = given.get("token");
  if (token !== null) {
    const participant = given.get("participant");
    const narrowed = participant === null ? "" : `?participant=${encodeURIComponent(participant)}`;
    const path = encodeURIComponent(room);
    return { identity: "", token, whip: `/whip/${path}`, whep: `/whep/${path}${narrowed}`, iceServers: [] };
  }
  const response = await fetch("/demo/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ room, role: seat }),
  });
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { detail?: string };
    throw Object.assign(new Error(problem.detail ?? "This link does not lead to a call. Ask for a new one."), { status: response.status });
  }
  return { ...((await response.json()) as { identity: string; token: string; whip: string; whep: string }), iceServers: [] };
}
