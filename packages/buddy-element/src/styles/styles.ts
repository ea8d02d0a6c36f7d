import { agreement } from './agreement.styles.ts'
import { card } from './card.styles.ts'
import { controls } from './controls.styles.ts'
import { criteria } from './criteria.styles.ts'
import { devices } from './devices.styles.ts'
import { dialog } from './dialog.styles.ts'
import { doctor } from './doctor.styles.ts'
import { guard } from './guard.styles.ts'
import { measure } from './measure.styles.ts'
import { question } from './question.styles.ts'
import { reveal } from './reveal.styles.ts'
import { report } from './report.styles.ts'
import { stage } from './stage.styles.ts'
import { textPanel } from './text-panel.styles.ts'
import { theme } from './theme.styles.ts'

/** All styles of the element. They are adopted style sheets, which a strict CSP allows. */
export const styles = [
  theme,
  card,
  agreement,
  stage,
  controls,
  devices,
  criteria,
  question,
  guard,
  dialog,
  doctor,
  textPanel,
  report,
  reveal,
  measure,
]
