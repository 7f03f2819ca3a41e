/** Small decisions of the call view: which browser's help, when to suggest sound alone. */
import { describe, expect, it } from "vitest";
import { Patience } from "./patience";
import { browserOf } from "./permission";
import { qualityWords, troubleWords } from "./words";

describe("the browser's help", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36", 0, "chrome"],
    ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0", 0, "chrome"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", 0, "firefox"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15", 0, "safari"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15", 5, "ios"],
    ["Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36", 5, "android"],
    ["Lynx", 0, "other"],
  ])("%s", (agent, touches, browser) => {
    expect(browserOf(agent, touches)).toBe(browser);
  });
});

describe("sound alone", () => {
  it("is suggested after a while only, and not again soon after a no", () => {
    const patience = new Patience();
    expect(patience.take("poor", 0)).toBe(false);
    expect(patience.take("poor", 14_999)).toBe(false);
    expect(patience.take("poor", 15_000)).toBe(true);
    patience.refuse(16_000);
    expect(patience.take("poor", 60_000)).toBe(false);
    expect(patience.take("poor", 136_000)).toBe(true);
    expect(patience.take("good", 137_000)).toBe(false);
    expect(patience.take("poor", 138_000)).toBe(false);
  });
});

describe("words", () => {
  it("say why the connection is bad", () => {
    expect(qualityWords(null)).toBe("The connection is good.");
    expect(qualityWords({ level: "poor", reason: "loss_out", figures: { receiving: null, sending: null } })).toMatch(/losing packets/);
    expect(qualityWords({ level: "fair", reason: null, figures: { receiving: null, sending: null } })).not.toBe("");
  });

  it("say what is wrong with the devices", () => {
    for (const trouble of ["denied", "no_camera", "no_microphone", "no_devices", "in_use", "insecure", "unsupported"] as const) {
      expect(troubleWords(trouble).title).not.toBe("");
      expect(troubleWords(trouble).detail).not.toBe("");
    }
  });
});
