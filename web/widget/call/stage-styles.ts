/** How the call's stage looks: dark in both schemes, as pictures want it. */
import { css, type CSSResult } from "lit";

export const stageStyles: CSSResult = css`
  .call {
    background: var(--stage);
    color: var(--on-stage);
    display: flex;
    flex-direction: column;
  }
  header {
    display: flex;
    align-items: center;
    gap: var(--space-2);
    padding: var(--space-1) var(--space-3);
    min-block-size: 40px;
  }
  header > tresen-ui-button {
    --round: 32px;
  }
  h2 {
    flex: 1;
    min-inline-size: 0;
    font-size: var(--text-14);
    overflow-wrap: anywhere;
  }
  time {
    font-variant-numeric: tabular-nums;
    color: var(--on-stage-quiet);
  }
  #captions {
    --round: 32px;
  }
  @media (pointer: coarse) {
    #captions {
      --round: 44px;
    }
  }
  .recorded {
    display: inline-flex;
    align-items: center;
    color: var(--on-stage);
  }
  .stage {
    position: relative;
    display: grid;
    place-items: center;
    min-block-size: 148px;
    overflow: hidden;
  }
  .stage.picture {
    aspect-ratio: 4 / 3;
    inline-size: 100%;
    min-block-size: 96px;
    /* Above a phone's keyboard there is room for a small picture and the controls. */
    max-block-size: min(46dvh, 226px, calc(var(--view-height, 100dvh) - 320px));
  }
  /* What one chooses from stays in sight with it. */
  .choosing .stage.picture {
    max-block-size: min(46dvh, 150px);
  }
  .stage.screen {
    aspect-ratio: 16 / 10;
  }
  #main {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    object-fit: cover;
  }
  .screen #main {
    object-fit: contain;
  }
  .tile {
    position: absolute;
    inset-block-start: var(--space-2);
    inset-inline-start: var(--space-2);
    inline-size: clamp(84px, 24%, 150px);
    aspect-ratio: 4 / 3;
    object-fit: cover;
    border: 2px solid var(--on-stage);
    border-radius: var(--radius);
  }
  .ring {
    --avatar: 88px;
    display: inline-grid;
    border-radius: 50%;
    box-shadow: 0 0 0 calc(var(--level, 0) * 18px) color-mix(in srgb, var(--accent) 55%, transparent);
    transition: box-shadow 80ms linear;
  }
  .over {
    position: absolute;
    /* At the top and above all, where one's own picture hides no word of it. */
    inset: 0 0 auto;
    z-index: 2;
    padding: var(--space-1) var(--space-3);
    text-align: center;
    font-size: var(--text-13);
    background: color-mix(in srgb, var(--stage) 82%, transparent);
  }
  .caption {
    position: absolute;
    inset-block-end: var(--space-2);
    inset-inline-start: var(--space-2);
    padding: 2px var(--space-2);
    border-radius: var(--radius);
    font-size: var(--text-12);
    background: color-mix(in srgb, var(--stage) 82%, transparent);
  }
  /* Within the dark stage quiet buttons are light. */
  .recorded tresen-ui-button {
    --ink: var(--on-stage);
    --hover: var(--stage-control);
  }
  :host(:fullscreen) {
    display: flex;
    flex-direction: column;
    background: var(--stage);
  }
  :host(:fullscreen) .call {
    flex: 1;
    min-block-size: 0;
  }
  :host(:fullscreen) .stage {
    flex: 1;
    aspect-ratio: auto;
    max-block-size: none;
  }
  :host(:fullscreen) .choosing .stage {
    max-block-size: none;
  }
  :host(:fullscreen) #main {
    object-fit: contain;
  }
  :host(:fullscreen) tresen-call-quality {
    background: var(--raised);
  }
  @media (prefers-reduced-motion: reduce) {
    .ring {
      transition: none;
      box-shadow: 0 0 0 4px var(--accent);
    }
  }
`;
