import type { Api } from '@quorate/transport'

/** What an API answers. */
export type ResponseOf<Definition> = Definition extends Api<infer _Request, infer Response> ? Response : never
