/** The widget's entry on a shop's page. */
export {};
