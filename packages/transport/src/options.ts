import { z } from 'zod'

/**
 * Checks the options of a factory and fills in the defaults of `schema`.
 *
 * @param factory name of the function whose options these are, for the message
 * @throws TypeError that names every field that is wrong
 */
export function parseOptions<Schema extends z.ZodType>(
  factory: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  throw new TypeError(`${factory}: invalid options\n${z.prettifyError(parsed.error)}`, {
    cause: parsed.error,
  })
}

/** A schema for an option that is an object with methods, such as a port: checks that each of `methods` is there. */
export function portOption<Port extends object>(
  ...methods: readonly (keyof Port & string)[]
): z.ZodCustom<Port, Port> {
  return z.custom<Port>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((method) => typeof Reflect.get(value, method) === 'function'),
    { error: `must be an object with the methods ${methods.join(', ')}` },
  )
}

/** A schema for an option that is a function. */
export function functionOption<Fn>(): z.ZodCustom<Fn, Fn> {
  return z.custom<Fn>((value) => typeof value === 'function', { error: 'must be a function' })
}
