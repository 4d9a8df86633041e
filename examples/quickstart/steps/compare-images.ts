import { imageHashApi } from '@quorate/controller'
import { barrier, patienceMs, type Story } from '../story.ts'
import { within } from '../within.ts'

const attempts = 10

interface Hash {
  readonly id: number
  readonly offset: number
  readonly hash: string
}

/**
 * Asks every process for the hash of its image at one offset.
 *
 * @throws Error if two differ, or if the metadata does not come to rest
 */
export async function compareImages(story: Story): Promise<void> {
  const { narrator } = story
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const hashes = await hashesAfterBarrier(story)
    // A change that was committed between two answers: they are of different moments.
    if (new Set(hashes.map(({ offset }) => offset)).size > 1) continue
    for (const { id, hash } of hashes) narrator.say(`node ${id}  offset ${hashes[0]?.offset}  sha256 ${hash}`)
    if (new Set(hashes.map(({ hash }) => hash)).size > 1) throw new Error('the images of the nodes differ')
    narrator.say(narrator.good('all six images are equal'))
    return
  }
  throw new Error(`the nodes were never asked at one offset in ${attempts} attempts`)
}

async function hashesAfterBarrier(story: Story): Promise<readonly Hash[]> {
  const { client, cluster, stop } = story
  const request = { signal: stop, timeoutMs: patienceMs }
  const offset = await barrier(story)
  return within(patienceMs, `all six nodes reach offset ${offset}`, stop, () =>
    Promise.all(
      cluster.members.map(async ({ id, address }) => {
        const answer = await client.askAt(address, imageHashApi, { minOffset: offset }, request)
        return { id, offset: answer.offset, hash: answer.hash }
      }),
    ),
  )
}
