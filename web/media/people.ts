/** Who is heard and seen: the lines of a WHEP session and the list of who lies on them, put together into people. A plain function. */
import type { Seats } from "./roster";
import type { RemotePerson } from "./types";

/** Behind a leg's id: their shared screen. */
export const SCREEN = ".screen";

export interface Lines {
  readonly audio: readonly MediaStreamTrack[];
  readonly video: readonly MediaStreamTrack[];
}

export interface People {
  readonly remotes: readonly RemotePerson[];
  readonly sounds: readonly MediaStreamTrack[];
}

export const NOBODY: People = { remotes: [], sounds: [] };

/**
 * `own`: one's own identity, whose screen comes back as anybody's would and is left out. `flows`: whether pictures come on a line at the moment;
 * a camera that is off sends none. `alone`: what the only person is called where the server tells nobody's name (`seats` null). Before it has told
 * anything (undefined) there is sound and nobody.
 */
export function people(lines: Lines, seats: Seats | null | undefined, own: string, flows: (track: MediaStreamTrack) => boolean, alone: string): People {
  const live = (track: MediaStreamTrack | undefined): MediaStreamTrack | null => (track && flows(track) ? track : null);
  if (seats === undefined) return { remotes: [], sounds: [...lines.audio] };
  if (!seats) {
    const [audio, video] = [lines.audio[0], lines.video[0]];
    return { remotes: audio || video ? [{ id: alone, audio: audio ?? null, video: live(video), screen: null }] : [], sounds: [...lines.audio] };
  }
  const found = new Map<string, { -readonly [key in keyof RemotePerson]: RemotePerson[key] }>();
  const person = (identity: string): { -readonly [key in keyof RemotePerson]: RemotePerson[key] } => {
    const id = identity.endsWith(SCREEN) ? identity.slice(0, -SCREEN.length) : identity;
    const known = found.get(id) ?? { id, audio: null, video: null, screen: null };
    found.set(id, known);
    return known;
  };
  const ours = (identity: string): boolean => identity === own || identity === own + SCREEN;
  const silent = new Set<MediaStreamTrack>();
  for (const { kind, index, identity } of seats.seats) {
    const track = lines[kind][index];
    if (!track) continue;
    if (ours(identity)) {
      if (kind === "audio") silent.add(track);
      continue;
    }
    const shared = identity.endsWith(SCREEN);
    const one = person(identity);
    if (kind === "audio") {
      if (!shared) one.audio ??= track;
    } else if (shared) one.screen ??= track;
    else one.video ??= live(track);
  }
  for (const identity of seats.mix ?? []) if (!ours(identity)) person(identity).audio ??= lines.audio[0] ?? null;
  return {
    remotes: [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    // Lines nobody is on are silent, and hold music and announcements come on the first one, whoever is on it.
    sounds: lines.audio.filter((track) => !silent.has(track)),
  };
}

/** The former one where nothing has changed, so that faces can compare. */
export function unchanged(former: People, now: People): People {
  const same = (a: RemotePerson, b: RemotePerson | undefined): boolean =>
    b !== undefined && a.id === b.id && a.audio === b.audio && a.video === b.video && a.screen === b.screen;
  const equal =
    former.remotes.length === now.remotes.length &&
    former.remotes.every((one, at) => same(one, now.remotes[at])) &&
    former.sounds.length === now.sounds.length &&
    former.sounds.every((track, at) => track === now.sounds[at]);
  if (equal) return former;
  return { ...now, remotes: now.remotes.map((one) => former.remotes.find((old) => same(old, one)) ?? one) };
}
