import { Packr } from 'msgpackr'
import { z } from 'zod'
import type { RecordOf, RecordType, RecordTypes } from './definition.ts'
import { StoreError } from './errors.ts'

/** Version of the batch payload's own shape: `[version, [[type id, type version, fields], ...]]`. */
const payloadVersion = 0

// Maps, not msgpackr's records: what is on disk must be readable without the structures of the process that wrote it.
const packr = new Packr({ useRecords: false, mapsAsObjects: true })

/** Turns records into batch payloads and back. Valid records in, the same records out. */
export class RecordCodec<Types extends RecordTypes> {
  readonly #types: Types
  readonly #namesById = new Map<number, keyof Types & string>()

  /** @throws STORE_DEFINITION_INVALID */
  constructor(types: Types) {
    this.#types = types
    for (const [name, { id }] of Object.entries(types)) {
      const other = this.#namesById.get(id)
      if (other !== undefined) {
        throw new StoreError(
          'STORE_DEFINITION_INVALID',
          `${name} and ${other} have the same record id, ${id}`,
        )
      }
      this.#namesById.set(id, name)
    }
  }

  /**
   * Checks a record against the newest schema of its type and fills in defaults. Unknown fields stay if the schema is
   * a loose one.
   *
   * @throws STORE_RECORD_INVALID
   */
  validate(record: RecordOf<Types>): RecordOf<Types> {
    const { type, ...fields } = record
    const recordType = this.#types[type]
    if (recordType === undefined) {
      throw new StoreError('STORE_RECORD_INVALID', `there is no record type ${type}`, { type })
    }
    const result = newestSchema(recordType).safeParse(fields)
    if (!result.success) {
      const problems = z.prettifyError(result.error)
      throw new StoreError('STORE_RECORD_INVALID', `invalid ${type}: ${problems}`, { type, problems })
    }
    return { ...result.data, type } as RecordOf<Types>
  }

  /** The payload of one batch. The records are valid. */
  encode(records: readonly RecordOf<Types>[]): Uint8Array {
    const entries = records.map(({ type, ...fields }) => {
      const { id, versions } = this.#types[type] as RecordType
      return [id, versions.length - 1, fields]
    })
    return packr.pack([payloadVersion, entries])
  }

  /**
   * The records of one batch, as its author validated them.
   *
   * Older versions are brought up to the newest schema, so that its defaults apply. Of newer versions, the fields this
   * program does not know are carried along.
   *
   * @throws STORE_RECORD_UNREADABLE: the payload is damaged or was written by a program that knows more
   */
  decode(payload: Uint8Array): RecordOf<Types>[] {
    try {
      const [, entries] = payloadSchema.parse(packr.unpack(payload))
      return entries.map((entry) => this.#record(...entry))
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      const message = `a committed batch cannot be decoded: ${problem}`
      throw new StoreError('STORE_RECORD_UNREADABLE', message, {}, { cause: error })
    }
  }

  #record(id: number, version: number, fields: Record<string, unknown>): RecordOf<Types> {
    const name = this.#namesById.get(id)
    const recordType = name === undefined ? undefined : this.#types[name]
    if (recordType === undefined) throw new Error(`record type ${id} is not known to this program`)
    const isOlder = version < recordType.versions.length - 1
    const current = isOlder ? newestSchema(recordType).parse(fields) : fields
    return { ...current, type: name } as RecordOf<Types>
  }
}

const payloadSchema = z.tuple([
  z.literal(payloadVersion),
  z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative(), z.record(z.string(), z.unknown())])),
])

function newestSchema(type: RecordType): z.ZodObject {
  return type.versions[type.versions.length - 1] as z.ZodObject
}
