/** @packageDocumentation */
export const placeholder = 1
