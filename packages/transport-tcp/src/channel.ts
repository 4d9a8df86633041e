import type { Socket } from 'node:net'
import { TransportError } from '@quorate/transport'
import type { Address, Cancel } from '@quorate/transport'
import { disconnected } from './errors.ts'
import { FrameParser, type OnFrame } from './frame-parser.ts'
import { FrameWriter } from './frame-writer.ts'
import { FrameKind } from './frame.ts'
import type { ResolvedTcpOptions } from './options.ts'
import { PREAMBLE, PreambleReader } from './preamble.ts'

/** What the two kinds of connection do with their channel. */
export interface ChannelEvents {
  /** The peer's preamble was right. */
  readonly onReady: () => void
  readonly onFrame: (kind: FrameKind, id: number, payload: Uint8Array) => void
  /** Bytes that waited have been handed to the operating system. */
  readonly onSent?: () => void
  /** The channel is of no use any more; `reason` is absent if this side closed it. Called once. */
  readonly onEnd: (reason: Error | undefined) => void
}

/** A socket that carries frames: preamble, parser, writer, deadlines and the end of it all. */
export class Channel {
  readonly remoteAddress: Address
  /** Resolves when the socket is gone. */
  readonly gone: Promise<void>
  readonly #socket: Socket
  readonly #options: ResolvedTcpOptions
  readonly #events: ChannelEvents
  readonly #chunksAreReused: boolean
  readonly #parser: FrameParser
  readonly #writer: FrameWriter
  #preamble: PreambleReader | undefined = new PreambleReader()
  #ended = false
  #paused = false
  /** What had been read already when reading was paused: the rest of a chunk. */
  #unread: Uint8Array[] = []
  #resumes = 0
  #cancelFrameTimer: Cancel | undefined

  /** @param chunksAreReused what {@link receive} is given changes once it returned */
  constructor(
    socket: Socket,
    remoteAddress: Address,
    options: ResolvedTcpOptions,
    events: ChannelEvents,
    chunksAreReused = false,
  ) {
    this.#socket = socket
    this.#chunksAreReused = chunksAreReused
    this.remoteAddress = remoteAddress
    this.#options = options
    this.#events = events
    const onFrame: OnFrame = (kind, id, payload) => {
      if (!this.#ended) events.onFrame(kind, id, payload)
    }
    this.#parser = new FrameParser(options.maxFrameBytes, onFrame, chunksAreReused)
    this.#writer = new FrameWriter(socket, () => events.onSent?.())
    const { promise, resolve } = Promise.withResolvers<void>()
    this.gone = promise
    socket
      .on('end', () => this.fail(disconnected(remoteAddress)))
      .on('error', (error) => this.fail(disconnected(remoteAddress, error)))
      .on('close', () => {
        this.fail(disconnected(remoteAddress))
        resolve()
      })
  }

  /** Bytes that wait to be sent. */
  get queuedBytes(): number {
    return this.#writer.queuedBytes
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Sends this side's preamble. Called once, before any frame. */
  greet(): void {
    const { keepAliveDelayMs } = this.#options
    this.#socket.setNoDelay(true)
    if (keepAliveDelayMs > 0) this.#socket.setKeepAlive(true, keepAliveDelayMs)
    this.#socket.write(PREAMBLE)
  }

  /** @throws TRANSPORT_FRAME_TOO_LARGE, TRANSPORT_OVERLOADED; nothing was queued then */
  send(kind: FrameKind, id: number, payload: Uint8Array): void {
    const { maxFrameBytes, maxWriteQueueBytes } = this.#options
    const bytes = payload.byteLength
    if (bytes > maxFrameBytes) {
      throw new TransportError(
        'TRANSPORT_FRAME_TOO_LARGE',
        `a frame of ${bytes} bytes is over the limit of ${maxFrameBytes}`,
      )
    }
    const queuedBytes = this.#writer.queuedBytes
    if (queuedBytes > 0 && queuedBytes + bytes > maxWriteQueueBytes) {
      throw new TransportError(
        'TRANSPORT_OVERLOADED',
        `${queuedBytes} bytes wait to be sent to ${this.remoteAddress} already`,
      )
    }
    this.#writer.write(kind, id, payload)
  }

  /** Delivers no frame and reads nothing until {@link resume}, so that TCP slows the peer down. */
  pause(): void {
    this.#paused = true
    this.#parser.halt()
    this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    this.#resumes++
    const unread = this.#unread
    this.#unread = []
    for (const chunk of unread) this.receive(chunk)
    if (!this.#paused) this.#socket.resume()
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Ends the channel at once. What waits to be sent is dropped. */
  fail(reason: Error): void {
    if (this.#ended) return
    this.#end(reason)
    this.#socket.destroy()
  }

  /** Sends what waits, then ends the channel. Resolves when the socket is gone. */
  async close(): Promise<void> {
    if (!this.#ended) {
      this.#end(undefined)
      this.#writer.flush()
      const cancel = this.#options.clock.setTimer(this.#options.closeTimeoutMs, () => this.#socket.destroy())
      this.#socket.once('close', cancel)
      this.#socket.destroySoon()
    }
    await this.gone
  }

  #end(reason: Error | undefined): void {
    this.#ended = true
    this.#cancelFrameTimer?.()
    this.#events.onEnd(reason)
  }

  /** The next bytes that the peer sent. */
  receive(chunk: Uint8Array): void {
    if (this.#ended) return
    if (this.#paused) return this.#keep(chunk)
    try {
      const frames = this.#preamble === undefined ? chunk : this.#greeted(chunk)
      if (frames === undefined) return
      const rest = this.#parser.push(frames)
      if (rest.length > 0) this.#keep(rest)
    } catch (error) {
      return this.fail(error as Error)
    }
    if (this.#parser.partial && this.#cancelFrameTimer === undefined && !this.#ended) this.#watchFrame()
  }

  #keep(unread: Uint8Array): void {
    this.#unread.push(this.#chunksAreReused ? unread.slice() : unread)
  }

  #greeted(chunk: Uint8Array): Uint8Array | undefined {
    const rest = this.#preamble?.push(chunk)
    if (rest !== undefined) {
      this.#preamble = undefined
      this.#events.onReady()
    }
    return rest
  }

  /** One timer at a time, however many frames come: what counts is that one is completed in the meantime. */
  #watchFrame(): void {
    const { clock, frameTimeoutMs } = this.#options
    const progress = this.#parser.completed + this.#resumes
    this.#cancelFrameTimer = clock.setTimer(frameTimeoutMs, () => {
      this.#cancelFrameTimer = undefined
      if (this.#ended || !this.#parser.partial) return
      if (this.#paused || this.#parser.completed + this.#resumes !== progress) return this.#watchFrame()
      this.fail(
        new TransportError(
          'TRANSPORT_PROTOCOL',
          `a frame did not arrive in full within ${frameTimeoutMs} ms`,
        ),
      )
    })
  }
}
