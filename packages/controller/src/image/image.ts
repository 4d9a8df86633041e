/** A read-only map that shares its structure with the versions of it before and after. Iteration order means nothing. */
export interface ImageMap<Key, Value> extends Iterable<[Key, Value]> {
  readonly size: number
  get(key: Key): Value | undefined
  has(key: Key): boolean
  keys(): IterableIterator<Key>
  values(): IterableIterator<Value>
}

/** Where clients and other brokers reach a broker. A type, not an interface: records carry fields it does not name. */
export type Endpoint = Readonly<{ name: string; host: string; port: number }>

/** A broker's registration. */
export interface BrokerImage {
  readonly brokerId: number
  readonly incarnationId: string
  /** Offset of the registration. Requests with another epoch come from the past, or are meant for it. */
  readonly brokerEpoch: number
  readonly endpoints: readonly Endpoint[]
  readonly rack?: string | undefined
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
}

/** A partition: who holds it, who is in sync, who leads. */
export interface PartitionImage {
  readonly topicId: string
  readonly partitionId: number
  /** In order of preference. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** A member of `isr`, or -1 while nobody can lead. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
}

/** A topic with its partitions by number. */
export interface TopicImage {
  readonly topicId: string
  readonly name: string
  readonly partitions: ImageMap<number, PartitionImage>
}

/** Partitions of one broker, as partition numbers by topic id. */
export type PartitionSet = ImageMap<string, Iterable<number> & { readonly size: number }>

/**
 * The cluster's metadata at one offset. Immutable: keep it as long as you like, later images share what did not change.
 */
export interface MetadataImage {
  /** Registrations by broker id. */
  readonly brokers: ImageMap<number, BrokerImage>
  /** Topics by topic id. */
  readonly topics: ImageMap<string, TopicImage>
  /** Topic ids by topic name. */
  readonly topicIds: ImageMap<string, string>
  /** Configs that were set, by topic name and config name. A topic without any is absent. */
  readonly topicConfigs: ImageMap<string, ImageMap<string, string>>
  /** Derived: the partitions each broker is in the in-sync set of. */
  readonly partitionsByIsrMember: ImageMap<number, PartitionSet>
  /** Derived: the partitions each broker leads; under -1 those nobody leads. */
  readonly partitionsByLeader: ImageMap<number, PartitionSet>
  /** Derived: topic names with `.` or `_` in them, by the name with every `.` made `_`. */
  readonly collidingNames: ImageMap<string, string>
}

/** Whether `brokerId` may lead and join in-sync sets: registered, not fenced, not shutting down. */
export function isActive(image: MetadataImage, brokerId: number): boolean {
  const broker = image.brokers.get(brokerId)
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}

/** The topic called `name`, if there is one. */
export function topicByName(image: MetadataImage, name: string): TopicImage | undefined {
  const topicId = image.topicIds.get(name)
  return topicId === undefined ? undefined : image.topics.get(topicId)
}
