import type { MetadataImage, MetadataRecord } from '@quorate/controller'

/**
 * One metadata record as a line for people: its type, what it is about, and what it says.
 *
 * @param images where topic ids get their names from: the image after the record, and the one before it
 */
export function recordLine(record: MetadataRecord, images: readonly MetadataImage[]): string {
  return `${record.type.padEnd(24)} ${details(record, images)}`
}

function details(record: MetadataRecord, images: readonly MetadataImage[]): string {
  switch (record.type) {
    case 'BrokerRecord': {
      const endpoints = record.endpoints.map(({ host, port }) => `${host}:${port}`).join(' ')
      return `broker ${record.brokerId} epoch ${record.brokerEpoch} at ${endpoints}${record.fenced ? ', fenced' : ''}`
    }
    case 'BrokerRegistrationChange': {
      const changes = [
        ...(record.fenced === undefined ? [] : [record.fenced ? 'fenced' : 'unfenced']),
        ...(record.inControlledShutdown ? ['in controlled shutdown'] : []),
      ]
      return `broker ${record.brokerId} ${changes.join(', ')}`
    }
    case 'UnregisterBroker':
      return `broker ${record.brokerId} epoch ${record.brokerEpoch}`
    case 'TopicRecord':
      return `${record.name} (${record.topicId})`
    case 'RemoveTopic':
      return `${topicName(record.topicId, images)} (${record.topicId})`
    case 'PartitionRecord': {
      const { partitionId, leader, replicas, isr } = record
      const partition = `${topicName(record.topicId, images)}-${partitionId}`
      return `${partition} leader ${leaderText(leader)} replicas ${list(replicas)} in sync ${list(isr)}`
    }
    case 'IsrChange': {
      const changes = [
        ...(record.leader === undefined ? [] : [`leader ${leaderText(record.leader)}`]),
        ...(record.isr === undefined ? [] : [`in sync ${list(record.isr)}`]),
      ]
      return `${topicName(record.topicId, images)}-${record.partitionId} ${changes.join(' ')}`
    }
    case 'ConfigRecord':
      return `${record.resourceName} ${record.name}=${record.value ?? '(default)'}`
  }
}

function topicName(topicId: string, images: readonly MetadataImage[]): string {
  for (const image of images) {
    const topic = image.topics.get(topicId)
    if (topic) return topic.name
  }
  return topicId
}

function leaderText(leader: number): string {
  return leader < 0 ? 'none' : String(leader)
}

function list(ids: readonly number[]): string {
  return `[${ids.join(' ')}]`
}
