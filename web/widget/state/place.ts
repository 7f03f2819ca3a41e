/** The place in the queue as it is now: read anew when the timeline says that it has changed, moved on by the notes between. */
import { Followed, type ConversationLog, type Link, type Place } from "../../protocol";

const WAITING = new Set(["waiting", "offered"]);

class FollowedPlace extends Followed<Place> {
  #stops: (() => void)[] = [];

  constructor(
    private readonly link: Link,
    private readonly followed: ConversationLog,
  ) {
    super(
      followed,
      (entry) => (entry.type.startsWith("queue.") || /^conversation\.(assigned|transferred|released|closed)$/.test(entry.type) ? "stale" : "nothing"),
      async () => {
        const { data } = await link.ask("queue.places", { conversation_id: followed.id });
        return data.find((place) => WAITING.has(place.state)) ?? null;
      },
    );
  }

  override open(): void {
    super.open();
    if (this.#stops.length) return;
    this.#stops = [
      this.link.on("queue.position", (note) => {
        const place = this.value;
        if (place && note["ticket_id"] === place.id) this.put({ ...place, position: note["position"] as number, eta_s: note["eta_s"] as number | null });
        else if (note["conversation_id"] === this.followed.id) void this.refresh();
      }),
      // Notes are not repeated: what was missed meanwhile is read.
      this.link.on("welcome", () => void this.refresh()),
    ];
  }

  override close(): void {
    super.close();
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }
}

export const followPlace = (link: Link, log: ConversationLog): Followed<Place> => new FollowedPlace(link, log);
