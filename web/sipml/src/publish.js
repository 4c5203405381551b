// @ts-check
import { Refreshed } from './refreshed.js';
import { acceptContacts } from './sip/contact.js';

/** What the user lets others know (RFC 3903), type 'publish'. It is about the user of the stack. */
export class Publish extends Refreshed {
  #entityTag = '';
  /** @type {string | undefined} */
  #content;
  /** @type {string | undefined} */
  #contentType;

  /** @param {import('./core.js').Core} core @param {any} [conf] */
  constructor(core, conf) {
    super(core, conf);
    this.remote = this.self;
  }

  /** @override */
  get method() {
    return 'PUBLISH';
  }

  /**
   * @param {string} [content]
   * @param {string} [contentType]
   * @param {any} [conf]
   */
  publish(content, contentType, conf) {
    this.setConfiguration(conf);
    this.#content = content;
    this.#contentType = contentType;
    if (!this.isOpen) this.#entityTag = '';
    return this.put();
  }

  /** @param {any} [conf] */
  unpublish(conf) {
    this.setConfiguration(conf);
    this.#content = undefined;
    return this.remove();
  }

  /** @override @param {number} expires */
  compose(expires) {
    const hasContent = expires > 0 && this.#content && (!this.#entityTag || this.#content !== this.#published);
    return {
      target: this.remote,
      parameters: {},
      headers: [
        `Expires: ${expires}`,
        ...(hasContent && this.#contentType ? [`Content-Type: ${this.#contentType}`] : []),
        ...(this.#entityTag ? [`SIP-If-Match: ${this.#entityTag}`] : []),
        ...acceptContacts(this.caps),
        ...this.headerLines(),
      ],
      body: hasContent ? this.#content : undefined,
    };
  }

  /** What the server has. @type {string | undefined} */
  #published;

  /** @override @param {any} response */
  taken(response) {
    this.#entityTag = response.getHeader('SIP-ETag') ?? '';
    this.#published = this.#content;
    const expires = response.getHeader('Expires');
    return expires === undefined ? undefined : Number(expires);
  }

  /** The server lost it: it is published again, whole. @param {any} response @override */
  forgets(response) {
    if (response.status_code !== 412 || !this.#entityTag) return false;
    this.#entityTag = '';
    return true;
  }
}
