import { pageElement } from '../../shared/elements.ts'

const views = ['reports', 'bans', 'decisions'] as const

/** The name of a part of this page. */
export type ViewName = (typeof views)[number]

/**
 * Shows the part of the page that the fragment of the URL names, and follows its changes. Returns a function
 * that returns the name of the part. @param onChange called with each change
 */
export function createViewSwitch(onChange: (view: ViewName) => void): () => ViewName {
  const wanted = (): ViewName => views.find((view) => location.hash === `#${view}`) ?? 'reports'
  const show = (): void => {
    const view = wanted()
    for (const name of views) pageElement(`${name}-view`).hidden = name !== view
    for (const link of document.querySelectorAll('nav a')) {
      if (link.getAttribute('href') === `#${view}`) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
    pageElement('state-filter').hidden = view !== 'reports'
  }
  addEventListener('hashchange', () => {
    show()
    onChange(wanted())
  })
  show()
  return wanted
}
