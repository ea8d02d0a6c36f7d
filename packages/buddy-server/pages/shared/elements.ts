/**
 * Returns the page's element with this id.
 * @throws Error if there is none. Then the page and the script have different versions.
 */
export function pageElement(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return element
}

/** Creates an element, with a class and a text if they are given. */
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

/** Sets the element's text. Does nothing if the text is the same, so that a selection inside it stays. */
export function showText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
