import t from 'tap'
import { mayCount } from '../../src/checks/quorum.ts'

const fetch = { epoch: 4, replicaDirectoryId: 'disk-2-1' }
const leader = { role: 'leader', epoch: 4, voters: [{ id: 1 }, { id: 2, directoryId: 'disk-2-1' }] } as const

t.test(
  'a leader may count the fetches of its epoch from the disks of voters, and of who is none yet',
  async (t) => {
    t.equal(mayCount(leader, 2, fetch), true)
    t.equal(mayCount(leader, 3, fetch), true)
    t.equal(mayCount(leader, 2, { ...fetch, replicaDirectoryId: 'disk-2-2' }), false)
    t.equal(mayCount(leader, 2, { ...fetch, epoch: 3 }), false)
    t.equal(mayCount(leader, 1, fetch), true)
    t.equal(mayCount(leader, 1, { ...fetch, isJoiner: true }), false)
  },
)

t.test('what reaches anybody else counts for no leader', async (t) => {
  t.equal(mayCount({ ...leader, role: 'unattached', voters: [] }, 2, fetch), false)
  t.equal(mayCount(undefined, 2, fetch), false)
})
