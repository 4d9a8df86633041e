import type { MetadataDelta, MetadataImage } from '@quorate/controller'
import type { Offset } from '@quorate/log'

/** Which step of the metadata log a publisher is given. */
export interface PublishContext {
  /** Offset after the last record in the image. */
  readonly offset: Offset
  /** Nothing was published before: the delta leads from the empty image. */
  readonly first: boolean
}

/**
 * What acts on the cluster's metadata in a broker: one aspect each, such as the partitions it holds or its configs.
 *
 * The broker calls its publishers one after the other, each change after the one before, and never two calls at a
 * time. It reports an offset to the controller only when every publisher has returned. A publisher that fails on the
 * first change stops the broker; a later failure is logged and counted, and the next publishers still run.
 */
export interface MetadataPublisher {
  /** For logs and errors. */
  readonly name: string
  /**
   * Acts on one change. `delta.snapshot` means that everything known before is void; it is true at first, and again
   * after the broker fell too far behind.
   */
  publish(delta: MetadataDelta, image: MetadataImage, context: PublishContext): void | Promise<void>
  /** Called once, after the last `publish` has returned. Publishers close in reverse order. */
  close?(): void | Promise<void>
}
