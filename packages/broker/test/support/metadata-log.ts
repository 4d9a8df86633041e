import { metadata } from '@quorate/controller'
import type { MetadataDelta, MetadataImage, MetadataRecord } from '@quorate/controller'
import { metadataDelta } from '@quorate/controller'
import type { Change, Store } from '@quorate/store'

type MetadataChange = Change<MetadataImage, MetadataRecord>

function unsupported(): never {
  throw new Error('this store can only be followed')
}

const position = { epoch: 1, timestampMs: 0 }

/** A metadata log in memory: what is appended is committed, and readers of its store are given each change. */
export function metadataLog() {
  let image = metadata.empty()
  let offset = 0
  const readers = new Set<(change: MetadataChange) => void>()
  const ends = new Set<(error?: Error) => void>()
  let appended = Promise.withResolvers<void>()
  const failed = Promise.withResolvers<Error>()

  const snapshotChange = (): MetadataChange => ({
    delta: [...metadata.snapshot(image)],
    previous: metadata.empty(),
    image,
    offset,
    epoch: 1,
    timestampMs: 0,
    snapshot: true,
  })

  async function* changes({
    signal,
  }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<MetadataChange> {
    const queue: MetadataChange[] = [snapshotChange()]
    let ended: { error?: Error | undefined } | undefined
    let wake = Promise.withResolvers<void>()
    const read = (change: MetadataChange) => {
      queue.push(change)
      wake.resolve()
    }
    const end = (error?: Error) => {
      ended = { error }
      wake.resolve()
    }
    readers.add(read)
    ends.add(end)
    signal?.addEventListener('abort', () => end(signal.reason))
    for (;;) {
      const change = queue.shift()
      if (change !== undefined) yield change
      else if (ended?.error !== undefined) throw ended.error
      else if (ended !== undefined) return
      else {
        await wake.promise
        wake = Promise.withResolvers()
      }
    }
  }

  const store: Store<MetadataImage, MetadataRecord> = {
    get image() {
      return image
    },
    get offset() {
      return offset
    },
    get leadership() {
      return unsupported()
    },
    write: unsupported,
    changes,
    leaderships: unsupported,
    async reached(wanted, { signal } = {}) {
      for (;;) {
        signal?.throwIfAborted()
        if (offset >= wanted) return
        await appended.promise
      }
    },
    barrier: unsupported,
    status: unsupported,
    failed: failed.promise,
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }

  const publish = (change: MetadataChange) => {
    appended.resolve()
    appended = Promise.withResolvers()
    for (const read of readers) read(change)
    return change
  }
  return {
    store,
    get image() {
      return image
    },
    get offset() {
      return offset
    },
    /** Commits `records` as one batch. */
    append(...records: readonly MetadataRecord[]) {
      const previous = image
      for (const record of records) image = metadata.fold(image, record, { ...position, offset: offset++ })
      return publish({ delta: records, previous, image, offset, epoch: 1, timestampMs: 0, snapshot: false })
    },
    /** Gives every reader the whole image again, as one that fell too far behind gets it. */
    resend: () => publish(snapshotChange()),
    /** Ends every `changes`, as closing the store does. */
    end(error?: Error) {
      for (const end of ends) end(error)
    },
    fail: failed.resolve,
  }
}

/** The delta of one change. */
export function deltaOf(change: MetadataChange): MetadataDelta {
  return metadataDelta(change)
}

/** A broker that is registered, and fenced as all are at first. */
export function broker(brokerId: number, brokerEpoch: number): MetadataRecord {
  return {
    type: 'BrokerRecord',
    brokerId,
    brokerEpoch,
    incarnationId: `incarnation-${brokerEpoch}`,
    endpoints: [{ name: 'PLAINTEXT', host: `b${brokerId}`, port: 9092 }],
    fenced: true,
    inControlledShutdown: false,
  }
}

export function fence(brokerId: number, brokerEpoch: number, fenced: boolean): MetadataRecord {
  return { type: 'BrokerRegistrationChange', brokerId, brokerEpoch, fenced }
}

export function topic(topicId: string, name: string): MetadataRecord {
  return { type: 'TopicRecord', topicId, name }
}

/** A partition whose replicas are all in sync unless `isr` says otherwise, led by the first of them. */
export function partition(
  topicId: string,
  partitionId: number,
  replicas: readonly number[],
  isr: readonly number[] = replicas,
): MetadataRecord {
  return {
    type: 'PartitionRecord',
    topicId,
    partitionId,
    replicas,
    isr,
    leader: isr[0] ?? -1,
    leaderEpoch: 0,
    partitionEpoch: 0,
  }
}

export function isrChange(
  topicId: string,
  partitionId: number,
  change: { readonly isr?: readonly number[]; readonly leader?: number },
): MetadataRecord {
  return { type: 'IsrChange', topicId, partitionId, ...change }
}

/** Brokers 1 to `count`, unfenced, with epochs 100, 200 and so on. */
export function onlineBrokers(count: number): MetadataRecord[] {
  return Array.from({ length: count }, (_, index) => index + 1).flatMap((id) => [
    broker(id, id * 100),
    fence(id, id * 100, false),
  ])
}
