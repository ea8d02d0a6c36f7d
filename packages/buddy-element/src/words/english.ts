import { agreement } from './english/agreement.ts'
import { criteria } from './english/criteria.ts'
import { devices } from './english/devices.ts'
import { doctor } from './english/doctor.ts'
import { guard } from './english/guard.ts'
import { measures } from './english/measures.ts'
import { problems } from './english/problems.ts'
import { report } from './english/report.ts'
import { search } from './english/search.ts'
import { stage } from './english/stage.ts'
import { startScreen } from './english/start-screen.ts'
import { textPanel } from './english/text-panel.ts'
import { trust } from './english/trust.ts'
import { reveal } from './english/reveal.ts'

/**
 * Every text that the element shows or announces, in English; the folder `english` has a file for
 * each screen. Names in braces are placeholders for `fill`. `fillPlural` chooses among texts by
 * plural category (`one`, `other` …). Every other language needs the same keys and placeholders;
 * see `Words`.
 */
export const english = {
  /** The language as a BCP 47 tag, which determines the plural rules. */
  language: 'en',
  ...startScreen,
  ...agreement,
  ...criteria,
  ...devices,
  ...search,
  ...stage,
  ...trust,
  ...guard,
  ...report,
  ...reveal,
  ...measures,
  ...textPanel,
  ...doctor,
  ...problems,
} as const
