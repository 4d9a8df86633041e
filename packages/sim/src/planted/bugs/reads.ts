import type { PlantedBug } from '../planted-bug.ts'

/** Mistakes with reads, and with the leases that make them fast. */
export const readBugs: readonly PlantedBug[] = [
  {
    name: 'answers reads without asking whether it still leads',
    edits: [
      {
        file: 'core/reads.ts',
        find: 'const confirmed = hasLease(replica, role) ? role.round : confirmedRound(replica, role)',
        replace:
          'const confirmed = hasLease(replica, role) ? role.round : Math.max(role.round, confirmedRound(replica, role))',
      },
    ],
  },
  {
    name: 'answers reads before it committed anything of its own',
    edits: [
      {
        file: 'core/reads.ts',
        find: 'if (role.reads.length === 0 || replica.highWatermark <= role.epochStart) return',
        replace: 'if (role.reads.length === 0) return',
      },
    ],
  },
  {
    name: 'reads before it has applied what it must see',
    edits: [
      {
        file: 'node/raft-driver.ts',
        find: 'await this.#delivery.applied(offset, signal)\n    return offset',
        replace: 'return offset',
      },
    ],
  },
  {
    name: 'votes although a lease counts on it',
    edits: [
      {
        file: 'core/requests.ts',
        find: "if (request.type === 'vote' && isBound(replica))",
        replace: 'if (Number(isBound(replica)) > 1)',
      },
    ],
  },
  {
    name: 'trusts clocks to run alike',
    edits: [
      {
        file: 'core/read-lease.ts',
        find: 'mark.sentMs + leaseMs / (1 + readLease.maxClockDriftRatio)',
        replace: 'mark.sentMs + leaseMs',
      },
    ],
  },
  {
    name: 'counts a lease from when the promise arrived',
    edits: [
      {
        file: 'core/read-lease.ts',
        find: 'mark.sentMs + leaseMs / (1 + readLease.maxClockDriftRatio)',
        replace: 'replica.now + leaseMs / (1 + readLease.maxClockDriftRatio)',
      },
    ],
  },
  {
    name: 'forgets at restart that a lease may count on it',
    edits: [
      {
        file: 'core/role-machine.ts',
        find: 'if (replica.epoch > 0) promise(replica)',
        replace: 'if (replica.epoch < 0) promise(replica)',
      },
    ],
  },
  {
    name: 'takes a refused connection for the end of a lease',
    edits: [
      {
        file: 'core/follower.ts',
        find: "if (reason === 'refused') expectNoMore(",
        replace: "if (reason === 'refused') letGo(",
      },
    ],
  },
]
