/** The call page's panel of figures: one sentence, and a table. */
import type { Direction, Figures } from "../media";

/** One sentence that says how the connection is and, where it is poor, why. */
export function inWords({ receiving, sending }: Figures): string {
  if (!receiving && !sending) return "No connection yet.";
  const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
  const rtt = Math.max(receiving?.rtt_ms ?? 0, sending?.rtt_ms ?? 0);
  if (sending && sending.loss > 0.03) return `Your connection is losing packets on the way out (${percent(sending.loss)}).`;
  if (receiving && receiving.loss > 0.03) return `Packets are lost on the way to you (${percent(receiving.loss)}); most are sent again.`;
  if (rtt > 300) return `The way is long: ${Math.round(rtt)} ms there and back. Leave short pauses when you talk.`;
  if (receiving && receiving.bitrate_bps === 0) return "Nothing arrives from the other side at the moment.";
  return "The connection is good.";
}

type Side = Direction | null;

/** Rows of the details table: what, receiving, sending, as text. */
export function rows({ receiving, sending }: Figures): [string, string, string][] {
  const both = (what: string, text: (side: Direction) => string | null): [string, string, string] => {
    const show = (side: Side): string => (side && text(side)) ?? "–";
    return [what, show(receiving), show(sending)];
  };
  const rate = (bps: number): string => (bps >= 1e6 ? `${(bps / 1e6).toFixed(2)} Mbit/s` : `${Math.round(bps / 1e3)} kbit/s`);
  const cipher = (name: string): string => name.replace(/^(SRTP_)?(AEAD_)?/, "").replace("AES_CM_128_HMAC_SHA1_80", "AES_128_CM").replaceAll("_", "-");
  return [
    both("Bitrate", (side) => rate(side.bitrate_bps)),
    both("Loss", (side) => `${(100 * side.loss).toFixed(1)} %`),
    both("Round trip", ({ rtt_ms }) => (rtt_ms === null ? null : `${rtt_ms.toFixed(rtt_ms < 10 ? 1 : 0)} ms`)),
    both("Picture", ({ width, height, fps }) => (width ? `${width} × ${height}${fps ? `, ${Math.round(fps)}/s` : ""}` : null)),
    both("Codecs", ({ videoCodec, audioCodec }) => [videoCodec, audioCodec].filter(Boolean).join(", ") || null),
    both("Sent again", (side) => String(side.retransmitted)),
    both("Encryption", ({ srtpCipher }) => (srtpCipher ? cipher(srtpCipher) : null)),
  ];
}

/** Fills the table's body. */
export function fill(body: HTMLElement, figures: Figures): void {
  const cell = (tag: "th" | "td", text: string): HTMLTableCellElement => Object.assign(document.createElement(tag), { textContent: text });
  body.replaceChildren(
    ...rows(figures).map(([what, ...values]) => {
      const row = document.createElement("tr");
      const head = cell("th", what);
      head.scope = "row";
      row.append(head, ...values.map((value) => cell("td", value)));
      return row;
    }),
  );
}
