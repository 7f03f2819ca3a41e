/** The one door to media: faces import from here and from nothing else in this folder. See docs/web-media.md. */
export type * from "./types";
export { CaptureFailed, canChooseSpeaker, canShareScreen, capture, captureScreen, devices, onDevicesChange } from "./devices";
export { LevelMeter } from "./level";
export { bindPicture, bindSound } from "./bind";
export { speechWriter } from "./speech";
export { Refused } from "./refused";
export { callMedia, WhipCall, type CallMediaOptions } from "./whip-call";
