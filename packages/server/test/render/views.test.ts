import t from 'tap'
import type { ClusterDescription, QuorumDescription, TopicDescription } from '../../src/client/describe.ts'
import { brokersView, clusterView, partitionsView, quorumView, topicsView } from '../../src/render/views.ts'

const cluster: ClusterDescription = {
  clusterId: 'my-cluster',
  controllerId: 2,
  offset: 10,
  topicCount: 1,
  brokers: [
    {
      brokerId: 4,
      brokerEpoch: 3,
      endpoints: [{ name: 'P', host: 'a', port: 1 }],
      rack: 'r1',
      state: 'unfenced',
    },
    { brokerId: 5, brokerEpoch: 5, endpoints: [{ name: 'P', host: 'b', port: 2 }], state: 'fenced' },
  ],
}
const quorum: QuorumDescription = {
  nodeId: 2,
  clusterId: 'my-cluster',
  role: 'leader',
  epoch: 7,
  leaderId: 2,
  highWatermark: 10,
  startOffset: 0,
  endOffset: 11,
  voters: [1, 2],
  replicas: [
    { id: 4, voter: false, endOffset: 9, lag: 2 },
    {
      id: 1,
      directoryId: 'd1',
      voter: true,
      endOffset: 10,
      lag: 1,
      lastFetchAgoMs: 3.4,
      lastCaughtUpAgoMs: 20,
    },
  ],
}
const partition = { leaderEpoch: 1, partitionEpoch: 2, replicas: [4, 5] }
const topics: readonly TopicDescription[] = [
  {
    name: 'orders',
    topicId: 't1',
    configs: [{ name: 'retention.ms', value: '5' }],
    partitions: [
      { ...partition, partitionId: 0, leader: 4, isr: [4] },
      { ...partition, partitionId: 1, leader: -1, isr: [5] },
      { ...partition, partitionId: 2, leader: 4, isr: [4, 5] },
    ],
  },
]

t.test('the cluster on a few lines counts what is wrong', (t) => {
  t.equal(
    clusterView(cluster, quorum, topics),
    [
      'cluster            my-cluster',
      'active controller  2',
      'epoch              7',
      'high watermark     10',
      'brokers            1 of 2 unfenced',
      'topics             1',
      'partitions         3',
      'leaderless         1',
      'under-replicated   2',
    ].join('\n'),
  )
  t.end()
})

t.test('the quorum is ordered by node, the leader among them', (t) => {
  t.equal(
    quorumView(quorum),
    [
      'epoch 7, leader 2, high watermark 10, voters 1 2',
      'NODE  ROLE      END OFFSET  LAG  LAST FETCH  LAST CAUGHT UP  DIRECTORY',
      '   1  voter             10    1    3 ms ago       20 ms ago  d1',
      '   2  leader            11    0',
      '   4  observer           9    2       never           never',
    ].join('\n'),
  )
  t.end()
})

t.test('a node that does not lead says that it knows no more', (t) => {
  const { leaderId: _leaderId, ...leaderless } = quorum
  t.equal(
    quorumView({ ...leaderless, replicas: [] }),
    'epoch 7, leader none, high watermark 10, voters 1 2\nThe node 2 does not lead: it knows no more.',
  )
  t.end()
})

t.test('brokers, topics and partitions have a line each', (t) => {
  t.equal(
    brokersView(cluster, topics),
    [
      'BROKER  STATE     ADDRESS  RACK  EPOCH  REPLICAS  LEADS  IN SYNC',
      '     4  unfenced  a:1      r1        3         3      2        2',
      '     5  fenced    b:2                5         3      0        2',
    ].join('\n'),
  )
  t.equal(
    topicsView(topics),
    [
      'TOPIC   PARTITIONS  REPLICAS  LEADERLESS  UNDER-REPLICATED  CONFIGS',
      'orders           3         2           1                 2  retention.ms=5',
    ].join('\n'),
  )
  t.equal(
    partitionsView(topics),
    [
      'TOPIC   PARTITION  LEADER  LEADER EPOCH  PARTITION EPOCH  REPLICAS  IN SYNC',
      'orders          0       4             1                2  4 5       4',
      'orders          1    none             1                2  4 5       5',
      'orders          2       4             1                2  4 5       4 5',
    ].join('\n'),
  )
  t.end()
})
