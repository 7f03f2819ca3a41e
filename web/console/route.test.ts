import { expect, it } from "vitest";
import { pathOf, routeOf } from "./route";

const ID = "conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X";

it.each(["/console", `/console/c/${ID}`, "/console/board", "/console/history"])("leads to %s and back", (path) => {
  expect(pathOf(routeOf(path))).toBe(path);
});

it.each(["/console/c/../../x", "/console/c/conv_1", "/console/elsewhere", "/console/"])("takes %s for the desk", (path) => {
  expect(routeOf(path)).toEqual({ page: "desk", conversationId: null });
});
