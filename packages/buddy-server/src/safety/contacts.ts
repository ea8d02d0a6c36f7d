// Finds addresses, handles and telephone numbers in texts.

/** Top-level domains that appear in chats, and that end no English word after a forgotten space. */
const domains =
  'com|net|org|info|biz|xyz|top|site|online|club|shop|store|live|app|link|click|fun|vip|icu|cam|dating|sex|porn|tv|cc|io|ly|gg|ru|de|fr|uk|pl|nl|br|mx|cn|jp|kr|eu|su|ua|tk|ml|ga|cf|gq|pw|ws'
const services =
  'snap(?:chat)?|kik|insta(?:gram)?|telegram|tg|whats?app|discord|skype|viber|wechat|onlyfans|tiktok|zangi|wickr|teleguard'

/** Parts have limits, because the time would otherwise grow with the square of the length of a text. */
const address = new RegExp(
  `(?:https?:\\/\\/|www\\.)([^\\s/?#]+)(\\/[^\\s/?#]*)?|\\b([a-z0-9-]{1,63}(?:\\.[a-z0-9-]{1,63}){0,4}\\.(?:${domains}))\\b(\\/[^\\s/?#]*)?|\\b([a-z0-9-]{1,63}\\.[a-z]{2,})(\\/[^\\s/?#]+)`,
  'gu',
)
const mail = /[\w.+-]{1,64}@([\w-]{1,63}\.){1,8}[a-z]{2,}/gu
const atHandle = /(?<![\w.])@([a-z0-9_.]{3,30})/gu
/** A handle after the name of a service has a digit, a dot or an underscore, or follows a colon or "is". */
const serviceHandle = new RegExp(
  `\\b(?:${services})\\b(?:\\s*(?:[:=@>-]|\\b(?:is|id)\\b)+\\s*([a-z0-9_.]{3,30})|\\s+([a-z0-9_.]*[0-9_.][a-z0-9_.]+))`,
  'gu',
)
const telephone = /\+?\d(?:[\s().-]*\d){8,14}/gu

/** Every contact in ASCII has one of these; other texts have to be folded first. */
const contactSign = new RegExp(
  `[^\\x20-\\x7e\\n]|@|:\\/\\/|\\.[a-z\\d_-]|\\s\\.|\\.\\s+(?:com|net|org)\\b|[[({]\\s*(?:\\.|at|dot|punkt|punto|point)|\\bdot\\b|\\b(?:${services})\\b|[a-z][\\d$][a-z]|(?:\\d[\\s().-]*){4}`,
  'i',
)

/** Returns false if a text certainly has no contact. This takes a fraction of the time of {@link contactsIn}. */
export const mayHaveContact = (text: string): boolean => contactSign.test(text)

/**
 * Returns a key for each address, handle and telephone number in a folded text. The key stays the same if
 * digits change, or the rest of a path.
 */
export function contactsIn(folded: string): ReadonlySet<string> {
  const keys = new Set<string>()
  const add = (kind: string, value: string): void => {
    keys.add(`${kind} ${value.replace(/[^\p{L}./@]/gu, '').replaceAll('l', 'i')}`)
  }
  const text = folded
    .replace(/\s*[[({]\s*(?:\.|dot|punkt|punto|point)\s*[\])}]\s*/gu, '.')
    .replace(/\s+dot\s+/gu, '.')
    .replace(
      new RegExp(`\\s+\\.\\s*(?=(?:${domains})\\b)|\\.\\s+(?=(?:com|net|org)\\b)`, 'gu'),
      '.',
    )
    .replace(/\s*[[({]\s*(?:at|@)\s*[\])}]\s*/gu, '@')
  for (const [whole] of text.matchAll(mail)) add('mail', whole)
  for (const match of text.replace(mail, ' ').matchAll(address)) {
    const [host = '', path = ''] = match.slice(1).filter((part) => part !== undefined)
    add('link', `${host.split('.').slice(-2).join('.')}${path}`)
  }
  for (const [, handle = ''] of text.matchAll(atHandle)) add('handle', handle)
  for (const [, named, other] of text.matchAll(serviceHandle)) add('handle', named ?? other ?? '')
  for (const [number] of text.matchAll(telephone)) keys.add(`phone ${number.replace(/\D/gu, '')}`)
  return keys
}
