import { defineApi, handle, type Address, type HandledApi } from '@quorate/transport'
import { z } from 'zod'

/**
 * Who the node is that was asked, and where its controllers are: all a program needs to find its way in a cluster from
 * the address of any one node. Served by every node.
 */
export const describeNodeApi = defineApi({
  key: 1_010,
  name: 'DescribeNode',
  versions: [
    {
      request: z.object({}),
      response: z.object({
        nodeId: z.int(),
        clusterId: z.string(),
        roles: z.array(z.string()),
        controllers: z.array(z.object({ id: z.int(), address: z.string() })),
      }),
    },
  ],
})

/** What {@link describeNodeApi} answers. */
export interface NodeDescription {
  readonly nodeId: number
  readonly clusterId: string
  readonly roles: readonly string[]
  readonly controllers: readonly { readonly id: number; readonly address: Address }[]
}

/** Answers {@link describeNodeApi} with `description`. */
export function describeNodeHandler(description: NodeDescription): HandledApi {
  const { nodeId, clusterId } = description
  return handle(describeNodeApi, () => ({
    nodeId,
    clusterId,
    roles: [...description.roles],
    controllers: description.controllers.map(({ id, address }) => ({ id, address })),
  }))
}
