import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { NodeAddresses } from '@quorate/example-raft-kv/cluster'

/** A connection through a cable: what the caller and the callee sent waits here while the cable is cut. */
interface Circuit {
  readonly caller: Socket
  readonly callee: Socket
}

/** One way to reach one listener, on a port of its own, that can fall silent without a word to either side. */
class Cable {
  readonly #server: Server
  readonly #circuits = new Set<Circuit>()
  #isCut = false

  constructor(target: string) {
    const [host, port] = target.split(':')
    this.#server = createServer((caller) => this.#join(caller, connect(Number(port), host)))
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  cut(): void {
    this.#isCut = true
    for (const { caller, callee } of this.#circuits) {
      caller.pause()
      callee.pause()
    }
  }

  mend(): void {
    this.#isCut = false
    for (const { caller, callee } of this.#circuits) {
      caller.resume()
      callee.resume()
    }
  }

  close(): void {
    this.#server.close()
    for (const { caller, callee } of this.#circuits) {
      caller.destroy()
      callee.destroy()
    }
  }

  #join(caller: Socket, callee: Socket): void {
    const circuit = { caller, callee }
    this.#circuits.add(circuit)
    for (const [from, to] of [
      [caller, callee],
      [callee, caller],
    ] as const) {
      from.setNoDelay(true)
      from.on('data', (chunk) => to.write(chunk))
      from.on('end', () => to.end())
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#circuits.delete(circuit)
        to.destroySoon()
      })
      if (this.#isCut) from.pause()
    }
  }
}

/** Every node's cables to every other node and to the clients, so that all of one node's can be cut at once. */
export class Cables {
  readonly #laid: { readonly ends: readonly number[]; readonly cable: Cable }[] = []
  readonly #addresses: ReadonlyMap<number, NodeAddresses>
  readonly #forClients = new Map<number, string>()

  private constructor(addresses: ReadonlyMap<number, NodeAddresses>) {
    this.#addresses = addresses
  }

  /** @param addresses where the nodes really listen */
  static async lay(addresses: ReadonlyMap<number, NodeAddresses>): Promise<Cables> {
    const cables = new Cables(addresses)
    for (const [id, { http }] of addresses) cables.#forClients.set(id, await cables.#lay([id], http))
    return cables
  }

  /** Where clients find the nodes. */
  get forClients(): readonly string[] {
    return [...this.#forClients.values()]
  }

  /** What node `id` is to know: itself as it is, the others at the end of a cable. */
  async forNode(id: number): Promise<ReadonlyMap<number, NodeAddresses>> {
    const seen = new Map<number, NodeAddresses>()
    for (const [other, real] of this.#addresses) {
      const cabled = { raft: await this.#lay([id, other], real.raft), http: this.#forClients.get(other)! }
      seen.set(other, other === id ? real : cabled)
    }
    return seen
  }

  cut(node: number): void {
    for (const { ends, cable } of this.#laid) if (ends.includes(node)) cable.cut()
  }

  mend(node: number): void {
    for (const { ends, cable } of this.#laid) if (ends.includes(node)) cable.mend()
  }

  close(): void {
    for (const { cable } of this.#laid) cable.close()
  }

  async #lay(ends: readonly number[], target: string): Promise<string> {
    const cable = new Cable(target)
    this.#laid.push({ ends, cable })
    return cable.listen()
  }
}
