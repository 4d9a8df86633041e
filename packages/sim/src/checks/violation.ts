/** What a run can be found to break. Numbers in docs/testing.md. */
export type Rule =
  | 'one leader an epoch'
  | 'an epoch is led in one life'
  | 'epochs never fall'
  | 'one vote an epoch'
  | 'a vote is durable before it is sent'
  | 'an epoch is durable before it is sent'
  | 'votes go to logs that are not behind'
  | 'only durable batches are acknowledged'
  | 'log matching'
  | 'leader completeness'
  | 'state machine safety'
  | 'state hash'
  | 'a commit is durable on a majority'
  | 'a leader commits its own epoch first'
  | 'high watermarks never fall'
  | 'nothing committed is cut'
  | 'a snapshot is of what is committed'
  | 'a snapshot replaces nothing that is committed'
  | 'a leader never installs a snapshot'
  | 'a log begins before the end of a snapshot'
  | 'applied in order'
  | 'leadership is told after the past'
  | 'damage is never served'
  | 'acknowledged appends stay'
  | 'what is acknowledged is committed'
  | 'every proposal has an outcome'
  | 'sessions go on where they were'
  | 'appends in real-time order'
  | 'reads see what was acknowledged'
  | 'a fetch is served in its own epoch'
  | 'only a leader serves fetches'
  | 'one place a record'
  | 'refused and lost appends are absent'
  | 'a node stops only for its disk'
  | 'one voter at a time'
  | 'a set of voters is committed before the next'
  | 'the newest voters in the log are in effect'
  | 'a leader has the votes of a majority'
  | 'only who was asked votes'
  | 'a removed leader gives up'
  | 'a leader whose disk stalls gives up'
  | 'a leader without a quorum gives up'
  | 'a leader with a quorum stays'
  | 'a healed majority makes progress'
  | 'time goes on'

/** A run broke a rule: the run is over, its seed is worth keeping. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly rule: Rule

  constructor(rule: Rule, what: string, options?: ErrorOptions) {
    super(`${rule}: ${what}`, options)
    this.rule = rule
  }
}

/** Throws a {@link Violation} of `rule` unless `condition` holds. `what` is only called then. */
export function check(condition: boolean, rule: Rule, what: () => string): asserts condition {
  if (!condition) throw new Violation(rule, what())
}
