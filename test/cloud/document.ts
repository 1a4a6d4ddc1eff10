/** EC2's answers as a document: found, changed, written again. */
import { DOMParser, type Document, type Element, XMLSerializer } from '@xmldom/xmldom'

export const parseXml = (text: string): Document => new DOMParser().parseFromString(text, 'text/xml')
export const writeXml = (node: Document | Element): string => new XMLSerializer().serializeToString(node)

/** All elements of that name, at any depth. */
export const all = (root: Document | Element, name: string): Element[] => [...root.getElementsByTagName(name)]

/** The direct children of that name. */
export const children = (parent: Element, name: string): Element[] =>
  [...parent.childNodes].filter((node): node is Element => node.nodeName === name)

export const child = (parent: Element, name: string): Element | undefined => children(parent, name)[0]
export const textOf = (parent: Element, name: string): string => child(parent, name)?.textContent ?? ''

/** Sets the text of a child, and makes the child where it is missing. */
export function setText(parent: Element, name: string, text: string): void {
  const found = child(parent, name)
  if (found) found.textContent = text
  else {
    const made = parent.ownerDocument?.createElementNS(parent.namespaceURI, name)
    if (!made) return
    made.textContent = text
    parent.appendChild(made)
  }
}

export const remove = (element: Element | undefined): void => void element?.parentNode?.removeChild(element)
