/** Where the panel stands and how it is divided: 380 by 640 beside the launcher, the whole screen on a phone. */
import { css } from "lit";

export const looks = css`
  :host {
    display: block;
    color: var(--ink);
    font: var(--text-14) / 1.45 var(--font);
    -webkit-text-size-adjust: 100%;
  }
  .panel {
    position: fixed;
    inset-block-end: 88px;
    inset-inline-end: max(20px, env(safe-area-inset-right));
    z-index: var(--z-widget);
    display: flex;
    flex-direction: column;
    inline-size: 380px;
    max-inline-size: calc(100vw - 40px);
    block-size: 640px;
    max-block-size: calc(100dvh - 108px);
    /* What is hidden can still be scrolled to, by the browser itself: the header would be gone. */
    overflow: clip;
    border: 1px solid var(--line);
    border-radius: var(--radius-large);
    background: var(--paper);
    box-shadow: var(--shadow);
    animation: come var(--motion);
  }
  .panel.start {
    inset-inline: max(20px, env(safe-area-inset-left)) auto;
  }
  @keyframes come {
    from {
      opacity: 0;
      translate: 0 8px;
    }
  }
  .panel.full {
    inset-inline: 0;
    inset-block: var(--view-top, 0px) auto;
    inline-size: 100%;
    max-inline-size: none;
    /* The height that the virtual keyboard leaves. */
    block-size: var(--view-height, 100dvh);
    max-block-size: none;
    border: 0;
    border-radius: 0;
    box-shadow: none;
    overscroll-behavior: contain;
  }
  .view {
    flex: 1;
    /* The input and a line of the chat, whatever is above: a phone's keyboard leaves half of the screen. */
    min-block-size: 132px;
    display: flex;
    flex-direction: column;
  }
  .view > * {
    flex: 1;
    min-block-size: 0;
  }
  .stage {
    flex: 0 1 auto;
    min-block-size: 0;
    display: flex;
    flex-direction: column;
  }
  .stage > * {
    min-block-size: 0;
  }
  .bar {
    flex: none;
  }
  .stage:empty,
  .bar:empty {
    display: none;
  }
  .notices {
    position: absolute;
    inset-inline: 12px;
    inset-block-end: 84px;
    z-index: var(--z-toast);
    display: grid;
    gap: 6px;
    pointer-events: none;
  }
  .notices tresen-ui-strip {
    pointer-events: auto;
    border: 1px solid var(--line);
    box-shadow: var(--shadow);
  }
  .edge {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
  }
`;
