import type { ClusterOptions } from '../src/world/cluster.ts'

/** Three voters and an observer in which nothing fails by itself. */
export const calm: ClusterOptions = {
  seed: 3,
  voters: 3,
  observers: 1,
  namesDirectories: true,
  tuning: { fetchTimeoutMs: 2_000 },
  network: {
    minDelayMs: 0.2,
    maxDelayMs: 1,
    stragglerRate: 0,
    stragglerDelayMs: 0,
    lossRate: 0,
    duplicationRate: 0,
    corruptionRate: 0,
  },
  disk: { minSyncMs: 0.1, maxSyncMs: 1 },
  minClockRate: 1,
  clocks: 'between',
  snapshotPaddingBytes: 0,
  lastWords: { what: 'anything', rate: 0, snapshotRate: 0, absenceMs: 0 },
}
