import type { Mode, TextFilter, TokenSource } from '@buddy-chat/client'
import { LitElement } from 'lit'
import { property } from 'lit/decorators.js'
import { emptyIfRemoved } from './attributes.ts'
import type { GuardSetting } from './controller/load-guard.ts'

/** The properties that are texts. If one is set to null or undefined, it becomes empty. */
export const textProperties = [
  'server',
  'site',
  'token',
  'name',
  'lobby',
  'interests',
  'agreement',
  'agreed',
  'termsurl',
  'privacyurl',
  'languages',
] as const

/** The attributes of `<buddy-chat>`, which are also properties. */
export class ChatProperties extends LitElement {
  /**
   * URL of the server, such as `https://chat.example`. Default: the server that delivered the
   * script; for a script from a CDN, none; without a script of either, the origin of the page.
   */
  @property({ converter: emptyIfRemoved }) server = ''
  /** The site key, which identifies the embedding site to the server. */
  @property({ converter: emptyIfRemoved }) site = ''
  /**
   * The site's signed token for this visitor (a JWT). The property also accepts a function that
   * returns the token.
   */
  @property({ converter: emptyIfRemoved }) token: TokenSource = ''
  /**
   * The answer to a captcha or a proof of work that the operator requires, or a function that returns it. The
   * function is called before each new session.
   */
  @property({ attribute: false }) proof: TokenSource | undefined
  /** The visitor's name. The visitor can change it before Start. */
  @property({ converter: emptyIfRemoved }) name = ''
  /** The kind of chat: `video`, `audio` or `text`. */
  @property() mode: Mode = 'video'
  /** Only users in the same lobby are matched. */
  @property({ converter: emptyIfRemoved }) lobby = ''
  /**
   * Topics that interest the visitor, as a comma-separated list. The property also accepts an
   * array. The visitor can change them; `criteria` has what the visitor chose.
   */
  @property({ converter: emptyIfRemoved }) interests: string | readonly string[] = ''
  /** The visitor sees the interests and cannot change them. */
  @property({ type: Boolean }) fixedinterests = false
  /** The visitor does not see the interests. */
  @property({ type: Boolean }) nointerests = false
  /**
   * The visitor's languages as BCP 47 tags, the most wanted first, as a comma-separated list. The
   * property also accepts an array. The visitor can change them. Default: those of the browser.
   */
  @property({ converter: emptyIfRemoved }) languages: string | readonly string[] = ''
  /** The visitor sees the languages and cannot change them. */
  @property({ type: Boolean }) fixedlanguages = false
  /** The visitor does not see the languages. */
  @property({ type: Boolean }) nolanguages = false
  /** Starts the chat each time the element is inserted into a page, but not after `stop()`. */
  @property({ type: Boolean }) autostart = false
  /** The element does not use a camera. Partners may use theirs. */
  @property({ type: Boolean }) novideo = false
  /** Sends media through TURN servers only, so that partners never learn this visitor's address. */
  @property({ type: Boolean }) relayonly = false
  /**
   * Like `relayonly`, until both partners press “Connect directly”. Then each may learn the address
   * of the other.
   */
  @property({ type: Boolean }) relayuntiltrusted = false
  /**
   * Sends low-resolution video and narrowband audio to save data. A change takes effect at once,
   * also during a call.
   */
  @property({ type: Boolean }) lowdata = false
  /** Offers no text messages in video and audio calls. */
  @property({ type: Boolean }) notext = false
  /**
   * A function that receives each text and its direction, `in` or `out`, and returns the text to use, or
   * `false` to drop it. A change takes effect at once.
   */
  @property({ attribute: false }) textFilter: TextFilter | undefined
  /**
   * `mutual`: the client sends only a coarse picture until both partners agree to show their faces. `at-once`:
   * it sends the whole picture from the start.
   */
  @property() reveal: 'at-once' | 'mutual' | '' = 'at-once'
  /** With `reveal="mutual"`: the client sends no sound before both have agreed. */
  @property({ type: Boolean }) silentreveal = false
  /** Offers the visitor no button, key or sheet to report or block partners. */
  @property({ type: Boolean }) noreport = false

  /**
   * Checks the pictures of video chats on the visitor's device. As a property: a guard, or a function that
   * loads one, such as `createNsfwGuard` of `@buddy-chat/guard`. As an attribute: empty for the guard that
   * the server delivers, or the URL of a module with the function `createGuard`. Takes effect at once.
   */
  @property() guard: GuardSetting = null

  /**
   * The version of the terms that the visitor has to agree to before the element opens a device or a
   * connection. Empty: the element does not ask.
   */
  @property({ converter: emptyIfRemoved }) agreement = ''
  /**
   * The version that the visitor has agreed to. If it equals `agreement`, the element does not ask. The
   * element sets the property when the visitor agrees.
   */
  @property({ converter: emptyIfRemoved }) agreed = ''
  /** With `agreement`: the age in years that the visitor has to confirm. */
  @property({ type: Number }) minage = 0
  /** With `agreement`: the address of the terms of use. */
  @property({ converter: emptyIfRemoved }) termsurl = ''
  /** With `agreement`: the address of the privacy notice. */
  @property({ converter: emptyIfRemoved }) privacyurl = ''

  /**
   * Stores the devices, interests and languages that the visitor chose and the version that they agreed to
   * in `localStorage`, for the next visit. Without this attribute, none of these is stored. If it is removed,
   * what was stored is deleted.
   */
  @property({ type: Boolean }) remember = false
  /**
   * Neither stores nor reads the token by which the server recognises this browser, and deletes at the next start
   * what an earlier visit has stored. Blocks of visitors without an account then end with their session.
   */
  @property({ type: Boolean }) novisitorid = false
}
