/**
 * What a request looks at to know that nobody waits for it any more: the part of an AbortSignal that this takes. Any
 * AbortSignal will do. One that is made for every request, as time-outs need, may be something cheaper.
 */
export interface CancelSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options: { readonly once: true }): void
  removeEventListener(type: 'abort', listener: () => void): void
  /** @throws the reason, if it is aborted */
  throwIfAborted(): void
}
