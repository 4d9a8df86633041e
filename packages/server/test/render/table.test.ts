import t from 'tap'
import { renderTable } from '../../src/render/table.ts'

t.test('a table has titles in capitals, aligned columns and no trailing blanks', (t) => {
  const text = renderTable(
    [{ title: 'name' }, { title: 'count', align: 'right' }, { title: 'note' }],
    [
      ['a', 1, ''],
      ['long name', 1000, 'x'],
    ],
  )
  t.equal(text, ['NAME       COUNT  NOTE', 'a              1', 'long name   1000  x'].join('\n'))
  t.end()
})
