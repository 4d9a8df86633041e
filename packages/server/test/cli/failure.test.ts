import { CommanderError } from 'commander'
import t from 'tap'
import { describeFailure } from '../../src/cli/failure.ts'
import { ServerError } from '../../src/errors.ts'

t.test('a failure is one line: what, then what to do', (t) => {
  const error = new ServerError('CONFIG_INVALID', 'two\n  lines.', 'Correct them')
  t.strictSame(describeFailure(error), {
    line: 'error CONFIG_INVALID: two lines. Correct them.',
    exitCode: 1,
  })
  t.end()
})

t.test('errors of other layers keep their code and get advice', (t) => {
  const error = Object.assign(new Error('127.0.0.1:1 is taken'), { code: 'TRANSPORT_ADDRESS_IN_USE' })
  t.equal(
    describeFailure(error).line,
    'error TRANSPORT_ADDRESS_IN_USE: 127.0.0.1:1 is taken. Stop the process that listens there, or change "listener" in the config file.',
  )
  t.end()
})

t.test('an error without a code is INTERNAL, and so is what is no error', (t) => {
  t.match(describeFailure(new Error('odd')).line, /^error INTERNAL: odd\. /)
  t.match(describeFailure('odd').line, /^error INTERNAL: odd\. /)
  t.end()
})

t.test('wrong usage ends with 2, help and version with 0 and without a word', (t) => {
  const wrong = new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'")
  t.strictSame(describeFailure(wrong), {
    line: "error USAGE: unknown option '--x'. quorate --help shows what there is.",
    exitCode: 2,
  })
  const help = new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)')
  t.strictSame(describeFailure(help), { line: '', exitCode: 0 })
  t.end()
})
