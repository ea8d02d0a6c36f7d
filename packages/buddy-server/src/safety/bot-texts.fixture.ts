/** Returns the text that a bot sends to the stranger with this number. */
export interface BotText {
  readonly name: string
  readonly say: (index: number) => string
}

const names = ['Anna', 'Ben', 'Chloé', 'Dmitri', 'Ella', 'Farid', 'Gül', 'Hugo', 'Ines', 'Jörg']
const nameOf = (index: number): string => names[index % names.length]!

const pitch =
  'hey handsome I am alone tonight and so bored come watch me live on my free page you will not regret it'

/** Swaps Latin letters for lookalikes, another selection for each index. */
function disguise(text: string, index: number): string {
  const lookalikes: Readonly<Record<string, string>> = {
    a: 'а',
    e: 'е',
    o: 'о',
    p: 'р',
    c: 'с',
    x: 'х',
    i: 'і',
  }
  return [...text]
    .map((letter, at) => ((at + index) % 3 === 0 ? (lookalikes[letter] ?? letter) : letter))
    .join('')
}

/** Rotates the words of a text. */
function rotate(text: string, index: number): string {
  const words = text.split(' ')
  const at = index % words.length
  return [...words.slice(at), ...words.slice(0, at)].join(' ')
}

/** Texts of bots, each with the changes by which bots hide that it is the same text. */
export const botTexts: readonly BotText[] = [
  { name: 'always the same', say: () => pitch },
  { name: 'another number', say: (index) => `${pitch} ${index * 7919}` },
  {
    name: 'another case',
    say: (index) =>
      [...pitch]
        .map((letter, at) => ((at * (index + 3)) % 5 < 2 ? letter.toUpperCase() : letter))
        .join(''),
  },
  {
    name: 'other punctuation',
    say: (index) => pitch.replaceAll(' ', [' ', '. ', ' - ', '... ', '!! ', ' * '][index % 6]!),
  },
  {
    name: 'zero-width characters',
    say: (index) =>
      [...pitch]
        .map((letter, at) => ((at + index) % 4 === 0 ? `${letter}\u200b` : letter))
        .join(''),
  },
  { name: 'letters of other scripts', say: (index) => disguise(pitch, index) },
  {
    name: 'mathematical letters',
    say: (index) =>
      [...pitch]
        .map((letter, at) =>
          /[a-z]/.test(letter) && (at + index) % 2 === 0
            ? String.fromCodePoint(0x1d41a + letter.charCodeAt(0) - 97)
            : letter,
        )
        .join(''),
  },
  {
    name: 'accents',
    say: (index) =>
      [...pitch]
        .map((letter, at) => ((at + index) % 3 === 0 ? `${letter}\u0301` : letter))
        .join(''),
  },
  { name: 'another order of the words', say: (index) => rotate(pitch, index * 3) },
  { name: 'a name in it', say: (index) => `Hi ${nameOf(index)}! ${pitch}, ${nameOf(index)}` },
  { name: 'repeated letters', say: (index) => pitch.replaceAll('e', 'e'.repeat(1 + (index % 5))) },
  {
    name: 'digits for letters',
    say: (index) =>
      pitch.replaceAll('e', index % 2 ? '3' : 'e').replaceAll('o', index % 3 ? '0' : 'o'),
  },
  {
    name: 'letters apart',
    say: (index) =>
      index % 2
        ? [...pitch.replaceAll(' ', '')].join(' ')
        : [...pitch.replaceAll(' ', '')].join('.'),
  },
  {
    name: 'emoji between words',
    say: (index) => pitch.replaceAll(' ', ` ${['🔥', '💋', '😘', '❤️'][index % 4]!} `),
  },
  {
    name: 'all changes together',
    say: (index) => `${nameOf(index)} ${disguise(rotate(pitch, index), index)}\u200b ${index}!!`,
  },
  {
    name: 'German',
    say: (index) =>
      `Hey ${nameOf(index)}, ich bin gerade allein zu Hause und suche jemanden zum Reden, schau doch mal auf meinem Profil vorbei`,
  },
  {
    name: 'Russian',
    say: (index) =>
      `${nameOf(index)}, привет! Заработок в интернете без вложений, от пяти тысяч в день, напиши мне и я всё расскажу ${index}`,
  },
  {
    name: 'Arabic',
    say: (index) =>
      `مرحبا ${nameOf(index)} أربح المال من المنزل بدون أي خبرة، تواصل معي الآن وسوف أشرح لك كل شيء عن هذه الفرصة الرائعة`,
  },
  {
    name: 'Chinese',
    say: (index) => `${index} 在家轻松赚钱每天三百元不需要经验马上联系我了解更多精彩内容`,
  },
  {
    name: 'a link in a changing text',
    say: (index) =>
      `${rotate('look what I found today it is really great', index)} https://spam.example/p/${index}`,
  },
  {
    name: 'a bare link',
    say: (index) =>
      [
        'hotcams.live',
        'see hotcams.live',
        'www.hotcams.live/a',
        'hotcams (dot) live',
        'HОTCАMS[.]live',
        'hot\u200bcams.live !!',
      ][index % 6]!,
  },
  { name: 'a short link', say: (index) => `${nameOf(index)} bit.ly/join me` },
  { name: 'an invitation', say: (index) => `${index} join t.me/freecash now` },
  {
    name: 'a handle',
    say: (index) =>
      [
        `snap: annababe${index}`,
        `my snap is annababe${index}`,
        `SNAPCHAT => annababe${index}`,
        `add @annababe${index}`,
      ][index % 4]!,
  },
  { name: 'a handle with a digit', say: (index) => `kik anna_babe${index} 😘` },
  { name: 'a mail address', say: (index) => `write ${nameOf(index)} at love.anna@mail.example` },
  { name: 'a telephone number', say: (index) => `${nameOf(index)} +49 151 2345-6789 whatsapp` },
]
