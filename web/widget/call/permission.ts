/** Where somebody finds the switch for camera and microphone in the browser they have: which words to show, by what the browser calls itself. */
export type Browser = "chrome" | "firefox" | "safari" | "ios" | "android" | "other";

export function browserOf(agent: string, touches: number): Browser {
  // iPads call themselves Macs; a Mac has no touch screen.
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touches > 1)) return "ios";
  if (/Firefox\//.test(agent)) return "firefox";
  if (/Android/.test(agent)) return "android";
  if (/Chrome\/|Chromium\/|Edg\//.test(agent)) return "chrome";
  if (/Safari\//.test(agent)) return "safari";
  return "other";
}

export const browser = (): Browser => browserOf(navigator.userAgent, navigator.maxTouchPoints);
