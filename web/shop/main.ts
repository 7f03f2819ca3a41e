/** The shop's entry. */
export {};
