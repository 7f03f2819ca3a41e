/**
 * Lit's `@customElement`, but for an element that is there already: a page has one registry for all who live on it, and the widget may meet
 * a second copy of itself, or a page of ours. Put in Lit's place by vite.config.ts.
 */
export const customElement =
  (name: string) =>
  (element: CustomElementConstructor, context?: ClassDecoratorContext): void => {
    const define = (): void => {
      if (!customElements.get(name)) customElements.define(name, element);
    };
    if (context) context.addInitializer(define);
    else define();
  };
