/**
 * The element of the page with this id.
 * @throws Error where there is none: page and script are of different versions
 */
export function pageElement(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return element
}

/** Makes an element with a class, and with a text where one is given. */
export function createElement<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  text = '',
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text) element.textContent = text
  return element
}

/** Makes `text` the element's; one that is there already stays, and with it what is selected in it. */
export function showText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
