/**
 * Puts what floats (menu, tooltip) beside what it belongs to, inside the window. The floating element is `position: fixed` and, where
 * the browser has popovers, in the top layer, so that no scrolling column cuts it off.
 */
const GAP = 4;
const EDGE = 8;

export type Side = "below" | "above";
export type Align = "start" | "center" | "end";

/** Shows and places; below with the same start unless told otherwise, on the other side where there is no room. */
export function float(floating: HTMLElement, anchor: Element, side: Side = "below", align: Align = "start"): void {
  floating.hidden = false;
  if (floating.showPopover && !floating.matches(":popover-open")) floating.showPopover();
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = floating;
  const { clientWidth, clientHeight } = document.documentElement;

  const below = clientHeight - at.bottom - GAP - EDGE;
  const above = at.top - GAP - EDGE;
  const isBelow = side === "below" ? height <= below || below >= above : height > above && below > above;
  const top = isBelow ? at.bottom + GAP : at.top - GAP - height;

  const leftward = (getComputedStyle(anchor).direction === "rtl") === (align === "start");
  const left = align === "center" ? at.left + at.width / 2 - width / 2 : leftward ? at.right - width : at.left;

  floating.style.top = `${Math.max(EDGE, Math.min(top, clientHeight - height - EDGE))}px`;
  floating.style.left = `${Math.max(EDGE, Math.min(left, clientWidth - width - EDGE))}px`;
  floating.style.maxHeight = `${Math.max(120, isBelow ? below : above)}px`;
}

export function sink(floating: HTMLElement): void {
  if (floating.hidePopover && floating.matches(":popover-open")) floating.hidePopover();
  floating.hidden = true;
}
