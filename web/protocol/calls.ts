/** What a client needs to take part in a call: the call as it stands, and the way into its media room. */
import type { Call } from "./api";
import type { ConversationLog } from "./conversation";
import { Followed } from "./followed";
import type { Link } from "./link";

/** The conversation's call that has not ended; null where there is none. */
export function followCall(link: Link, log: ConversationLog): Followed<Call> {
  return new Followed<Call>(
    log,
    (entry) => (/^(call|recording|supervisor|payment)\./.test(entry.type) ? "stale" : "nothing"),
    async () => {
      const [latest] = (await link.ask("call.list", { conversation_id: log.id })).data;
      return latest && latest.state !== "ended" ? latest : null;
    },
  );
}

/** As web/media wants them; asked for anew for each session, since they are good for a short time only. */
export function credentials(link: Link, origin: string, callId: string): () => Promise<{
  identity: string;
  token: string;
  whip: string;
  whep: string;
  iceServers: RTCIceServer[];
  screenToken: string | null;
  screenWhip: string | null;
  expiresAt: number;
}> {
  return async () => {
    const join = await link.ask("call.join", { call_id: callId });
    const at = (path: string): string => new URL(path, origin).href;
    return {
      identity: join.identity,
      token: join.token,
      whip: at(join.whip),
      whep: at(join.whep),
      iceServers: join.ice_servers as unknown as RTCIceServer[],
      screenToken: join.screen_token ?? null,
      screenWhip: join.screen_token ? at(join.whip) : null,
      expiresAt: Date.now() + join.expires_in_s * 1000,
    };
  };
}
